"""The provider's and the banks' moves in the adversary's game."""

import itertools
import random
import time
from decimal import Decimal
from typing import Any

from bookings import checkout
from bookings.errors import InvalidSignature
from bookings.models import Payment
from bookings.tests.stripe_server import OPEN
from eventbooking_system.errors import Busy, InvalidField

SHOWS: list[dict[str, Any]] = [
    {"currency": "INR", "price": "250.00", "fee_per_ticket": Decimal("1.10"),
     "tax_rate": Decimal(18), "refund_percent": Decimal(50), "exchange_scope": "any"},
    {"currency": "JPY", "price": "1999", "refund_percent": Decimal(33), "exchange_scope": "any"},
    {"currency": "KWD", "price": "4.510", "refund_percent": Decimal(100), "exchange_scope": "any",
     "exchange_fee": Decimal("0.100")},
    {"currency": "INR", "price": "99.99", "refund_percent": Decimal("12.50"),
     "tax_rate": Decimal("7.5"), "tax_inclusive": True, "exchange_scope": "any",
     "downgrade": "forfeit"},
]  # fmt: skip
CARDS = {
    "pm_card_visa": 50,
    "pm_card_chargeDeclined": 6,
    "pm_card_authenticationRequired": 12,
    "pm_card_processing": 5,
    "pm_card_pendingRefund": 8,
    "pm_unknown": 2,
    "": 9,
}
CHAOS = {
    "create": {"lose": 0.03, "drop": 0.02, "error_before": 0.02, "error_after": 0.01,
               "conflict": 0.01, "garbage": 0.01, "empty": 0.01, "rate_limit": 0.01,
               "wrong_amount": 0.005, "wrong_currency": 0.005},
    "confirm": {"lose": 0.05, "drop": 0.02, "error_before": 0.02, "error_after": 0.03,
                "garbage": 0.01, "rate_limit": 0.01, "wrong_amount": 0.01, "decline": 0.02,
                "action": 0.02, "processing": 0.01},
    "cancel": {"lose": 0.05, "error_before": 0.05},
    "retrieve": {"lose": 0.03, "error_before": 0.03},
    "refund": {"lose": 0.08, "drop": 0.05, "error_after": 0.03, "fail": 0.15, "pending": 0.1},
    "refund_list": {"lose": 0.03},
    "list": {"error_before": 0.1},
    "dispute_get": {"lose": 0.05, "error_before": 0.05},
    "dispute_list": {"error_before": 0.05},
    "event_list": {"lose": 0.05, "error_before": 0.05},
}  # fmt: skip


STILL_GONE = ("succeeded", "pending")
DECIDED = ("won", "lost", "warning_closed")


