"""
The halls of shows, kept in the memory of each process.

To read a stadium takes a hundred times as long as to choose seats in it, and its seats change only
with its layout: shows of one version of a layout have the same seats, and every change of a
screen's seats is a new revision of its layouts.
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from threading import Lock
from typing import Any

from django.db.models import BooleanField, Case, CharField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Now

from eventbooking_system.db.compiled import CompiledQuery
from shows.models import Show
from shows.seating import Hall, HallSeat
from venues.models import Seat

# A stadium of 13,000 seats takes about 5 MB.
MAX_HALLS = 16

_halls: OrderedDict[Any, Hall] = OrderedDict()
_lock = Lock()


# Shows that are over or cancelled may have lost seats, and say nothing of others.
_LIVE = Q(status=Show.Status.SCHEDULED, end_time__gt=Now(), layout__isnull=False)
# Of which layout and revision a show's seats are, and whether others have the same.
VERSION = (
    "layout",
    Cast("layout__revision", CharField()),
    Case(When(_LIVE, then=Value(True)), default=Value(False), output_field=BooleanField()),
)


def get_hall(show_id: int) -> Hall:
    """The hall of a show as it was when the show was scheduled, but for corrections of its plan."""
    if not (found := _version(show_id)):
        raise Show.DoesNotExist
    return cached_hall(show_id, found[0])


def cached_hall(show_id: int, version: Sequence[Any]) -> Hall:
    """The same, for who has read the show's VERSION."""
    *layout, is_kept = version
    key = tuple(layout)
    with _lock:
        if is_kept and key in _halls:
            _halls.move_to_end(key)
            return _halls[key]
    hall = _read(show_id)
    if is_kept:
        with _lock:
            _halls[key] = hall
            while len(_halls) > MAX_HALLS:
                _halls.popitem(last=False)
    return hall


@CompiledQuery
def _version(show_id: int) -> QuerySet[Show]:
    return Show.objects.filter(pk=show_id).values_list(*VERSION)


def _read(show_id: int) -> Hall:
    seats_of_show = Seat.objects.filter(show_seats__show=show_id)
    layouts = Show.objects.filter(pk=show_id).values_list("layout__focus_x", "layout__focus_y")
    x, y = layouts.get()
    seats = (
        seats_of_show.filter(area="")
        .order_by("pk")
        .values_list(
            "id", "section", "row", "x", "y", "category__name", "accessible", "companion", "couple"
        )
    )
    # Where seats are between them, as when an area has grown, places are in several ranges.
    ids = seats_of_show.order_by("pk").values_list("area", "pk")
    areas: dict[str, list[tuple[int, int]]] = {}
    for area, together in groupby(ids.iterator(), key=itemgetter(0)):
        pks = [pk for _, pk in together]
        if area:
            areas.setdefault(area, []).append((pks[0], pks[-1]))
    return Hall((HallSeat(*seat) for seat in seats), None if x is None else (x, y), areas)
