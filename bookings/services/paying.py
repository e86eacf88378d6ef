"""
Paying for a booking: what is stored before the provider is asked, and after it answered.

No network here: `bookings.checkout` asks the provider between these transactions.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext

from bookings.errors import BookingExpired, InvalidTransition
from bookings.idempotency.requests import LEASE, IdempotentRequest, without_key
from bookings.models import Booking, Payment, ProviderEvent, Refund, StrayPayment
from bookings.services.ledger import note_capture
from bookings.services.outbox import tell_of_failed_payment, tell_of_returned_payment
from bookings.services.refunding import take_refund
from bookings.services.transitions import (
    confirm,
    lock_booking,
    move,
    refund_payments,
    retake,
)
from eventbooking_system.errors import InvalidField
from shows.models import ShowSeat
from shows.services import stock

log = logging.getLogger(__name__)
Status = Booking.Status

_GONE = Refund.Status.SUCCEEDED
# What comes of an event that is no news.
AGREES = "agrees"


@transaction.atomic(durable=True)
def open_payment(
    *,
    booking_id: int,
    provider: str,
    payment_method: str,
    request: IdempotentRequest | None = None,
) -> Payment:
    """
    Store an attempt to pay, before the provider is asked.

    One that the provider has not answered is taken up again; one that waits for the customer is to
    be ended before. A request that was cut off, and comes again when its booking is confirmed, gets
    the payment that did it. Raises BookingExpired and InvalidTransition.
    """
    request = request or without_key()
    request.claim()
    booking = Booking.objects.locked().annotate(clock=Now()).get(pk=booking_id)
    if request.was_cut_off and (paid := _paid_meanwhile(booking)):
        request.complete(paid)
        return paid
    _check_can_pay(booking)
    attempts = list(Payment.objects.locked().filter(booking=booking))
    open_now = next((payment for payment in attempts if payment.status in Payment.OPEN), None)
    if open_now and open_now.provider == provider:
        return _taken_up(open_now, booking)
    if open_now:
        _fail(open_now, "the payment provider was changed")
    return Payment.objects.create(
        booking=booking,
        attempt=len(attempts) + 1,
        provider=provider,
        payment_method=payment_method,
        amount=booking.total,
        currency=booking.currency,
        asked_until=booking.clock + LEASE,
    )


@transaction.atomic(durable=True)
def record_payment(
    *,
    payment_id: int,
    status: str,
    provider_id: str = "",
    client_secret: str = "",
    action_url: str = "",
    failure: str = "",
    request: IdempotentRequest | None = None,
) -> Payment:
    """Store what the provider answered to an attempt, with all that follows from it."""
    booking, seats, payment = _lock_payment(payment_id, _booking_of(payment_id))
    payment.provider_id, payment.asked_until = provider_id or payment.provider_id, None
    payment.client_secret, payment.action_url = client_secret, action_url
    payment.save()
    _apply(payment, status, booking, seats, failure=failure)
    if payment.status != Payment.Status.FAILED:
        (request or without_key()).complete(payment)
    return payment


@transaction.atomic(durable=True)
def release_payment(*, payment_id: int, request: IdempotentRequest | None = None) -> None:
    """The provider gave no answer: the same request may come again, and takes the attempt up."""
    Payment.objects.filter(pk=payment_id).update(asked_until=None)
    (request or without_key()).abandon()


@transaction.atomic(durable=True)
def close_payment(*, payment_id: int, failure: str) -> None:
    """Note that the provider has ended a payment: nobody can pay it any more."""
    payment = Payment.objects.locked().get(pk=payment_id)
    payment.client_secret = payment.action_url = ""
    if payment.status in Payment.OPEN:
        payment.status, payment.failure = Payment.Status.FAILED, failure
    payment.save()


@transaction.atomic(durable=True)
def record_state(
    *,
    provider: str,
    provider_id: str,
    payment_id: int | None,
    status: str,
    amount: Decimal,
    currency: str,
    refunds: Sequence[Mapping[str, Any]] = (),
    created_at: datetime | None = None,
) -> str:
    """
    Bring a payment to what the provider says of it now; what came of it.

    What fits no payment of ours, or not its amount, is put aside for staff.
    """
    payments = Payment.objects.filter(provider=provider)
    known = (
        payments.filter(pk=payment_id).first() or payments.filter(provider_id=provider_id).first()
    )
    stray = {"provider": provider, "provider_id": provider_id, "status": status}
    if known is None:
        return _put_aside(stray, None, amount, currency, "no payment of ours")
    booking, seats, payment = _lock_payment(known.pk, known.booking_id)
    if payment.provider_id not in ("", provider_id):
        return _put_aside(stray, payment, amount, currency, "a second payment of one attempt")
    if (amount, currency) != (payment.amount, payment.currency):
        return _put_aside(stray, payment, amount, currency, "another amount or currency")
    payment.provider_id = provider_id
    payment.save(update_fields=["provider_id", "updated_at"])
    _apply(payment, status, booking, seats, failure="declined")
    for refund in refunds:
        take_refund(payment, **refund)
    gone = sum(refund["amount"] for refund in refunds if refund["status"] == _GONE)
    if gone > payment.amount_refunded:
        return _put_aside(stray, payment, amount, currency, "refunded at the provider, not here")
    return f"payment {payment.status}, booking {booking.status}"


def find_differing(*, provider: str, states: Sequence[Mapping[str, Any]]) -> set[str]:
    """The ids of those of a provider's payments that are not just so here."""
    ids = {state["provider_id"] for state in states}
    payments = Payment.objects.filter(provider=provider, provider_id__in=ids)
    known = {payment.provider_id: payment for payment in payments.prefetch_related("refunds")}
    agreeing = {
        state["provider_id"]
        for state in states
        if state["provider_id"] in known and _agrees(known[state["provider_id"]], state)
    }
    return ids - agreeing


