"""Requests for other seats, and the state of a seat."""

from decimal import Decimal
from typing import Any

from audit.models import Entry
from bookings.models import BookedSeat, Booking, LedgerEntry, Message, Refund, Ticket
from shows.models import Show, ShowSeat
from shows.tests.factories import seat_ids
from venues.models import Screen, Seat, SeatCategory
from venues.tests.factories import hall


def reseat(client, ticket: Ticket, seat_id: Any, **body: Any):
    path = f"/api/bookings/{ticket.booking_id}/tickets/{ticket.pk}/reseat/"
    return client.post(path, {"seat_id": seat_id, **body}, format="json")


def swap(client, show: Show, *tickets: Any):
    ids = [getattr(ticket, "pk", ticket) for ticket in tickets]
    return client.post(f"/api/shows/{show.pk}/swap-seats/", {"ticket_ids": ids}, format="json")


def seat(show: Show, label: str) -> int:
    return seat_ids(show, label)[0]


def state() -> list[tuple]:
    models = (Booking, BookedSeat, Ticket, Refund, LedgerEntry, Message, Entry)
    rows = [row for model in models for row in model.objects.order_by("pk").values_list()]
    return rows + list(ShowSeat.objects.order_by("pk").values_list())


def two_categories(**prices: str) -> tuple[Screen, dict]:
    """
    Return a hall with a category in each row, and its prices.

    The rows A, B and C are Gold, Silver and Box.
    """
    screen = hall({"A": 4})
    for row, name in (("B", "Silver"), ("C", "Box")):
        category = SeatCategory.objects.create(screen=screen, name=name)
        Seat.objects.bulk_create(
            Seat(screen=screen, category=category, row=row, number=str(n), x=n, y=ord(row))
            for n in range(1, 5)
        )
    amounts = {"Gold": "300", "Silver": "200", "Box": "500", **prices}
    return screen, {name: {"": Decimal(amount)} for name, amount in amounts.items()}
