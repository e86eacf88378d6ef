"""Stripe's documents, read as the states of the gateway's interface."""

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop

from bookings.payments.gateway import GatewayUnavailable
from bookings.payments.minor_units import from_minor, to_minor
from bookings.payments.states import (
    DisputeState,
    Event,
    PaymentOrder,
    PaymentResult,
    RefundResult,
    RefundState,
)
from eventbooking_system.errors import InvalidField

log = logging.getLogger(__name__)

MAX_FAILURE_LENGTH = 300
_MAX_URL_LENGTH = 500
# Source: https://docs.stripe.com/api/disputes/object#dispute_object-status
_DISPUTE_STATES = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "inquiry_closed",
    "prevented": "inquiry_closed",
    "needs_response": "needs_response",
    "under_review": "under_review",
    "won": "won",
    "lost": "lost",
    # The money stays with the customer until the appeal is won.
    "appeal_needs_response": "lost",
    "appeal_under_review": "lost",
}
_CANCELLED = gettext_noop("The payment was cancelled.")


def status_of(intent: dict[str, Any]) -> str:
    """
    Return our status for an intent's.

    Source: https://docs.stripe.com/payments/paymentintents/lifecycle
    """
    status = intent["status"]
    if status == "succeeded":
        return "succeeded"
    # After a decline an intent waits for another method, as it did before the first.
    declined = status == "requires_payment_method" and intent.get("last_payment_error")
    return "failed" if status == "canceled" or declined else "requires_action"


def result_of(intent: dict[str, Any]) -> PaymentResult:
    status = status_of(intent)
    if status == "succeeded":
        return PaymentResult(status=status, provider_id=intent["id"])
    if status == "failed":
        error = intent.get("last_payment_error") or {}
        failure = (error.get("message") or _CANCELLED)[:MAX_FAILURE_LENGTH]
        return PaymentResult(status=status, provider_id=intent["id"], failure=failure)
    redirect = (intent.get("next_action") or {}).get("redirect_to_url") or {}
    url = redirect.get("url") or ""
    return PaymentResult(
        status=status,
        provider_id=intent["id"],
        client_secret=intent.get("client_secret") or "",
        action_url=url if len(url) <= _MAX_URL_LENGTH else "",
    )


def state_of_refund(refund: dict[str, Any]) -> RefundState:
    status = _refund_status(refund)
    reason = str(refund.get("failure_reason") or refund["status"]).replace("_", " ")
    return RefundState(
        provider_id=refund["id"],
        key=metadata_of(refund).get("refund"),
        status=status,
        amount=from_minor(refund["amount"], refund["currency"].upper()),
        failure=f"The bank refused it: {reason}." if status == "failed" else "",
    )


def result_of_refund(refund: dict[str, Any]) -> RefundResult:
    state = state_of_refund(refund)
    return RefundResult(status=state.status, provider_id=state.provider_id, failure=state.failure)


def _refund_status(refund: dict[str, Any]) -> str:
    """
    Return our status for a refund's.

    A refund that waits for the customer is pending.
    """
    status = refund["status"]
    if status == "succeeded":
        return "succeeded"
    return "failed" if status in ("failed", "canceled") else "pending"


def event_of_payment(event_id: str, event_type: str, intent: dict[str, Any]) -> Event:
    return Event(
        event_id=event_id,
        type=event_type,
        payment_id=payment_id_of(intent),
        status=status_of(intent),
        amount=amount_of(intent),
        currency=intent["currency"].upper(),
        payload={"provider_id": intent["id"], "status": intent["status"]},
        provider_id=intent["id"],
        ordered=from_minor(intent["amount"], intent["currency"].upper()),
    )


def event_of_refunds(event_id: str, event_type: str, refunds: Sequence[dict[str, Any]]) -> Event:
    """
    Return the event of a refund, or of a charge's refunds.

    The newest is first. It also has the state of their payment, whose own event may come later.
    """
    states = tuple(state_of_refund(refund) for refund in refunds)
    payload = {
        "refunds": [
            {
                "refund_id": state.provider_id,
                "refund": state.key,
                "refund_status": state.status,
                "failure": state.failure,
            }
            for state in states
        ]
    }
    intent = refunds[0].get("payment_intent")
    if not isinstance(intent, dict):
        currency = refunds[0]["currency"].upper()
        return Event(event_id, event_type, None, None, Decimal(0), currency, payload)
    of_payment = event_of_payment(event_id, event_type, intent)
    return replace(of_payment, payload={**of_payment.payload, **payload}, refunds=states)


