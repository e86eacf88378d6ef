"""
The gateway to Stripe, by its PaymentIntents: https://docs.stripe.com/payments/payment-intents

Requests hold no personal data, only an amount, a currency, and the id of our payment.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import stripe
from django.utils.translation import gettext, gettext_noop

from bookings.payments.gateway import GatewayUnavailable
from bookings.payments.minor_units import AmountNotPayable, to_minor
from bookings.payments.states import (
    DisputeState,
    Event,
    PaymentOrder,
    PaymentResult,
    PaymentState,
    RefundResult,
    RefundState,
)
from bookings.payments.stripe.documents import (
    MAX_FAILURE_LENGTH,
    amount_of,
    check_is_of,
    event_of_dispute,
    event_of_payment,
    event_of_refunds,
    named_by,
    payment_id_of,
    result_of,
    result_of_refund,
    state_of_dispute,
    state_of_refund,
    status_of,
)
from bookings.payments.stripe.failures import log_error, or_unavailable
from bookings.payments.stripe.objects import REFUND_EVENTS, StripeObjects
from bookings.payments.stripe.signatures import check_signature
from eventbooking_system.errors import Busy, InvalidField

# The version that this code was tested against; the SDK's and the account's may be newer.
API_VERSION = "2026-10-28.endive"
# Seconds to connect, and to wait for an answer. With one repetition a call takes at most 27 s, so
# two calls end before the lease of a request that was cut off.
TIMEOUT = (3, 10)
MAX_RETRIES = 1

_METHOD = re.compile(r"pm_[A-Za-z0-9_]{1,97}")
_PAYMENT_EVENTS = {
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
}
_REFUSED = gettext_noop("The payment provider does not take this payment.")
_DECLINED = gettext_noop("The card was declined.")
# Stripe's own sentence, kept here for translation.
gettext_noop("Your card was declined.")


class StripeGateway:
    name = "stripe"
    # Without a payment method the customer's client confirms the payment with the client secret.
    default_method = ""

    def __init__(self, *, secret_key: str, webhook_secret: str, api_base: str) -> None:
        self._webhook_secret = webhook_secret
        is_test = secret_key.startswith(("sk_test_", "rk_test_"))
        self._dashboard = "https://dashboard.stripe.com" + ("/test" if is_test else "")
        # The SDK's module-wide settings are neither read nor changed.
        self._api = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base},
            max_network_retries=MAX_RETRIES,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        ).v1
        self._objects = StripeObjects(self._api)

    def check_method(self, payment_method: str) -> None:
        if payment_method and not _METHOD.fullmatch(payment_method):
            raise InvalidField(
                "payment_method", gettext("The id of a payment method at Stripe: pm_…")
            )

    @or_unavailable()
    def create_payment(self, order: PaymentOrder) -> PaymentResult:
        """
        Make a PaymentIntent, and confirm it if there is a payment method.

        Both calls repeat safely: their keys come from the order's key, and an intent takes money at
        most once. Raises InvalidField for a payment method that Stripe does not know.
        """
        provider_id = ""
        try:
            intent = self._create(order)
            provider_id = intent["id"]
            if order.payment_method:
                intent = self._confirm(provider_id, order)
        except AmountNotPayable as error:
            return PaymentResult(status="failed", provider_id="", failure=str(error))
        except stripe.CardError as error:
            failure = (error.user_message or _DECLINED)[:MAX_FAILURE_LENGTH]
            return PaymentResult(status="failed", provider_id=provider_id, failure=failure)
        except stripe.InvalidRequestError as error:
            log_error(logging.WARNING, "stripe refused a payment", error)
            if (error.param or "").startswith("payment_method"):
                raise InvalidField("payment_method", gettext("Stripe cannot use it.")) from None
            return PaymentResult(status="failed", provider_id=provider_id, failure=_REFUSED)
        return result_of(intent)

    def _create(self, order: PaymentOrder) -> dict[str, Any]:
        params: dict[str, Any] = {
            "amount": to_minor(order.amount, order.currency),
            "currency": order.currency.lower(),
            # Other types may redirect the customer, and would need an address to return to.
            "payment_method_types": ["card"],
            "metadata": {"payment": str(order.payment_id)},
        }
        if order.payment_method:
            params["payment_method"] = order.payment_method
        options = {"idempotency_key": f"payment:{order.idempotency_key}:create"}
        intent = self._api.payment_intents.create(params, options).to_dict()
        check_is_of(intent, order)
        return intent

    def _confirm(self, provider_id: str, order: PaymentOrder) -> dict[str, Any]:
        options = {"idempotency_key": f"payment:{order.idempotency_key}:confirm"}
        try:
            intent = self._api.payment_intents.confirm(provider_id, options=options).to_dict()
        except (stripe.InvalidRequestError, stripe.APIError):
            # Either the intent was confirmed before and Stripe has forgotten the key, or Stripe
            # failed half-way and answers 500 to this key for a day. The intent itself can tell.
            known = self._objects.intent(provider_id)
            if known is None or known["status"] == "requires_confirmation":
                raise
            intent = known
        check_is_of(intent, order)
        return intent

    @or_unavailable()
    def payment_state(self, *, provider_id: str) -> PaymentState | None:
        intent = self._objects.intent(provider_id)
        return self._state(intent) if intent else None

    def _state(self, intent: dict[str, Any]) -> PaymentState:
        return PaymentState(
            provider_id=intent["id"],
            payment_id=payment_id_of(intent),
            status=status_of(intent),
            amount=amount_of(intent),
            currency=intent["currency"].upper(),
            refunds=tuple(state_of_refund(refund) for refund in self._objects.refunds_of(intent)),
            created_at=datetime.fromtimestamp(intent["created"], UTC),
        )

    @or_unavailable()
    def cancel_payment(self, *, provider_id: str) -> PaymentState | None:
        try:
            self._api.payment_intents.cancel(provider_id)
        except stripe.InvalidRequestError as error:
            # The payment succeeded, is at the bank, was cancelled before, or does not exist.
            log_error(logging.INFO, "stripe did not cancel a payment", error)
        return self.payment_state(provider_id=provider_id)

    @or_unavailable()
    def refund(
        self, *, provider_id: str, amount: Decimal, currency: str, idempotency_key: str
    ) -> RefundResult:
        """
        Send money back, or return the refund made with this key.

        Stripe forgets keys after a day, and repeats its first answer, such as `pending`, to a known
        key. So the refund carries the key, and is searched before another one is made.
        """
        if not provider_id:
            raise GatewayUnavailable("the answer that has the payment's id is still to come")
        try:
            found = self._objects.refund_with(provider_id, idempotency_key)
            return result_of_refund(
                found or self._send(provider_id, amount, currency, idempotency_key)
            )
        except AmountNotPayable as error:
            return RefundResult(status="failed", failure=str(error))
        except stripe.InvalidRequestError as error:
            log_error(logging.WARNING, "stripe refused a refund", error)
            failure = f"Stripe refused it: {error.code or error.http_status}."
            return RefundResult(status="failed", failure=failure)

    @or_unavailable()
    def find_refund(self, *, provider_id: str, idempotency_key: str) -> RefundResult | None:
        found = provider_id and self._objects.refund_with(provider_id, idempotency_key)
        return result_of_refund(found) if found else None

    def _send(
        self, provider_id: str, amount: Decimal, currency: str, idempotency_key: str
    ) -> dict[str, Any]:
        params: dict[str, Any] = {
            "payment_intent": provider_id,
            "amount": to_minor(amount, currency),
            "metadata": {"refund": idempotency_key},
        }
        options = {"idempotency_key": f"payment:{idempotency_key}"}
        return self._api.refunds.create(params, options).to_dict()

    def payments_since(self, since: datetime) -> Iterable[PaymentState]:
        """Return payments newest first; reading on may raise GatewayUnavailable."""
        with or_unavailable():
            intents = self._api.payment_intents.list(
                {
                    "created": {"gte": int(since.timestamp())},
                    "limit": 100,
                    "expand": ["data.latest_charge.refunds"],
                }
            )
            for intent in intents.auto_paging_iter():
                yield self._state(intent.to_dict())

    def failed_refunds_since(self, since: datetime) -> Iterable[tuple[str, RefundState]]:
        """
        Return failed refunds from Stripe's record of the last 30 days.

        A failed refund stays failed, so the event is still true.
        """
        with or_unavailable():
            events = self._api.events.list(
                {
                    "type": "refund.failed",
                    "created": {"gte": int(since.timestamp())},
                    "limit": 100,
                }
            )
            for event in events.auto_paging_iter():
                refund = event.to_dict()["data"]["object"]
                if refund["payment_intent"]:
                    yield refund["payment_intent"], state_of_refund(refund)

    def disputes_since(self, since: datetime) -> Iterable[DisputeState]:
        with or_unavailable():
            found = self._api.disputes.list(
                {"created": {"gte": int(since.timestamp())}, "limit": 100}
            )
            for dispute in found.auto_paging_iter():
                yield state_of_dispute(dispute.to_dict())

    @or_unavailable()
    def dispute_state(self, *, provider_id: str) -> DisputeState | None:
        dispute = self._objects.dispute(provider_id)
        return state_of_dispute(dispute) if dispute else None

    def dispute_page(self, *, provider_id: str) -> str:
        return f"{self._dashboard}/disputes/{provider_id}"

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """
        Return the event with the current state of its object.

        Events come late and out of order, so their own content may be outdated. Raises
        InvalidSignature, and Busy if Stripe cannot be asked; then Stripe sends the event again.
        """
        check_signature(body, headers, secret=self._webhook_secret)
        event_id, event_type, named = named_by(body)
        try:
            return self._event(event_id, event_type, named["id"])
        except GatewayUnavailable:
            raise Busy("The payment provider cannot be asked about its event.") from None

    @or_unavailable()
    def _event(self, event_id: str, event_type: str, object_id: str) -> Event:
        if event_type in _PAYMENT_EVENTS:
            intent = self._objects.intent(object_id)
            if intent:
                return event_of_payment(event_id, event_type, intent)
        elif event_type in REFUND_EVENTS or event_type == "charge.refunded":
            refunds = self._objects.refunds_named(event_type, object_id)
            if refunds:
                return event_of_refunds(event_id, event_type, refunds)
        elif event_type.startswith("charge.dispute."):
            dispute = self._objects.dispute(object_id)
            if dispute:
                return event_of_dispute(event_id, event_type, dispute)
        return Event(event_id, event_type, None, None, Decimal(0), "", {})
