"""Places of general admission in a booking: so many of an area, whichever are free."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

from django.utils.translation import gettext

from eventbooking_system.errors import InvalidField
from shows.errors import SeatsContended
from shows.models import ShowSeat
from shows.services import free_places, lock_places

# For so many seconds, and with such pauses, what others are just taking is looked for again.
_PATIENCE = 3
_PAUSE = 0.05

Result = TypeVar("Result")
# By seat id; of an area by its name: one type for all, or how many of which.
TicketTypes = Mapping[int | str, str | Mapping[str, int]]


def retry_on_contention(take: Callable[..., Result]) -> Callable[..., Result]:
    """Repeat a transaction while others have locked what it needs and may give it back."""

    @wraps(take)
    def repeated(*args: Any, **kwargs: Any) -> Result:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return take(*args, **kwargs)
            except SeatsContended:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)

    return repeated


def lock_areas(*, show_id: int, areas: Mapping[str, int], besides: Sequence[int] = ()) -> list[int]:
    """
    Lock so many free places of each area, besides seats that are named; the ids of their seats.

    Nobody waits here, so others' locks may be held already. Raises as `lock_places` does.
    """
    return _each(lock_places, show_id, areas, besides)


def places_to_quote(
    *, show_id: int, areas: Mapping[str, int], besides: Sequence[int] = ()
) -> list[int]:
    """The same, locking nothing."""
    return _each(free_places, show_id, areas, besides)


def _each(
    find: Callable[..., list[ShowSeat]],
    show_id: int,
    areas: Mapping[str, int],
    besides: Sequence[int],
) -> list[int]:
    stock = ShowSeat.objects.free().filter(show_id=show_id).exclude(seat_id__in=besides)
    return [
        place.seat_id
        for area, quantity in areas.items()
        for place in find(show_id=show_id, area=area, quantity=quantity, stock=stock)
    ]


def types_by_seat(ticket_types: TicketTypes, seats: Sequence[ShowSeat]) -> dict[int, str]:
    """The ticket types by seat id, those of areas dealt out among their places."""
    types: dict[int, str] = {}
    for key, wanted in ticket_types.items():
        if isinstance(key, int):
            types[key] = wanted
            continue
        places = [seat.seat_id for seat in seats if seat.seat.area == key]
        if not places:
            raise InvalidField(f"ticket_types.{key}", gettext("This area is not in the booking."))
        counts = {wanted: len(places)} if isinstance(wanted, str) else wanted
        if sum(counts.values()) > len(places):
            raise InvalidField(
                f"ticket_types.{key}", gettext("More tickets than places of this area.")
            )
        types.update(zip(places, Counter(counts).elements(), strict=False))
    return types
