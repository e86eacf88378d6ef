"""The provider's PaymentIntents."""

import time
from typing import Any

from bookings.tests.stripe_server.documents import (
    OPEN,
    Json,
    Refusal,
    amount_of,
    expands,
    nested,
    page,
)
from bookings.tests.stripe_server.events import Events


class Intents(Events):
    """PaymentIntents, their charges, and the customer or bank that ends them."""

    def finish(self, intent_id: str, success: bool = True) -> Json:
        """End what is open as the customer or bank: success or decline."""
        with self._lock:
            intent = self.intents[intent_id]
            assert intent["status"] in (*OPEN, "processing"), intent["status"]
            intent["payment_method"] = intent["payment_method"] or "pm_card_visa"
            self._succeed(intent) if success else self._decline(intent)
            return intent

    def edit(self, intent_id: str, **fields: Any) -> Json:
        """Change an intent's fields as no API would."""
        with self._lock:
            self.intents[intent_id].update(fields)
            return self.intents[intent_id]

    def _create(self, params: Json, fault: str) -> Json:
        unknown = {name.split("[")[0] for name in params} - {
            "amount", "currency", "metadata", "payment_method", "payment_method_types", "expand",
        }  # fmt: skip
        if unknown:
            raise Refusal(400, "Unknown parameter", code="parameter_unknown", param=min(unknown))
        amount, currency = amount_of(params), params.get("currency", "")
        method = params.get("payment_method")
        if method and not method.startswith("pm_card_"):
            raise Refusal(
                400, "No such PaymentMethod", code="resource_missing", param="payment_method"
            )
        intent_id = self._id("pi")
        intent = {
            "id": intent_id,
            "object": "payment_intent",
            "amount": amount - (fault == "wrong_amount"),
            "amount_received": 0,
            "currency": "xts" if fault == "wrong_currency" else currency,
            "client_secret": f"{intent_id}_secret_{self._id('x')[2:]}",
            "created": int(time.time()),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": nested(params, "metadata"),
            "next_action": None,
            "payment_method": method,
            "status": "requires_confirmation" if method else "requires_payment_method",
        }
        self.intents[intent_id] = intent
        return intent

    def _confirm(self, intent: Json, fault: str) -> Json:
        if intent["status"] != "requires_confirmation":
            raise Refusal(
                400, f"The PaymentIntent is {intent['status']}.",
                code="payment_intent_unexpected_state",
            )  # fmt: skip
        method = intent["payment_method"]
        if fault == "wrong_amount":
            intent["amount"] -= 1
        if fault == "decline" or method.startswith("pm_card_chargeDeclined"):
            self._decline(intent)
            raise Refusal(402, "Your card was declined.", type="card_error", code="card_declined")
        if fault == "action" or method == "pm_card_authenticationRequired":
            intent["status"] = "requires_action"
            url = f"https://hooks.stripe.example/{intent['id']}"
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": url}}
        elif fault == "processing" or method == "pm_card_processing":
            intent["status"] = "processing"
            self._emit("payment_intent.processing", intent)
        else:
            self._succeed(intent)
        return intent

    def _cancel(self, intent: Json) -> Json:
        if intent["status"] not in OPEN:
            message = f"You cannot cancel this PaymentIntent: it is {intent['status']}."
            raise Refusal(400, message, code="payment_intent_unexpected_state")
        intent.update(status="canceled", next_action=None)
        self._emit("payment_intent.canceled", intent)
        return intent

    def _succeed(self, intent: Json) -> None:
        intent.update(
            status="succeeded",
            amount_received=intent["amount"],
            latest_charge="ch_" + intent["id"][3:],
            last_payment_error=None,
            next_action=None,
        )
        self._emit("payment_intent.succeeded", intent)

    def _decline(self, intent: Json) -> None:
        error = {"code": "card_declined", "message": "Your card was declined."}
        intent.update(
            status="requires_payment_method",
            payment_method=None,
            last_payment_error={"type": "card_error", **error},
            next_action=None,
        )
        self._emit("payment_intent.payment_failed", intent)

    def _intent(self, intent_id: str) -> Json:
        if intent_id not in self.intents:
            raise Refusal(404, "No such payment_intent", code="resource_missing", param="intent")
        return self.intents[intent_id]

    def _shown(self, intent: Json, params: Json, prefix: str = "") -> Json:
        if intent["latest_charge"] and expands(params, f"{prefix}latest_charge"):
            return {**intent, "latest_charge": self._charge(intent)}
        return intent

    def _charge(self, intent: Json) -> Json:
        refunded = self._refunded(intent, ("succeeded", "pending"))
        return {
            "id": intent["latest_charge"],
            "object": "charge",
            "amount": intent["amount"],
            "amount_refunded": refunded,
            "payment_intent": intent["id"],
            "refunded": refunded == intent["amount_received"],
            "refunds": page(self._refunds_of[intent["id"]], {}, lambda refund: refund),
        }
