"""A booking as an iCalendar file."""

from bookings.models import Booking
from shows.calendar import CANCELLED, CONFIRMED, TENTATIVE, Entry, show_calendar
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
    changes = list(booking.transitions.order_by().values_list("at", flat=True))
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
    return show_calendar(show, entry=entry)