@transaction.atomic(durable=True)
def give_up_payment(*, payment_id: int) -> bool:
    """Fail an attempt that never reached the provider; whether it was still open."""
    _, _, payment = _lock_payment(payment_id, _booking_of(payment_id))
    is_open = payment.status == Payment.Status.PROCESSING and not payment.provider_id
    if is_open:
        _fail(payment, "never reached the provider")
    return is_open


def record_event(
    *,
    provider: str,
    event_id: str,
    type: str,
    payment_id: int | None,
    status: str | None,
    amount: Decimal,
    currency: str,
    payload: dict[str, Any],
    refund: Mapping[str, Any] | None = None,
) -> str:
    """
    Take a provider's event, once, whenever and however often it comes; what came of it.

    `status` is the payment's new one, None for events that say nothing of that; `refund` is what
    the provider says of one of its refunds. Raises
    InvalidField for an amount or currency that is not the payment's: then nothing is stored.
    """
    try:
        with transaction.atomic(durable=True):
            stored = ProviderEvent.objects.create(
                provider=provider, event_id=event_id, type=type, payload=payload
            )
            stored.outcome = _take_event(
                provider=provider,
                payment_id=payment_id,
                status=status,
                amount=amount,
                currency=currency,
                payload=payload,
                refund=refund,
            )
            stored.save(update_fields=["outcome"])
            return stored.outcome
    except IntegrityError:
        if ProviderEvent.objects.filter(provider=provider, event_id=event_id).exists():
            return "known already"
        raise


def _check_can_pay(booking: Booking) -> None:
    if booking.status == Status.EXPIRED or (
        booking.status == Status.PENDING and booking.expires_at <= booking.clock
    ):
        raise BookingExpired(gettext("The time to pay is over: book again."))
    if booking.status != Status.PENDING:
        raise InvalidTransition(
            gettext("The booking is %(status)s already.") % {"status": booking.status},
            booking_status=booking.status,
        )


def _paid_meanwhile(booking: Booking) -> Payment | None:
    paid = booking.payments.filter(status=Payment.Status.SUCCEEDED)
    return paid.first() if booking.status == Status.CONFIRMED else None


def _taken_up(payment: Payment, booking: Booking) -> Payment:
    """An attempt whose answer was lost: asked again with its own key, it is not charged twice."""
    is_asked = payment.asked_until and booking.clock < payment.asked_until
    if payment.status != Payment.Status.PROCESSING or is_asked:
        raise InvalidTransition(
            gettext("A payment for this booking is under way."), booking_status=booking.status
        )
    payment.asked_until = booking.clock + LEASE
    payment.save(update_fields=["asked_until", "updated_at"])
    return payment


def _booking_of(payment_id: int) -> int:
    return Payment.objects.values_list("booking", flat=True).get(pk=payment_id)


def _lock_payment(payment_id: int, booking_id: int) -> tuple[Booking, list[ShowSeat], Payment]:
    booking, seats = lock_booking(booking_id)
    return booking, seats, Payment.objects.locked().get(pk=payment_id)


