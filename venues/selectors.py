"""Reads of venues and their seats."""

from typing import Any

from django.db.models import Prefetch, QuerySet

from venues.models import Screen, Seat, Venue

SEAT_FIELDS = (
    "id", "section", "row", "number", "category", "x", "y", "accessible", "companion",
    "restricted_view", "couple", "guid",
)  # fmt: skip


def venues_with_screens() -> QuerySet[Venue]:
    """Return venues with a summary of their screens, in two statements."""
    screens = Screen.objects.with_capacity().order_by("name", "pk")
    return Venue.objects.prefetch_related(Prefetch("screens", screens))


def seats_of(*, screen_id: int) -> list[dict[str, Any]]:
    """
    List every seat of a screen in the order of its layout, in one statement.

    Places in areas are left out: they are all alike.
    """
    columns = ["category__name" if name == "category" else name for name in SEAT_FIELDS]
    seats = Seat.objects.filter(screen=screen_id, area="").order_by("pk").values_list(*columns)
    return [dict(zip(SEAT_FIELDS, seat, strict=True)) for seat in seats]
