"""Cancelling a booking, and cancelling a show with all of its bookings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext

from audit.recording import record
from bookings.errors import InvalidTransition
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import Booking, BookingTransition
from bookings.pricing import refundable
from bookings.querysets import HAS_EXPIRED, BookingQuerySet
from bookings.services.outbox import tell_of_cancellation, tell_of_show_cancellation
from bookings.services.ticketing import void_tickets
from bookings.services.transitions import give_back, lock_booking, move
from eventbooking_system.money import formatted
from shows.models import Show, ShowSeat
from shows.services import stock
from users.models import User

Status = Booking.Status


@dataclass(frozen=True)
class ShowCancellation:
    """The effects of cancelling a show, in numbers."""

    show_id: int
    status: str
    pending_bookings: int
    confirmed_bookings: int
    refund_total: Decimal
    currency: str


@transaction.atomic(durable=True)
def cancel_booking(
    *,
    booking_id: int,
    cancelled_by: User,
    reason: str = "",
    in_full: bool = False,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Cancel a booking, release its seats and refund it by the show's policy.

    Refunds are only queued; `bookings.checkout` sends them after the commit. With `in_full`, staff
    refund the total even past the cutoff or after a check-in. Raises InvalidTransition.
    """
    request = request or without_key()
    request.claim()
    booking, _ = lock_booking(booking_id)
    status_before = booking.status
    _check_can_cancel(booking, in_full=in_full)
    if booking.status == Status.CONFIRMED:
        amount = booking.total if in_full else refundable(show=booking.show, total=booking.total)
        give_back(booking, amount, reason=reason or "booking cancelled")
        void_tickets([booking], at=booking.clock)
        _check_unused(booking, in_full=in_full)
        tell_of_cancellation(booking, given_back=amount, reason=reason)
    stock.release(show_id=booking.show_id, booking_id=booking.pk)
    move(booking, Status.CANCELLED, at=booking.clock, by=cancelled_by, reason=reason)
    changes = {"status": [status_before, Status.CANCELLED], "in_full": in_full}
    record("bookings.cancel", booking, changes=changes)
    request.complete(booking)
    return booking


@transaction.atomic(durable=True)
def cancel_show(*, show_id: int, cancelled_by: User, reason: str = "") -> ShowCancellation:
    """
    Cancel a show and its bookings, with full refunds.

    All seats are blocked. Repeating the call changes nothing.
    """
    show = Show.objects.locked().annotate(clock=Now()).get(pk=show_id)
    if show.status == Show.Status.CANCELLED:
        return _tally(show, [])
    # Holds that wait for these locks read the seats again after this commit and find them blocked.
    seats = ShowSeat.objects.filter(show=show)
    count = len(seats.locked().values_list("pk"))
    bookings = list(_live_bookings(show).select_related("user").locked())
    for booking in bookings:
        if booking.status == Status.CONFIRMED:
            give_back(booking, booking.total, reason="show cancelled")
    stock.block(
        seats,
        show_id=show.pk,
        count=count,
        reason="show cancelled",
        cancelled=[booking.pk for booking in bookings],
    )
    void_tickets(bookings, at=show.clock)
    _note_cancellations(bookings, at=show.clock, by=cancelled_by, reason=reason or "show cancelled")
    show.status, show.cancelled_at = Show.Status.CANCELLED, show.clock
    show.save(update_fields=["status", "cancelled_at"])
    tell_of_show_cancellation(show, bookings, reason=reason)
    cancelled = _tally(show, bookings)
    changes = {
        "status": [Show.Status.SCHEDULED, Show.Status.CANCELLED],
        "bookings": len(bookings),
        "refund_total": f"{formatted(cancelled.refund_total, show.currency)} {show.currency}",
    }
    record("shows.cancel", show, changes=changes)
    return cancelled


def preview_cancellation(*, show_id: int) -> ShowCancellation:
    """Count what `cancel_show` would do now, without changing anything."""
    show = Show.objects.get(pk=show_id)
    return _tally(show, list(_live_bookings(show)))


def _check_can_cancel(booking: Booking, *, in_full: bool) -> None:
    if booking.status == Status.PENDING and booking.expires_at <= booking.clock:
        raise InvalidTransition(gettext("The booking has expired."), booking_status=Status.EXPIRED)
    if booking.status not in (Status.PENDING, Status.CONFIRMED):
        raise InvalidTransition(
            gettext("The booking is %(status)s already.") % {"status": booking.status},
            booking_status=booking.status,
        )
    hours = booking.show.refund_cutoff_hours
    cutoff = booking.show.start_time - timedelta(hours=hours)
    if booking.status == Status.CONFIRMED and booking.clock > cutoff and not in_full:
        raise InvalidTransition(
            gettext("Bookings can be cancelled until %(hours)d hours before the start.")
            % {"hours": hours},
            booking_status=booking.status,
        )


def _check_unused(booking: Booking, *, in_full: bool) -> None:
    """
    Refuse a booking with a ticket that has been checked in. Raises InvalidTransition.

    Expects that this transaction has updated the tickets, so that no check-in can follow.
    """
    if not in_full and booking.tickets.exclude(checked_in_at=None).exists():
        raise InvalidTransition(
            gettext("Somebody came in with a ticket of this booking."),
            booking_status=booking.status,
        )


def _live_bookings(show: Show) -> BookingQuerySet:
    live = Booking.objects.filter(show=show, status__in=[Status.PENDING, Status.CONFIRMED])
    return live.exclude(HAS_EXPIRED)


def _note_cancellations(
    bookings: Sequence[Booking], *, at: datetime, by: User, reason: str
) -> None:
    Booking.objects.filter(pk__in=[booking.pk for booking in bookings]).update(
        status=Status.CANCELLED
    )
    BookingTransition.objects.bulk_create(
        BookingTransition(
            booking=booking,
            from_status=booking.status,
            to_status=Status.CANCELLED,
            at=at,
            by=by,
            reason=reason,
        )
        for booking in bookings
    )


def _tally(show: Show, bookings: Sequence[Booking]) -> ShowCancellation:
    """Count bookings as they were before the cancellation."""
    confirmed = [booking for booking in bookings if booking.status == Status.CONFIRMED]
    return ShowCancellation(
        show_id=show.pk,
        status=show.status,
        pending_bookings=len(bookings) - len(confirmed),
        confirmed_bookings=len(confirmed),
        refund_total=sum((booking.total for booking in confirmed), Decimal(0)),
        currency=show.currency,
    )