def _take_event(
    *,
    provider: str,
    payment_id: int | None,
    status: str | None,
    amount: Decimal,
    currency: str,
    payload: dict[str, Any],
    refund: Mapping[str, Any] | None,
) -> str:
    known = Payment.objects.filter(pk=payment_id, provider=provider).first()
    if known is None:
        log.warning("event of an unknown payment", extra={"payment": payment_id})
        return "unknown payment"
    if status is None and refund is None:
        return "nothing to do"
    provider_id = payload.get("provider_id", known.provider_id)
    if status and _is_known(known, (provider_id, amount, currency), status):
        return AGREES
    booking, seats, payment = _lock_payment(known.pk, known.booking_id)
    if payment.provider_id not in ("", provider_id):
        raise InvalidField("payment", "The provider knows this payment by another id.")
    if not payment.provider_id:
        # The answer to the attempt was lost, or is on its way still.
        payment.provider_id = provider_id
        payment.save(update_fields=["provider_id", "updated_at"])
    if currency != payment.currency:
        raise InvalidField("currency", f"The payment is in {payment.currency}.")
    if refund:
        return take_refund(payment, **refund)
    if amount != payment.amount:
        raise InvalidField("amount", f"The payment is of {payment.amount}.")
    _apply(payment, status, booking, seats, failure="declined")
    return f"payment {payment.status}, booking {booking.status}"


def _apply(
    payment: Payment, status: str, booking: Booking, seats: list[ShowSeat], *, failure: str
) -> None:
    """Bring a payment to a status, if it is not past it: events come late and out of order."""
    if payment.status in (Payment.Status.SUCCEEDED, Payment.Status.REFUNDED):
        return
    if status == Payment.Status.SUCCEEDED:
        payment.status, payment.failure = status, ""
        payment.save()
        note_capture(payment)
        _use(payment, booking, seats)
    elif payment.status != Payment.Status.FAILED:
        payment.status = status
        payment.failure = failure if status == Payment.Status.FAILED else ""
        payment.save()
        if status == Payment.Status.FAILED:
            tell_of_failed_payment(booking)


def _use(payment: Payment, booking: Booking, seats: list[ShowSeat]) -> None:
    """Confirm the booking with money that came; where that cannot be, the money goes back."""
    wants_seats = booking.status in (Status.PENDING, Status.EXPIRED)
    # The bank may take days: seats of a show that is over are worth nothing.
    is_in_time = booking.clock < booking.show.end_time
    if wants_seats and is_in_time and retake(booking, seats):
        confirm(booking, at=booking.clock, by=None, reason=f"payment {payment.pk} succeeded")
        return
    if booking.status == Status.PENDING:
        stock.release(show_id=booking.show_id, booking_id=booking.pk)
        move(booking, Status.EXPIRED, at=booking.clock, by=None, reason="paid too late")
    refund_payments(
        booking, payment.amount, only=payment, reason=f"paid when {booking.status} already"
    )
    tell_of_returned_payment(payment, booking)


def _fail(payment: Payment, failure: str) -> None:
    payment.status, payment.failure = Payment.Status.FAILED, failure
    payment.save()


def _agrees(payment: Payment, state: Mapping[str, Any]) -> bool:
    """Whether a payment and its refunds are just as the provider says."""
    identity = (state["provider_id"], state["amount"], state["currency"])
    gone = {refund["provider_id"] for refund in state["refunds"] if refund["status"] == _GONE}
    return _is_known(payment, identity, state["status"]) and gone == {
        refund.provider_id for refund in payment.refunds.all() if refund.status == _GONE
    }


def _is_known(payment: Payment, identity: tuple[str, Decimal, str], status: str) -> bool:
    """Whether what is said of a payment is no news, as it mostly is: then nothing needs a lock."""
    if identity != (payment.provider_id, payment.amount, payment.currency):
        return False
    if status == Payment.Status.SUCCEEDED:
        return payment.status in (Payment.Status.SUCCEEDED, Payment.Status.REFUNDED)
    return status == payment.status


def _put_aside(
    stray: dict[str, str], payment: Payment | None, amount: Decimal, currency: str, reason: str
) -> str:
    log.error("stray payment", extra={**stray, "reason": reason})
    said = {
        "payment": payment,
        "status": stray["status"],
        "amount": amount,
        "currency": currency,
        "reason": reason,
    }
    known, is_new = StrayPayment.objects.select_for_update().get_or_create(
        provider=stray["provider"], provider_id=stray["provider_id"], defaults=said
    )
    if not is_new and any(getattr(known, name) != value for name, value in said.items()):
        # Staff settled something else: it is theirs to look at again.
        StrayPayment.objects.filter(pk=known.pk).update(**said, settled_at=None)
    return f"put aside: {reason}"
