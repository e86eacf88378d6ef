"""Signed events of the provider, each applied once."""

import logging

from django.db import IntegrityError, transaction

from bookings.models import Payment, ProviderEvent
from bookings.payments.states import Event
from bookings.services.paying.steps import AGREES, apply_status, is_known, lock_payment
from bookings.services.refunding import apply_refund_state
from eventbooking_system.errors import InvalidField

log = logging.getLogger(__name__)


def record_event(*, provider: str, event: Event) -> str:
    """
    Apply a provider's event once, however late and however often it comes.

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
    """Apply an event to the payment and the refund that it names."""
    known = Payment.objects.filter(pk=event.payment_id, provider=provider).first()
    if known is None:
        log.warning("event of an unknown payment", extra={"payment": event.payment_id})
        return "unknown payment"
    if event.status is None and event.refund is None:
        return "nothing to do"
    provider_id = event.provider_id or known.provider_id
    if event.status and is_known(known, (provider_id, event.amount, event.currency), event.status):
        return AGREES
    booking, seats, payment = lock_payment(known.pk, known.booking_id)
    if payment.provider_id not in ("", provider_id):
        raise InvalidField("payment", "The provider knows this payment by another id.")
    if not payment.provider_id:
        # The answer to the attempt was lost, or has not arrived yet.
        payment.provider_id = provider_id
        payment.save(update_fields=["provider_id", "updated_at"])
    if event.currency != payment.currency:
        raise InvalidField("currency", f"The payment is in {payment.currency}.")
    if event.refund:
        return apply_refund_state(payment, event.refund)
    if event.amount != payment.amount:
        raise InvalidField("amount", f"The payment is of {payment.amount}.")
    apply_status(payment, event.status, booking, seats, failure="declined")
    return f"payment {payment.status}, booking {booking.status}"
