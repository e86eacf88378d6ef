"""Signed events of the provider, each applied once."""

import logging

from django.db import IntegrityError, transaction

from bookings.models import Booking, Payment, ProviderEvent
from bookings.payments.states import Event
from bookings.services.paying.disputes import apply_dispute
from bookings.services.paying.outside_refunds import apply_refund
from bookings.services.paying.steps import AGREES, apply_status, is_known, lock_payment
from bookings.services.paying.strays import keep_line
from eventbooking_system.errors import InvalidField
from shows.models import ShowSeat

log = logging.getLogger(__name__)


def record_event(*, provider: str, event: Event) -> str:
    """
    Apply a provider's event once, even if it is late or repeated.

    Return the outcome, which is stored with the event. Raises InvalidField, having stored nothing,
    for an amount or currency that is not the payment's.
    """
    try:
        with transaction.atomic(durable=True):
            stored = ProviderEvent.objects.create(
                provider=provider, event_id=event.event_id, type=event.type, payload=event.payload
            )
            stored.outcome = apply_event(provider, event)
            stored.save(update_fields=["outcome"])
            return stored.outcome
    except IntegrityError:
        if ProviderEvent.objects.filter(provider=provider, event_id=event.event_id).exists():
            return "known already"
        raise


def apply_event(provider: str, event: Event) -> str:
    """Apply an event to the payment, refunds or dispute it names."""
    known = _payment_of(provider, event)
    if event.dispute:
        return apply_dispute(provider, event.dispute, known)
    if known is None:
        log.warning("event of an unknown payment", extra={"payment": event.payment_id})
        return "unknown payment"
    if event.status is None and not event.refunds:
        return "nothing to do"
    provider_id = event.provider_id or known.provider_id
    identity = (provider_id, event.amount, event.currency)
    if not event.refunds and is_known(known, identity, event.status):
        return AGREES
    return _apply(event, provider_id, *lock_payment(known.pk, known.booking_id))


def _payment_of(provider: str, event: Event) -> Payment | None:
    payments = Payment.objects.filter(provider=provider)
    known = payments.filter(pk=event.payment_id).first()
    if known is None and event.provider_id:
        return payments.filter(provider_id=event.provider_id).first()
    return known


def _apply(
    event: Event, provider_id: str, booking: Booking, seats: list[ShowSeat], payment: Payment
) -> str:
    if payment.provider_id not in ("", provider_id):
        raise InvalidField("payment", "The provider knows this payment by another id.")
    if not payment.provider_id:
        # The answer to the attempt was lost, or has not arrived yet.
        payment.provider_id = provider_id
        payment.save(update_fields=["provider_id", "updated_at"])
    if event.currency != payment.currency:
        raise InvalidField("currency", f"The payment is in {payment.currency}.")
    outcomes = []
    if event.status:
        if event.amount != payment.amount:
            return _another_amount(event, payment)
        apply_status(payment, event.status, booking, seats, failure="declined")
        outcomes.append(f"payment {payment.status}, booking {booking.status}")
    if event.refunds:
        outcomes = [apply_refund(refund, payment, booking) for refund in event.refunds]
    return "; ".join(outcomes)[:300]


def _another_amount(event: Event, payment: Payment) -> str:
    """
    Leave a partial capture to staff.

    The provider took another amount than was ordered. Raises InvalidField for a payment that was
    never ordered with its amount.
    """
    if event.ordered != payment.amount:
        raise InvalidField("amount", f"The payment is of {payment.amount}.")
    return keep_line(
        provider=payment.provider,
        provider_id=payment.provider_id,
        payment=payment,
        status=event.status,
        amount=event.amount,
        currency=event.currency,
        reason="another amount was taken than was asked for",
    )