def event_of_dispute(event_id: str, event_type: str, dispute: dict[str, Any]) -> Event:
    """Return the event of a dispute, with the dispute's current state."""
    state = state_of_dispute(dispute)
    return Event(
        event_id=event_id,
        type=event_type,
        payment_id=None,
        status=None,
        amount=state.amount,
        currency=state.currency,
        payload={
            "dispute": state.provider_id,
            "provider_id": state.payment_id,
            "status": dispute["status"],
            "reason": state.reason,
        },
        provider_id=state.payment_id,
        dispute=state,
    )


def state_of_dispute(dispute: dict[str, Any]) -> DisputeState:
    """
    Return a dispute's state, and what it moved.

    Stripe lists the movements in the currency of our account. If that is another one than the
    payment's, a return counts as a return of the whole amount, because rates differ by the day. A
    status that this system does not know waits for staff.
    """
    currency, minor = dispute["currency"].upper(), dispute["amount"]
    moved = dispute.get("balance_transactions") or []
    gone = -sum(each["amount"] for each in moved if each["amount"] < 0)
    back = sum(each["amount"] for each in moved if each["amount"] > 0)
    due_by = (dispute.get("evidence_details") or {}).get("due_by")
    payment = dispute.get("payment_intent")
    fee_currency = moved[0]["currency"].upper() if moved else ""
    is_converted = fee_currency != currency
    returned = minor if is_converted and back else min(back, minor)
    fee = sum(each.get("fee") or 0 for each in moved)
    return DisputeState(
        provider_id=dispute["id"],
        payment_id=payment if isinstance(payment, str) else "",
        state=_DISPUTE_STATES.get(dispute["status"], "needs_response"),
        reason=str(dispute.get("reason") or "")[:100],
        amount=from_minor(minor, currency),
        currency=currency,
        opened_at=datetime.fromtimestamp(dispute["created"], UTC),
        evidence_due_at=datetime.fromtimestamp(due_by, UTC) if due_by else None,
        taken=from_minor(minor if gone else 0, currency),
        returned=from_minor(returned if gone else 0, currency),
        fee=from_minor(fee, fee_currency) if fee else Decimal(0),
        fee_currency=fee_currency,
    )


def amount_of(intent: dict[str, Any]) -> Decimal:
    """Return the amount that was taken, or that is to be taken."""
    minor = intent["amount"]
    if intent["status"] == "succeeded":
        minor = intent.get("amount_received", minor)  # localstripe does not have it.
    return from_minor(minor, intent["currency"].upper())


def metadata_of(document: dict[str, Any]) -> dict[str, Any]:
    return document.get("metadata") or {}


def payment_id_of(intent: dict[str, Any]) -> int | None:
    value = str(metadata_of(intent).get("payment", ""))
    if not re.fullmatch(r"[1-9][0-9]{0,18}", value) or int(value) >= 2**63:
        return None
    return int(value)


def named_by(body: bytes) -> tuple[str, str, dict[str, Any]]:
    """
    Return an event's id and type, and the object it names.

    Everything that decides about money is asked from Stripe itself.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidField("", "The body is not JSON.") from None
    if not isinstance(document, dict):
        raise InvalidField("", "The body is not an object.")
    data = document.get("data")
    named = data.get("object") if isinstance(data, dict) else None
    named = named if isinstance(named, dict) else {}
    if not isinstance(named.get("id"), str) or not re.fullmatch(r"\w{1,255}", named["id"]):
        named = {**named, "id": ""}
    return _text(document, "id"), _text(document, "type"), named


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]{1,100}", value):
        raise InvalidField(name, "1 to 100 printable ASCII characters.")
    return value


def check_is_of(intent: dict[str, Any], order: PaymentOrder) -> None:
    """Raise GatewayUnavailable unless the intent belongs to this order."""
    wanted = (to_minor(order.amount, order.currency), order.currency.lower(), order.payment_id)
    if (intent["amount"], intent["currency"], payment_id_of(intent)) != wanted:
        log.error(
            "stripe answered with another payment",
            extra={"payment": order.payment_id, "provider_id": intent["id"]},
        )
        raise GatewayUnavailable("another payment")
