"""The provider's refunds."""

import time

from bookings.tests.stripe_server.disputes import Disputes
from bookings.tests.stripe_server.documents import (
    IN_DISPUTE,
    Json,
    Refusal,
    amount_of,
    expands,
    nested,
)
from bookings.tests.stripe_server.intents import Intents


class Refunds(Intents, Disputes):
    """Refunds, which end as the payment method and the faults say."""

    def settle_refund(self, refund_id: str, status: str) -> Json:
        """
        Let the bank decide a refund, as succeeded or failed.

        It may have said succeeded before, and then the money is back in our account.
        """
        with self._lock:
            refund = self.refunds[refund_id]
            refund["status"] = status
            refund["failure_reason"] = "unknown" if status == "failed" else None
            self._emit("refund.failed" if status == "failed" else "refund.updated", refund)
            return refund

    def give_back(self, intent_id: str, amount: int) -> Json:
        """Refund minor units in the dashboard without telling our system."""
        with self._lock:
            return self._refund({"payment_intent": intent_id, "amount": str(amount)}, "ok")

    def _refund(self, params: Json, fault: str) -> Json:
        intent = self._intent(params.get("payment_intent", ""))
        amount = amount_of({**params, "currency": intent["currency"]})
        left = intent["amount_received"] - self._refunded(intent, ("succeeded", "pending"))
        left = max(0, left - self._charged_back(intent))
        if any(d["status"] in IN_DISPUTE for d in self._disputes_of(intent)):
            raise Refusal(400, "The charge is in dispute.", code="charge_disputed")
        if not left:
            raise Refusal(400, "Nothing is left to refund.", code="charge_already_refunded")
        if amount > left:
            raise Refusal(400, f"Refund amount is greater than {left}.", param="amount")
        fails = fault == "fail" or intent["payment_method"] == "pm_card_refundFail"
        waits = fault == "pending" or intent["payment_method"] == "pm_card_pendingRefund"
        refund = {
            "id": self._id("re"),
            "object": "refund",
            "amount": amount,
            "charge": intent["latest_charge"],
            "created": int(time.time()),
            "currency": intent["currency"],
            "failure_reason": "expired_or_canceled_card" if fails else None,
            "metadata": nested(params, "metadata"),
            "payment_intent": intent["id"],
            "status": "failed" if fails else "pending" if waits else "succeeded",
        }
        self.refunds[refund["id"]] = refund
        self._refunds_of[intent["id"]].append(refund)
        if fails:
            self._emit("refund.failed", refund)
        else:
            self._emit("charge.refunded", self._charge(intent))
        return refund

    def _refunded(self, intent: Json, statuses: tuple[str, ...]) -> int:
        refunds = self._refunds_of[intent["id"]]
        return sum(refund["amount"] for refund in refunds if refund["status"] in statuses)

    def _refund_shown(self, refund: Json, params: Json, prefix: str = "") -> Json:
        if expands(params, f"{prefix}payment_intent"):
            return {**refund, "payment_intent": self.intents[refund["payment_intent"]]}
        return refund