class ProviderMoves:
    """Moves of the provider. Events are late, repeated, lost or forged, and refunds fail."""

    def deliver(self, chance: random.Random) -> None:
        """Deliver some events in any order, once, twice, later or never."""
        with self._lock:
            self.unsent += self.server.events[self._taken_events :]
            self._taken_events = len(self.server.events)
            chance.shuffle(self.unsent)
            batch, self.unsent = self.unsent[:4], self.unsent[4:]
        for event in batch:
            fate = chance.random()
            if fate < 0.1:
                self.seen["event lost"] += 1
                continue
            for _ in range(chance.choice((1, 1, 2))):
                self._receive(event)

    def _receive(self, event: dict[str, Any]) -> None:
        body, headers = self.server.signed(event)
        try:
            outcome = checkout.receive_event(provider="stripe", body=body, headers=headers)
            self.seen[f"event: {outcome}"] += 1
        except Busy:
            self.seen["event to come again"] += 1
            self.unsent.append(event)
        except InvalidField:  # It is of another amount or currency.
            self.seen["event refused"] += 1

    def forge(self, chance: random.Random) -> None:
        """
        Send a forged event, which must leave no trace.

        It is unsigned, signed by others, or too old.
        """
        intents = list(self.open_intents) or ["pi_none"]
        event = {
            "id": f"evt_forged_{chance.randrange(10**9)}",
            "type": "payment_intent.succeeded",
            "data": {"object": {"id": chance.choice(intents)}},
        }
        body, headers = self.server.signed(event)
        body, headers = chance.choice(
            [
                self.server.signed(event, secret="whsec_of_another"),
                self.server.signed(event, at=time.time() - 400),
                (body.replace(b"evt_forged", b"evt_forgee"), headers),
                (body, {}),
            ]
        )
        try:
            checkout.receive_event(provider="stripe", body=body, headers=headers)
        except InvalidSignature:
            self.forged += 1

    def cancel_at_the_bank(self, chance: random.Random) -> None:
        """Cancel while the bank works, which then takes the money anyway."""
        booking_id, user = self._some_booking(chance, self.unpaid)
        payment = checkout.pay(booking_id=booking_id, payment_method="pm_card_processing")
        self.open_intents.append(payment.provider_id)
        checkout.cancel(booking_id=booking_id, cancelled_by=user)
        with self.server._lock:
            if self.server.intents[payment.provider_id]["status"] == "processing":
                self.server.finish(payment.provider_id)
                self.seen["finished after the cancellation"] += 1

    def decline_at_the_bank(self, chance: random.Random) -> None:
        """Decline a payment after the bank has asked the customer. The hold goes on."""
        booking_id, _ = self._some_booking(chance, self.unpaid)
        card = "pm_card_authenticationRequired"
        payment = checkout.pay(booking_id=booking_id, payment_method=card)
        with self.server._lock:
            if self.server.intents[payment.provider_id]["status"] in OPEN:
                self.server.finish(payment.provider_id, False)

    def settle_refund(self, chance: random.Random) -> None:
        """Let the bank decide a pending refund."""
        with self.server._lock:
            recent = itertools.islice(reversed(self.server.refunds.values()), 50)
            pending = [refund["id"] for refund in recent if refund["status"] == "pending"]
            if pending:
                success = chance.random() < 0.6
                self.server.settle_refund(
                    chance.choice(pending), "succeeded" if success else "failed"
                )
                self.seen[f"pending refund {'succeeded' if success else 'failed'}"] += 1

    def dispute(self, chance: random.Random) -> None:
        """Dispute a payment, or its rest, or a part of that."""
        ours = Payment.objects.filter(ledger_entries__kind="captured").order_by("-pk")[:30]
        ids = [payment.provider_id for payment in ours]
        with self.server._lock:
            recent = [self.server.intents[intent_id] for intent_id in ids]
            taken = [intent for intent in recent if self._may_be_disputed(intent)]
            if not taken:
                return
            intent = chance.choice(taken)
            left = intent["amount_received"] - self.server._refunded(intent, STILL_GONE)
            step = 10 if intent["currency"] == "kwd" else 1
            part = max(step, int(left * chance.choice((1, 1, 0.4))) // step * step)
            asks = chance.random() < 0.2
            status = "warning_needs_response" if asks else "needs_response"
            self.server.dispute(intent["id"], part, status=status)
            self.seen["dispute opened"] += 1

    def _may_be_disputed(self, intent: dict[str, Any]) -> bool:
        left = intent["amount_received"] - self.server._refunded(intent, STILL_GONE)
        return left > 0 and not self.server._disputes_of(intent)

    def decide_dispute(self, chance: random.Random) -> None:
        """Let a bank take another step in a dispute, or end it."""
        with self.server._lock:
            under_way = [d for d in self.server.disputes.values() if d["status"] not in DECIDED]
            if under_way:
                dispute = chance.choice(under_way)
                steps = ("needs_response", "under_review", "won", "lost")
                if dispute["status"].startswith("warning"):
                    steps = ("warning_closed", "needs_response")
                status = chance.choice(steps)
                self.server.move_dispute(dispute["id"], status)
                self.seen[f"dispute {status}"] += 1

    def return_refund(self, chance: random.Random) -> None:
        """Let the customer's bank send back a refund that had succeeded."""
        with self.server._lock:
            recent = itertools.islice(reversed(self.server.refunds.values()), 50)
            gone = [refund["id"] for refund in recent if refund["status"] == "succeeded"]
            if gone:
                self.server.settle_refund(chance.choice(gone), "failed")
                self.seen["refund sent back by the bank"] += 1

    def take_foreign(self, chance: random.Random) -> None:
        """Take money that is not ours, or says so."""
        metadata = chance.choice([{}, {"payment": "x"}, {"payment": str(10**12)}, {"order": "1"}])
        with self.server._lock:
            fields = {"amount": "777", "currency": "usd", "payment_method": "pm_card_visa"}
            intent = self.server._create(fields, "ok")
            intent["metadata"] = metadata
            self.server._succeed(intent)

    def forget(self, chance: random.Random) -> None:
        """Let the provider forget its keys, as after a day. The same key is then a new request."""
        if chance.random() < 0.1:
            self.server.forget_keys()
