from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from events.tests.factories import EventFactory
from shows.models import Show, ShowSeat
from shows.services import schedule_show
from shows.tests.quick_show import quick_show
from venues.models import SeatCategory
from venues.tests.factories import CATEGORY, ROWS, hall


def scheduled_show(
    *, rows: dict[str, int] | None = None, price: str = "250.00", **fields: Any
) -> Show:
    """
    Return a show tomorrow in its own hall, one price a category.

    Arguments change these defaults. On PostgreSQL a show in a hall of its own takes one statement
    instead of twenty.
    """
    fields = {"start_time": timezone.now() + timedelta(days=1), "currency": "INR", **fields}
    prices = fields.pop("prices", None)
    if connection.vendor == "postgresql" and fields.keys().isdisjoint({"screen", "price_list"}):
        return quick_show(
            rows=rows or ROWS,
            event=fields.pop("event", None) or EventFactory.build(),
            prices={CATEGORY: {"": Decimal(price)}} if prices is None else prices,
            fields=fields,
        )
    screen = fields.pop("screen", None) or hall(rows)
    if prices is None:
        names = SeatCategory.objects.filter(screen=screen).values_list("name", flat=True)
        prices = {name: {"": Decimal(price)} for name in names}
    event = fields.pop("event", None) or EventFactory()
    return schedule_show(screen=screen, event=event, prices=prices, **fields)


def seat_ids(show: Show, *labels: str) -> list[int]:
    """Return seats' ids by label: `seat_ids(show, "A1", "A2")`. Without labels it returns all."""
    seats = {f"{seat.row}{seat.number}": seat.pk for seat in show.screen.seats.order_by("pk")}
    return [seats[label] for label in labels] if labels else list(seats.values())


def write_state(seats: QuerySet[ShowSeat], **state: Any) -> None:
    """Write seats' state past `shows.services.stock`, for a test's world."""
    QuerySet.update(seats.all(), **state)
