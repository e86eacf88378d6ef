"""Steps that payment use cases share, within their transaction."""

from decimal import Decimal

from django.db.models import QuerySet

from bookings.models import Booking, Payment, Refund
from bookings.services.exchanging import why_not_now
from bookings.services.ledger import note_capture
from bookings.services.outbox import (
    queue_expiry,
    queue_failed_payment,
    queue_returned_payment,
)
from bookings.services.owing import refund_payment
from bookings.services.transitions import (
    BOOKING_LOCKS,
    BOOKING_PARTS,
    confirm,
    move,
    retake,
)
from eventbooking_system.db.compiled import CompiledQuery, JoinedQuery
from shows.models import Show, ShowSeat
from shows.services import stock

Status = Booking.Status

# The outcome of an event or a state that brings no news.
AGREES = "agrees"
# Why the hold of an exchange ended.
EXCHANGE_IS_OVER = "exchange not possible any more"


def lock_payment(payment_id: int, booking_id: int) -> tuple[Booking, list[ShowSeat], Payment]:
    """Lock a booking's seats, the booking and a payment, in order."""
    found = _LOCKED(
        after=[*BOOKING_LOCKS, _lock_payment], payment_id=payment_id, booking_id=booking_id
    )
    [booking], [payment] = found["booking"], found["payment"]
    payment.booking = booking
    return booking, found["seats"], payment


@CompiledQuery
def _lock_payment(payment_id: int) -> QuerySet[Payment]:
    return Payment.objects.filter(pk=payment_id).locked().values_list("pk")


@CompiledQuery
def _payment(payment_id: int) -> QuerySet[Payment]:
    return Payment.objects.filter(pk=payment_id).order_by()


_LOCKED = JoinedQuery(payment=_payment, **BOOKING_PARTS)


def apply_status(
    payment: Payment, status: str, booking: Booking, seats: list[ShowSeat], *, failure: str
) -> bool:
    """
    Bring a payment to a status that the provider reports. Return whether the payment was saved.

    Events come late and out of order, so a status that the payment has passed changes nothing.
    """
    if payment.status in (Payment.Status.SUCCEEDED, Payment.Status.REFUNDED):
        return False
    if status == Payment.Status.SUCCEEDED:
        payment.status, payment.failure = status, ""
        payment.save()
        note_capture(payment)
        _confirm_or_refund(payment, booking, seats)
        return True
    if payment.status != Payment.Status.FAILED:
        payment.status = status
        payment.failure = failure if status == Payment.Status.FAILED else ""
        payment.save()
        if status == Payment.Status.FAILED:
            queue_failed_payment(booking)
        return True
    return False


def fail_payment(payment: Payment, failure: str) -> None:
    """Mark a payment as failed."""
    payment.status, payment.failure = Payment.Status.FAILED, failure
    payment.save()


def is_known(payment: Payment, identity: tuple[str, Decimal, str], status: str) -> bool:
    """
    Tell whether a report about a payment brings no news.

    Most reports bring none, and then no lock is needed. `identity` is the provider's id, the
    amount and the currency.
    """
    if identity != (payment.provider_id, payment.amount, payment.currency):
        return False
    if status == Payment.Status.SUCCEEDED:
        return payment.status in (Payment.Status.SUCCEEDED, Payment.Status.REFUNDED)
    return status == payment.status


def is_to_come(booking: Booking) -> bool:
    """
    Tell whether a booking's show takes place and is not over.

    A bank may take days to answer, and the show may be over by then.
    """
    return booking.clock < booking.show.end_time and booking.show.status == Show.Status.SCHEDULED


def end_hold(booking: Booking, *, reason: str) -> None:
    """Release a pending booking's seats without a mail to its customer. Expects the lock."""
    stock.release(show_id=booking.show_id, booking_id=booking.pk)
    move(booking, Status.EXPIRED, at=booking.clock, by=None, reason=reason)
    queue_expiry([booking], by_mail=False)


def paid_by(payment: Payment) -> str:
    """Return the reason of a confirmation."""
    return f"payment {payment.pk} succeeded"


def _confirm_or_refund(payment: Payment, booking: Booking, seats: list[ShowSeat]) -> None:
    """
    Confirm the booking with money that arrived, or refund the money.

    An expired booking is confirmed if its seats are still free. Money of a booking that is
    cancelled, or that another payment has confirmed, is refunded.
    """
    wants_seats = booking.status in (Status.PENDING, Status.EXPIRED)
    is_wanted = wants_seats and is_to_come(booking)
    reason = why_not_now(booking) if is_wanted else ""
    if is_wanted and not reason and retake(booking, seats):
        confirm(booking, at=booking.clock, by=None, reason=paid_by(payment))
        return
    if booking.status == Status.PENDING:
        end_hold(booking, reason=EXCHANGE_IS_OVER if reason else "paid too late")
    refund_payment(payment, booking, reason=f"{Refund.PAID_WHEN}{booking.status} already")
    queue_returned_payment(payment, booking, is_exchange_over=bool(reason))
