"""
Stripe, by its PaymentIntents: https://docs.stripe.com/payments/payment-intents.

What is sent holds no personal data: an amount, a currency, and the id of our payment.
"""

import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import stripe
from django.utils.translation import gettext, gettext_noop

from bookings.errors import InvalidSignature
from bookings.payments.gateway import (
    Event,
    GatewayUnavailable,
    PaymentOrder,
    PaymentResult,
    PaymentState,
    RefundResult,
    RefundState,
)
from bookings.payments.minor_units import AmountNotPayable, to_minor
from bookings.payments.stripe_documents import (
    MAX_FAILURE_LENGTH,
    amount_of,
    event_of_payment,
    event_of_refund,
    metadata_of,
    named_by,
    payment_id_of,
    result_of,
    result_of_refund,
    state_of_refund,
    status_of,
)
from eventbooking_system.errors import Busy, InvalidField

log = logging.getLogger(__name__)

# What the code below was written and tested against; the SDK's and the account's may move on.
API_VERSION = "2026-10-28.endive"
# Seconds to connect, and to wait for an answer. With one repetition no call takes longer than 27 s:
# two in a row end before a request that was cut off may be taken up again by another.
TIMEOUT = (3, 10)
MAX_RETRIES = 1
SIGNATURE_HEADER = "Stripe-Signature"
TOLERANCE = 300  # Seconds between an event's signing and its arrival.

_METHOD = re.compile(r"pm_[A-Za-z0-9_]{1,97}")
_SIGNATURE = re.compile(r"t=([0-9]{1,12}),[\x21-\x7e]{1,1000}")
_PAYMENT_EVENTS = {
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
}
# The last one is the name that the second had before there was the third.
_REFUND_EVENTS = {"refund.failed", "refund.updated", "charge.refund.updated"}
_REFUSED = gettext_noop("The payment provider does not take this payment.")
_DECLINED = gettext_noop("The card was declined.")
# What Stripe itself says most often.
gettext_noop("Your card was declined.")


@contextmanager
def _or_unavailable() -> Iterator[None]:
    """
    What is not a plain answer leaves the payment's fate unknown: no connection, a time-out, 5xx,
    409, 429, but also a refused key, or an answer that lacks what it must have.

    The SDK's error is left out of the chain: it holds the whole answer, client secrets included.
    """
    try:
        yield
    except stripe.StripeError as error:
        _log(logging.ERROR, "stripe gave no answer", error)
        raise GatewayUnavailable(type(error).__name__) from None
    except KeyError as error:
        log.error("stripe's answer lacks a field", extra={"field": str(error)})
        raise GatewayUnavailable(f"an answer without {error}") from None


def _log(level: int, message: str, error: stripe.StripeError) -> None:
    """Never with the error's own words, which may repeat what was sent, the key among it."""
    details = {
        "error": type(error).__name__,
        "http_status": error.http_status,
        "code": error.code,
        "stripe_request": error.request_id,
    }
    log.log(level, message, extra=details)


