"""
The sandbox: a provider that takes no money, for development and tests.

It has test cards as payment methods, and signs its events like a real provider.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext, gettext_noop

from bookings.errors import InvalidSignature
from bookings.payments.states import (
    DisputeState,
    Event,
    PaymentOrder,
    PaymentResult,
    PaymentState,
    RefundResult,
    RefundState,
)
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import MAX_AMOUNT, formatted

SIGNATURE_HEADER = "Sandbox-Signature"
TOLERANCE = 300  # Seconds between an event's signing and its arrival.

_OUTCOMES = {
    "pm_card_visa": "succeeded",
    "pm_card_declined": "failed",
    "pm_card_authentication": "requires_action",
    "pm_card_late": "requires_action",
}
_STATUS_OF_TYPE = {"payment.succeeded": "succeeded", "payment.failed": "failed"}
_REFUND_STATUS_OF_TYPE = {"refund.succeeded": "succeeded", "refund.failed": "failed"}
_DISPUTE_STATE_OF_TYPE = {
    "dispute.created": "needs_response",
    "dispute.won": "won",
    "dispute.lost": "lost",
}
# A dispute's evidence is due a week after its event.
_TIME_FOR_EVIDENCE = timedelta(days=7)
_HEADER = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


class SandboxGateway:
    name = "sandbox"
    default_method = "pm_card_visa"

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def check_method(self, payment_method: str) -> None:
        if payment_method not in _OUTCOMES:
            methods = ", ".join(_OUTCOMES)
            raise InvalidField(
                "payment_method", gettext("One of %(methods)s.") % {"methods": methods}
            )

    def create_payment(self, order: PaymentOrder) -> PaymentResult:
        status = _OUTCOMES[order.payment_method]
        client_secret = f"{order.payment_id}-{self._hmac(f'payment {order.payment_id}')[:32]}"
        asks = order.payment_method == "pm_card_authentication"
        return PaymentResult(
            status=status,
            provider_id=f"sandbox-{order.idempotency_key}",
            client_secret=client_secret,
            action_url=f"/api/bookings/sandbox/{client_secret}/" if asks else "",
            failure=gettext_noop("The card was declined.") if status == "failed" else "",
        )

    def payment_state(self, *, provider_id: str) -> PaymentState | None:
        """Return None, because the sandbox stores no payments."""

    def cancel_payment(self, *, provider_id: str) -> PaymentState | None:
        """Do nothing, so that a slow provider's event may still arrive."""

    def payments_since(self, since: datetime) -> Iterable[PaymentState]:
        return ()

    def failed_refunds_since(self, since: datetime) -> Iterable[tuple[str, RefundState]]:
        return ()

    def disputes_since(self, since: datetime) -> Iterable[DisputeState]:
        return ()

    def dispute_state(self, *, provider_id: str) -> DisputeState | None:
        """Return None, because the sandbox stores no disputes."""

    def dispute_page(self, *, provider_id: str) -> str:
        return ""

    def refund(
        self, *, provider_id: str, amount: Decimal, currency: str, idempotency_key: str
    ) -> RefundResult:
        return RefundResult(status="succeeded", provider_id=f"sandbox-{idempotency_key}")

    def find_refund(self, *, provider_id: str, idempotency_key: str) -> RefundResult | None:
        return None

    def payment_of(self, client_secret: str) -> int | None:
        """Return the id of a client secret's payment, if any."""
        payment_id, _, signature = client_secret.partition("-")
        genuine = self._hmac(f"payment {payment_id}")[:32]
        return int(payment_id) if hmac.compare_digest(signature, genuine) else None

    def signed_event(
        self, *, event_id: str, type: str, payment_id: int, amount: Decimal, currency: str
    ) -> tuple[bytes, dict[str, str]]:
        """Return an event's body and headers as the sandbox sends them."""
        document = {
            "id": event_id,
            "type": type,
            "payment": payment_id,
            "amount": formatted(amount, currency),
            "currency": currency,
        }
        body = json.dumps(document).encode()
        return body, {SIGNATURE_HEADER: self._signature(body, int(time.time()))}

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        match = _HEADER.fullmatch(headers.get(SIGNATURE_HEADER, ""))
        if not match:
            raise InvalidSignature(f"{SIGNATURE_HEADER} is missing or malformed.")
        signed_at = int(match[1])
        if not hmac.compare_digest(match[0], self._signature(body, signed_at)):
            raise InvalidSignature("The signature does not match the body.")
        if abs(time.time() - signed_at) > TOLERANCE:
            raise InvalidSignature(f"The signature is older than {TOLERANCE} seconds.")
        return _event(body)

    def _signature(self, body: bytes, signed_at: int) -> str:
        digest = hmac.new(self._secret, b"%d.%b" % (signed_at, body), hashlib.sha256).hexdigest()
        return f"t={signed_at},v1={digest}"

    def _hmac(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def _event(body: bytes) -> Event:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidField("", "The body is not JSON.") from error
    if not isinstance(document, dict):
        raise InvalidField("", "The body is not an object.")
    event_id, event_type = _text(document, "id"), _text(document, "type")
    payment_id, amount, currency = (
        _payment_id(document),
        _amount(document),
        _text(document, "currency"),
    )
    return Event(
        event_id=event_id,
        type=event_type,
        payment_id=payment_id,
        status=_STATUS_OF_TYPE.get(event_type),
        amount=amount,
        currency=currency,
        payload={"payment": payment_id, "amount": str(amount), "currency": currency},
        refunds=_refunds(event_type, amount),
        dispute=_dispute(event_type, payment_id, amount, currency),
    )


def _dispute(
    event_type: str, payment_id: int, amount: Decimal, currency: str
) -> DisputeState | None:
    """Return the dispute of an event. A payment has at most one, and the sandbox takes no fee."""
    state = _DISPUTE_STATE_OF_TYPE.get(event_type)
    if state is None:
        return None
    now = datetime.now(UTC)
    return DisputeState(
        provider_id=f"sandbox-dispute-{payment_id}",
        payment_id="",
        state=state,
        reason="general",
        amount=amount,
        currency=currency,
        opened_at=now,
        evidence_due_at=now + _TIME_FOR_EVIDENCE,
        taken=amount,
        returned=amount if state == "won" else Decimal(0),
    )


def _refunds(event_type: str, amount: Decimal) -> tuple[RefundState, ...]:
    """Return the refund of an event; the sandbox reports only its amount."""
    status = _REFUND_STATUS_OF_TYPE.get(event_type)
    if status is None:
        return ()
    failure = "The bank refused it." if status == "failed" else ""
    return (RefundState(provider_id="", key=None, status=status, amount=amount, failure=failure),)


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]{1,100}", value):
        raise InvalidField(name, "1 to 100 printable ASCII characters.")
    return value


def _payment_id(document: dict[str, Any]) -> int:
    value = document.get("payment")
    if type(value) is not int or not 0 < value < 2**63:
        raise InvalidField("payment", "The id of a payment.")
    return value


def _amount(document: dict[str, Any]) -> Decimal:
    try:
        amount = Decimal(str(document.get("amount")))
    except InvalidOperation as error:
        raise InvalidField("amount", "A decimal string.") from error
    if not amount.is_finite() or abs(amount) >= MAX_AMOUNT:
        raise InvalidField("amount", "A decimal string.")
    return amount
