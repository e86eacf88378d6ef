"""One line a ticket, for a spreadsheet."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from bookings.models import Booking, Ticket
from eventbooking_system.money import formatted
from reports.selectors.requests import Wanted

HEADER = (
    "business_date", "reference", "sales_channel", "venue", "screen", "event", "show",
    "start_time", "section", "row", "number", "category", "ticket_type", "price", "currency",
    "checked_in_at",
)  # fmt: skip


def ticket_lines(wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """Yield a header, and a line for each valid ticket."""
    yield HEADER
    calendars = wanted.calendars
    tickets = (
        _tickets(wanted)
        .select_related(
            "booking__show__event",
            "booking__show__screen__venue",
            "booked_seat__show_seat__seat__category",
        )
        .order_by("booking__show__start_time", "booking__show", "pk")
    )
    for ticket in tickets.iterator(chunk_size=2000):
        booking = ticket.booking
        show, seat = booking.show, ticket.booked_seat.show_seat.seat
        calendar = calendars[show.screen.venue_id]
        day = calendar.day_of(show.start_time)
        if wanted.date_from <= day <= wanted.date_to:
            yield (
                day, booking.reference, booking.sales_channel,
                show.screen.venue.name, show.screen.name, show.event.title, show.pk,
                show.start_time.astimezone(calendar.tz).isoformat(),
                seat.section, seat.row, seat.number, seat.category.name,
                ticket.booked_seat.ticket_type,
                formatted(ticket.booked_seat.price, booking.currency), booking.currency,
                ticket.checked_in_at and ticket.checked_in_at.isoformat(),
            )  # fmt: skip


def ticket_count(wanted: Wanted) -> int:
    """Count the tickets around the wanted days, to estimate the lines."""
    return _tickets(wanted).count()


def _tickets(wanted: Wanted) -> QuerySet[Ticket]:
    return Ticket.objects.in_force().filter(
        wanted.within("booking__show__start_time", show="booking__show__"),
        booking__status=Booking.Status.CONFIRMED,
    )
