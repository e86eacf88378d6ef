"""More places for an area of a screen."""

from collections.abc import Mapping
from itertools import count, islice
from typing import Any
from uuid import uuid4

from eventbooking_system.errors import InvalidField
from venues.layouts.areas import MAX_PLACES
from venues.models import Screen, Seat


def add_places(*, screen: Screen, area: str, capacity: int) -> list[Seat]:
    """
    Add places to an area and its layout, and return them.

    Expects the screen's lock, in the caller's transaction. Places are never taken away here. Raises
    InvalidField for an unknown area, and for a capacity that is not larger than before.
    """
    places = list(screen.seats.filter(area=area).select_related("category").order_by("pk"))
    if not places or screen.layout is None:
        raise InvalidField("area", "The screen has no area of this name.", "does_not_exist")
    if capacity <= len(places):
        detail = f"The area has {len(places)} places already. A layout takes places away."
        raise InvalidField("capacity", detail, "min_value")
    others = screen.seats.exclude(area="").exclude(area=area).count()
    if others + capacity > MAX_PLACES:
        raise InvalidField("capacity", f"The areas hold more than {MAX_PLACES:,} people.")
    taken = {place.number for place in places}
    numbers = (number for number in map(str, count(1)) if number not in taken)
    added = Seat.objects.bulk_create(
        Seat(
            screen=screen, category=places[0].category, row=area, number=number, area=area, x=0, y=0
        )
        for number in islice(numbers, capacity - len(places))
    )
    layout = screen.layout
    layout.document = _with_capacity(layout.document, area, capacity)
    layout.save()
    # A seat may belong to several versions, so all of them have changed.
    screen.layouts.update(revision=uuid4())
    return added


def _with_capacity(document: Mapping[str, Any], area: str, capacity: int) -> dict[str, Any]:
    areas = [
        {**each, "capacity": capacity} if each["name"] == area else each
        for each in document["areas"]
    ]
    return {**document, "areas": areas}
