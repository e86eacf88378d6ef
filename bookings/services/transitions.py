"""
The transitions of a booking, as steps of the use cases.

They open no transaction: each expects the locks that `lock_booking` takes, and guards its writes
by owner all the same.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models.functions import Now
from django.utils import timezone

from bookings.models import Booking, BookingTransition, Payment, Refund
from bookings.querysets import BookingQuerySet
from bookings.services.ledger import note_cancellations, note_reduction, note_sale
from bookings.services.losses import settle_new_refunds
from bookings.services.outbox import tell_of_confirmation
from bookings.services.ticketing import issue_tickets
from eventbooking_system.db.compiled import CompiledQuery, JoinedQuery
from shows.models import ShowSeat
from shows.querysets import ShowSeatQuerySet
from shows.services import stock
from users.models import User

Status = Booking.Status

# A payment that comes after the hold's end may still get the same seats.
ALLOWED = {
    (Status.PENDING, Status.CONFIRMED),
    (Status.PENDING, Status.EXPIRED),
    (Status.PENDING, Status.CANCELLED),
    (Status.CONFIRMED, Status.CANCELLED),
    (Status.EXPIRED, Status.CONFIRMED),
}


def lock_booking(booking_id: int) -> tuple[Booking, list[ShowSeat]]:
    """
    Lock a booking's seats, and then the booking.

    Another booking may have the seats by now. The booking comes with its show, its user, and the
    database's time as `clock`.
    """
    found = _LOCKED(after=[_lock_seats, _lock_booking], booking_id=booking_id)
    [booking] = found["booking"]
    return booking, found["seats"]


@CompiledQuery
def _lock_seats(booking_id: int) -> ShowSeatQuerySet:
    return ShowSeat.objects.filter(booked_seats__booking=booking_id).locked().values_list("pk")


@CompiledQuery
def _lock_booking(booking_id: int) -> BookingQuerySet:
    return Booking.objects.filter(pk=booking_id).locked().values_list("pk")


@CompiledQuery
def _booking(booking_id: int) -> BookingQuerySet:
    bookings = Booking.objects.filter(pk=booking_id).select_related("show", "user").order_by()
    return bookings.annotate(clock=Now())


@CompiledQuery
def _seats(booking_id: int) -> ShowSeatQuerySet:
    return ShowSeat.objects.filter(booked_seats__booking=booking_id).with_is_free().order_by("pk")


_LOCKED = JoinedQuery(booking=_booking, seats=_seats)


def move(
    booking: Booking, to: Booking.Status, *, at: datetime, by: User | None, reason: str
) -> None:
    """
    Change a booking's status and record the transition. Expects the booking's lock.

    Raises ValueError for a change that ALLOWED does not list.
    """
    change = (booking.status, to)
    if change not in ALLOWED:
        raise ValueError(f"A booking cannot go from {booking.status} to {to}.")
    changed = Booking.objects.filter(pk=booking.pk, status=booking.status).update(status=to)
    if changed != 1:
        raise RuntimeError(f"Booking {booking.pk} changed under its lock.")
    BookingTransition.objects.create(
        booking=booking,
        from_status=booking.status,
        to_status=to,
        at=at,
        by=by,
        reason=reason,
    )
    booking.status = booking.live_status = to


def confirm(booking: Booking, *, at: datetime, by: User | None, reason: str) -> None:
    """Book a booking's seats, record the sale and issue its tickets."""
    lines = list(booking.booked_seats.all())
    stock.book(show_id=booking.show_id, booking_id=booking.pk, count=len(lines))
    move(booking, Status.CONFIRMED, at=at, by=by, reason=reason)
    note_sale(booking)
    issue_tickets(lines, at=at)
    tell_of_confirmation(booking)


def retake(booking: Booking, seats: Sequence[ShowSeat]) -> bool:
    """
    Hold the booking's seats again, if each is available to it.

    Return whether it was done. If another booking has one of them, nothing is written.
    """
    if not all(seat.booking_id == booking.pk or seat.is_free for seat in seats):
        return False
    if all(seat.booking_id == booking.pk for seat in seats):
        return True  # Nobody took them, also if the hold has expired.
    stock.hold(
        show_id=booking.show_id,
        seats=[seat.pk for seat in seats],
        booking_id=booking.pk,
        held_until=booking.expires_at,
    )
    return True


def refund_payment(payment: Payment, booking: Booking, *, reason: str) -> None:
    """Store a refund of a whole payment; it is sent after the commit. Expects its lock."""
    Refund.objects.create(booking=booking, payment=payment, amount=payment.amount, reason=reason)
    payment.amount_refunded = payment.amount
    payment.save(update_fields=["amount_refunded", "updated_at"])
    settle_new_refunds([payment])


def give_back(
    bookings: Sequence[Booking], *, in_all: Decimal | None = None, reason: str
) -> dict[int, Decimal]:
    """
    Owe the customers of confirmed bookings what is left of their payments; refunds are sent after.

    `in_all` limits what each of them has back in the end, together with what went back before.
    Return what goes back, by booking. The customer has what a lost dispute took already.
    """
    payments = Payment.objects.locked().filter(
        booking__in=[booking.pk for booking in bookings], status=Payment.Status.SUCCEEDED
    )
    paid: dict[int, list[Payment]] = {booking.pk: [] for booking in bookings}
    for payment in payments:
        paid[payment.booking_id].append(payment)
    refunds, given_back = [], {}
    for booking in bookings:
        left = sum((payment.amount_left for payment in paid[booking.pk]), Decimal(0))
        went_back = booking.total - left
        amount = left if in_all is None else min(left, max(Decimal(0), in_all - went_back))
        given_back[booking.pk] = amount
        refunds += _parts(booking, paid[booking.pk], amount, reason)
    Refund.objects.bulk_create(refunds)
    now = timezone.now()
    for refund in refunds:
        refund.payment.updated_at = now
    Payment.objects.bulk_update(
        [refund.payment for refund in refunds], ["amount_refunded", "updated_at"]
    )
    note_cancellations(bookings, given_back)
    for booking in bookings:
        given_back[booking.pk] -= settle_new_refunds(paid[booking.pk])
    return given_back


def refund_part(booking: Booking, amount: Decimal, *, reason: str) -> None:
    """
    Owe a part of what was paid for a booking that stays confirmed.

    The refunds are sent after the commit, or handed over at the counter.
    """
    paid = Payment.objects.locked().filter(booking=booking, status=Payment.Status.SUCCEEDED)
    payments = list(paid)
    Refund.objects.bulk_create(_parts(booking, payments, amount, reason))
    for payment in payments:
        payment.save(update_fields=["amount_refunded", "updated_at"])
    note_reduction(booking, amount)
    settle_new_refunds(payments)


def _parts(
    booking: Booking, payments: Sequence[Payment], amount: Decimal, reason: str
) -> list[Refund]:
    """Divide an amount between payments, and count it as refunded in each."""
    refunds = []
    for payment in payments:
        part = min(amount, payment.amount_left)
        if part > 0:
            refunds.append(Refund(booking=booking, payment=payment, amount=part, reason=reason))
            payment.amount_refunded += part
            amount -= part
    return refunds
