"""
The transitions of a booking, as steps of the use cases.

They open no transaction: each expects the locks that `lock_booking` takes, and guards its writes
by owner all the same.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, F
from django.db.models.functions import Now

from bookings.models import BookedSeat, Booking, BookingTransition, WebhookSubscription
from bookings.querysets import BookingQuerySet
from bookings.services.exchanging import end_older
from bookings.services.ledger import note_sale
from bookings.services.outbox import queue_confirmation, queue_exchange
from bookings.services.ticketing import issue_tickets
from eventbooking_system.db.compiled import CompiledQuery, JoinedQuery, Parameter, update_sql
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
    found = _LOCKED(after=BOOKING_LOCKS, booking_id=booking_id)
    [booking] = found["booking"]
    return booking, found["seats"]


def read_booking(booking_id: int) -> Booking:
    """Read a booking as `lock_booking` does, without locks."""
    [booking] = _booking(booking_id)
    return booking


def _active_seats(booking_id: int) -> ShowSeatQuerySet:
    return ShowSeat.objects.filter(
        booked_seats__booking=booking_id, booked_seats__cancelled_at__isnull=True
    )


@CompiledQuery
def _lock_seats(booking_id: int) -> ShowSeatQuerySet:
    """Lock a booking's seats and those it replaces, in one statement."""
    lines = BookedSeat.objects.active().order_by()
    own = lines.filter(booking=booking_id).values("show_seat")
    replaced = lines.filter(replacements__booking=booking_id).values("show_seat")
    both = ShowSeat.objects.filter(pk__in=own.union(replaced, all=True))
    return both.locked().values_list("pk")


@CompiledQuery
def _lock_booking(booking_id: int) -> BookingQuerySet:
    """Lock a booking, and the one that it is exchanged from."""
    own = Booking.objects.filter(pk=booking_id).order_by().values("pk")
    older = Booking.objects.filter(exchanges=booking_id).order_by().values("pk")
    both = Booking.objects.filter(pk__in=own.union(older, all=True))
    return both.locked().values_list("pk")


@CompiledQuery
def _booking(booking_id: int) -> BookingQuerySet:
    bookings = Booking.objects.filter(pk=booking_id).select_related("show", "user").order_by()
    partners = WebhookSubscription.objects.filter(is_active=True)
    return bookings.annotate(clock=Now(), has_partners=Exists(partners))


@CompiledQuery
def _seats(booking_id: int) -> ShowSeatQuerySet:
    """Select a booking's seats, each with the id of its line."""
    seats = _active_seats(booking_id).annotate(line_id=F("booked_seats__id"))
    return seats.with_is_free().order_by("pk")


# For queries that lock and read more along with a booking.
BOOKING_LOCKS = (_lock_seats, _lock_booking)
BOOKING_PARTS = {"booking": _booking, "seats": _seats}

_LOCKED = JoinedQuery(**BOOKING_PARTS)


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


def confirm_sql() -> str:
    """
    Return the UPDATE that confirms a pending booking, with parameter `booking_id`.

    The caller records the transition, too, and checks the number of rows.
    """
    pending = Booking.objects.filter(pk=Parameter("booking_id", int), status=Status.PENDING)
    return update_sql(pending, {"status": Status.CONFIRMED})


def confirm(booking: Booking, *, at: datetime, by: User | None, reason: str) -> None:
    """
    Book a booking's seats, record the sale and issue its tickets.

    For an exchange, the older lines end in the same step, so that there is always exactly one valid
    ticket. Raises ExchangeNotAllowed if they cannot be exchanged any more.
    """
    lines = list(booking.booked_seats.active())
    ended = end_older(booking, at=at) if booking.exchanged_from_id else None
    stock.book(show_id=booking.show_id, booking_id=booking.pk, count=len(lines))
    move(booking, Status.CONFIRMED, at=at, by=by, reason=reason)
    note_sale(booking)
    issue_tickets(booking, lines, at=at)
    if ended is None:
        queue_confirmation(booking)
        return
    if ended.is_all:
        reason = f"exchanged for {booking.reference}"
        move(ended.older, Status.CANCELLED, at=at, by=by, reason=reason)
    queue_exchange(ended.older, booking, lines=ended.lines, given_back=ended.given_back)


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
