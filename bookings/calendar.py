"""A booking as an iCalendar file."""

from bookings.models import Booking
from shows.calendar import (
    CANCELLED,
    CONFIRMED,
    TENTATIVE,
    Entry,
    Revision,
    revisions_of,
    show_calendar,
)
from shows.models import Show

_STATUSES = {
    Booking.Status.PENDING: TENTATIVE,
    Booking.Status.CONFIRMED: CONFIRMED,
    Booking.Status.CANCELLED: CANCELLED,
    Booking.Status.EXPIRED: CANCELLED,
}


def booking_calendar(booking: Booking) -> bytes:
    """Write a booking's show as a calendar with one entry. The entry has the booking's status."""
    show = Show.objects.select_related("event", "screen__venue").get(pk=booking.show_id)
    return booking_calendar_of(booking, show, revisions_of([show])[show.pk])


def booking_calendar_of(booking: Booking, show: Show, revision: Revision) -> bytes:
    """Write the same for a show that was read already."""
    changes = [transition.at for transition in booking.transitions.all()]
    is_overdue = booking.live_status != booking.status
    if is_overdue:
        # A hold that has run out is recorded a little later.
        changes.append(booking.expires_at)
    entry = Entry(
        booking_id=booking.pk,
        reference=booking.reference,
        status=_STATUSES[booking.live_status],
        revision=len(changes),
        changed_at=max([booking.booked_at, *changes]),
    )
    return show_calendar(show, entry=entry, revision=revision)