class StripeGateway:
    name = "stripe"
    # Without a payment method the customer's client confirms with the client secret.
    default_method = ""

    def __init__(self, *, secret_key: str, webhook_secret: str, api_base: str) -> None:
        self._webhook_secret = webhook_secret
        # Everything of our own: the SDK's module-wide settings are never touched or used.
        self._api = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base},
            max_network_retries=MAX_RETRIES,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        ).v1

    def check_method(self, payment_method: str) -> None:
        if payment_method and not _METHOD.fullmatch(payment_method):
            raise InvalidField(
                "payment_method", gettext("The id of a payment method at Stripe: pm_…")
            )

    @_or_unavailable()
    def create_payment(self, order: PaymentOrder) -> PaymentResult:
        """
        Make a PaymentIntent, and confirm it if there is a payment method.

        Both calls repeat safely: their keys come from the order's, and an intent takes money once
        at most. Raises InvalidField for a payment method that Stripe does not know.
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
            _log(logging.WARNING, "stripe refused a payment", error)
            if (error.param or "").startswith("payment_method"):
                raise InvalidField("payment_method", gettext("Stripe cannot use it.")) from None
            return PaymentResult(status="failed", provider_id=provider_id, failure=_REFUSED)
        return result_of(intent)

    def _create(self, order: PaymentOrder) -> dict[str, Any]:
        params: dict[str, Any] = {
            "amount": to_minor(order.amount, order.currency),
            "currency": order.currency.lower(),
            # Others may lead away from the page, and then need an address to come back to.
            "payment_method_types": ["card"],
            "metadata": {"payment": str(order.payment_id)},
        }
        if order.payment_method:
            params["payment_method"] = order.payment_method
        options = {"idempotency_key": f"payment:{order.idempotency_key}:create"}
        intent = self._api.payment_intents.create(params, options).to_dict()
        _check_is_of(intent, order)
        return intent

    def _confirm(self, provider_id: str, order: PaymentOrder) -> dict[str, Any]:
        options = {"idempotency_key": f"payment:{order.idempotency_key}:confirm"}
        try:
            intent = self._api.payment_intents.confirm(provider_id, options=options).to_dict()
        except (stripe.InvalidRequestError, stripe.APIError):
            # It was confirmed before, and Stripe has forgotten the key; or Stripe broke half-way,
            # and would answer the same 500 to this key for a day. The intent itself knows.
            known = self._intent(provider_id)
            if known is None or known["status"] == "requires_confirmation":
                raise
            intent = known
        _check_is_of(intent, order)
        return intent

    @_or_unavailable()
    def payment_state(self, *, provider_id: str) -> PaymentState | None:
        intent = self._intent(provider_id)
        return self._state(intent) if intent else None

    def _state(self, intent: dict[str, Any]) -> PaymentState:
        return PaymentState(
            provider_id=intent["id"],
            payment_id=payment_id_of(intent),
            status=status_of(intent),
            amount=amount_of(intent),
            currency=intent["currency"].upper(),
            refunds=tuple(state_of_refund(refund) for refund in self._refunds_of(intent)),
            created_at=datetime.fromtimestamp(intent["created"], UTC),
        )

    def _refunds_of(self, intent: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """All of them; Stripe is asked again where the charge does not show each."""
        charge = intent.get("latest_charge")
        if not isinstance(charge, dict):
            return ()
        shown = charge.get("refunds") or {}
        if shown.get("has_more") or "data" not in shown:
            return self._all_refunds(intent["id"])
        return shown["data"]

    def _all_refunds(self, provider_id: str) -> Iterator[dict[str, Any]]:
        refunds = self._api.refunds.list({"payment_intent": provider_id, "limit": 100})
        for refund in refunds.auto_paging_iter():
            yield refund.to_dict()

    def _intent(self, provider_id: str) -> dict[str, Any] | None:
        if not provider_id:  # Without an id the address is that of the list.
            return None
        try:
            intent = self._api.payment_intents.retrieve(
                provider_id, {"expand": ["latest_charge.refunds"]}
            )
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return None
            raise
        return intent.to_dict()

    @_or_unavailable()
    def cancel_payment(self, *, provider_id: str) -> PaymentState | None:
        try:
            self._api.payment_intents.cancel(provider_id)
        except stripe.InvalidRequestError as error:
            # It is past that: succeeded, under way at the bank, cancelled before, or not there.
            _log(logging.INFO, "stripe did not cancel a payment", error)
        return self.payment_state(provider_id=provider_id)

    @_or_unavailable()
    def refund(
        self, *, provider_id: str, amount: Decimal, currency: str, idempotency_key: str
    ) -> RefundResult:
        """
        Send money back, or say what became of the refund that was made with this key.

        Stripe forgets keys after a day, and to a known key repeats its first answer, such as
        `pending`; so the refund carries the key, and is looked for before another is made.
        """
        if not provider_id:
            raise GatewayUnavailable("the answer that has the payment's id is still to come")
        try:
            found = self._refund_with(provider_id, idempotency_key)
            return result_of_refund(
                found or self._send(provider_id, amount, currency, idempotency_key)
            )
        except AmountNotPayable as error:
            return RefundResult(status="failed", failure=str(error))
        except stripe.InvalidRequestError as error:
            _log(logging.WARNING, "stripe refused a refund", error)
            failure = f"Stripe refused it: {error.code or error.http_status}."
            return RefundResult(status="failed", failure=failure)

    def _refund_with(self, provider_id: str, idempotency_key: str) -> dict[str, Any] | None:
        refunds = self._all_refunds(provider_id)
        made_with = (r for r in refunds if metadata_of(r).get("refund") == idempotency_key)
        return next(made_with, None)

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
        """Page by page, the newest first; any page may raise GatewayUnavailable."""
        with _or_unavailable():
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
        By Stripe's own record of its events, which goes back 30 days. A refund that failed stays
        so, and what the event says of it is still true.
        """
        with _or_unavailable():
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

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """
        The event, with the payment or refund that it names as Stripe has it now: events come late
        and out of order, and what they say may be over.

        Raises InvalidSignature; Busy when Stripe cannot be asked, and then sends the event again.
        """
        self._check_signature(body, headers.get(SIGNATURE_HEADER, ""))
        event_id, event_type, object_id = named_by(body)
        try:
            return self._event(event_id, event_type, object_id)
        except GatewayUnavailable:
            raise Busy("The payment provider cannot be asked about its event.") from None

    def _check_signature(self, body: bytes, header: str) -> None:
        match = _SIGNATURE.fullmatch(header)
        if not match:
            raise InvalidSignature(f"{SIGNATURE_HEADER} is missing or malformed.")
        try:
            stripe.WebhookSignature.verify_header(body, header, self._webhook_secret, TOLERANCE)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            raise InvalidSignature(
                "The signature does not match the body, or is too old."
            ) from None
        # The SDK looks for old ones only.
        if int(match[1]) > time.time() + TOLERANCE:
            raise InvalidSignature("The signature is from the future.")

    @_or_unavailable()
    def _event(self, event_id: str, event_type: str, object_id: str) -> Event:
        if event_type in _PAYMENT_EVENTS:
            intent = self._intent(object_id)
            if intent:
                return event_of_payment(event_id, event_type, intent)
        elif event_type in _REFUND_EVENTS or event_type == "charge.refunded":
            refund = self._refund_named(event_type, object_id)
            if refund:
                return event_of_refund(event_id, event_type, refund)
        return Event(event_id, event_type, None, None, Decimal(0), "", {})

    def _refund_named(self, event_type: str, object_id: str) -> dict[str, Any] | None:
        """The refund of an event; the newest one of the charge where that is what it names."""
        expand = "payment_intent"
        try:
            if event_type in _REFUND_EVENTS:
                return self._api.refunds.retrieve(object_id, {"expand": [expand]}).to_dict()
            refunds = self._api.refunds.list(
                {"charge": object_id, "limit": 1, "expand": [f"data.{expand}"]}
            )
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return None
            raise
        return refunds.data[0].to_dict() if refunds.data else None


def _check_is_of(intent: dict[str, Any], order: PaymentOrder) -> None:
    """What is not of this order must neither be confirmed here nor recorded as its payment."""
    wanted = (to_minor(order.amount, order.currency), order.currency.lower(), order.payment_id)
    if (intent["amount"], intent["currency"], payment_id_of(intent)) != wanted:
        log.error(
            "stripe answered with another payment",
            extra={"payment": order.payment_id, "provider_id": intent["id"]},
        )
        raise GatewayUnavailable("another payment")
