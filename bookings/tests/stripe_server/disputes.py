"""The provider's disputes."""

import time

from bookings.tests.stripe_server.documents import Json, Refusal, page
from bookings.tests.stripe_server.events import Events


class Disputes(Events):
    """Disputes, and the money that they take and return."""

    def dispute(
        self, intent_id: str, amount: int | None = None, *, status: str = "needs_response",
        fee: int = 1500,
    ) -> Json:  # fmt: skip
        """
        Let the customer's bank dispute a payment, or a part of it.

        With the status `warning_needs_response` it only asks, and takes no money.
        """
        with self._lock:
            intent = self.intents[intent_id]
            dispute = {
                "id": self._id("dp"),
                "object": "dispute",
                "amount": amount or intent["amount_received"],
                "balance_transactions": [],
                "charge": intent["latest_charge"],
                "created": int(time.time()),
                "currency": intent["currency"],
                "evidence_details": {"due_by": int(time.time()) + 7 * 86400},
                "payment_intent": intent_id,
                "reason": "fraudulent",
                "status": status,
            }
            self.disputes[dispute["id"]] = dispute
            self._emit("charge.dispute.created", dispute)
            if status == "needs_response":
                self._withdraw(dispute, fee)
            return dispute

    def move_dispute(
        self, dispute_id: str, status: str, *, reinstated: int | None = None, fee: int = 1500
    ) -> Json:
        """Give a dispute another status, and move its money."""
        with self._lock:
            dispute = self.disputes[dispute_id]
            dispute["status"] = status
            if not status.startswith("warning") and not dispute["balance_transactions"]:
                self._withdraw(dispute, fee)
            is_closed = status in ("won", "lost", "warning_closed")
            self._emit(f"charge.dispute.{'closed' if is_closed else 'updated'}", dispute)
            if status == "won" or reinstated:
                gone = dispute["balance_transactions"][0]
                back = {**gone, "id": self._id("txn"), "fee": 0}
                back["amount"] = reinstated or -gone["amount"]
                dispute["balance_transactions"].append(back)
                self._emit("charge.dispute.funds_reinstated", dispute)
            return dispute

    def _withdraw(self, dispute: Json, fee: int) -> None:
        dispute["balance_transactions"].append(
            {
                "id": self._id("txn"),
                "object": "balance_transaction",
                "amount": -dispute["amount"],
                "currency": dispute["currency"],
                "fee": fee,
            }
        )
        self._emit("charge.dispute.funds_withdrawn", dispute)

    def _read_disputes(self, op: str, parts: list[str], params: Json) -> Json:
        if op == "dispute_list":
            since = int(params.get("created[gte]", 0))
            found = [d for d in self.disputes.values() if d["created"] >= since]
            return page(found, params, lambda dispute: dispute, "/v1/disputes")
        if parts[3] not in self.disputes:
            raise Refusal(404, "No such dispute", code="resource_missing", param="id")
        return self.disputes[parts[3]]

    def _disputes_of(self, intent: Json) -> list[Json]:
        return [d for d in self.disputes.values() if d["payment_intent"] == intent["id"]]

    def _charged_back(self, intent: Json) -> int:
        """Return what disputes took for good, in minor units."""
        moved = [t["amount"] for d in self._disputes_of(intent) for t in d["balance_transactions"]]
        return -sum(moved)
