"""A move to another hall, and the state of its show."""

from typing import Any

from audit.models import Entry
from bookings.models import BookedSeat, Booking, Ticket
from shows.models import Show, ShowPrice, ShowSeat
from venues.models import Screen
from venues.tests.factories import hall


def other_hall(show: Show, rows: dict[str, int] | None = None, **fields: Any) -> Screen:
    return hall(rows, venue=show.screen.venue, **fields)


def move(client, show: Show, **body: Any):
    return client.post(f"/api/shows/{show.pk}/move/", body, format="json")


def labels(booking: Booking) -> list[str]:
    lines = booking.booked_seats.order_by("pk").select_related("show_seat__seat")
    return [str(line.show_seat.seat) for line in lines]


def state(show: Show) -> list[tuple]:
    """Return the facts that a refused move must not change."""
    seats = ShowSeat.objects.filter(show=show).order_by("pk")
    return [
        *Show.objects.filter(pk=show.pk).values_list(),
        *seats.values_list("pk", "seat", "status", "booking", "price"),
        *ShowPrice.objects.filter(show=show).order_by("pk").values_list(),
        *Ticket.objects.filter(booking__show=show).order_by("pk").values_list(),
        *BookedSeat.objects.filter(booking__show=show).order_by("pk").values_list(),
        Show.history.filter(id=show.pk).count(),
        Entry.objects.count(),
    ]
