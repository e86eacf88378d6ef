"""
The halls of shows, cached in the memory of each process.

Reading a stadium takes a hundred times as long as choosing seats in it. Shows with the same
revision of a layout have the same seats, because every change of a screen's seats makes a new
revision.
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
from venues.models import Layout, Screen, Seat

# How many seats the kept halls may have together: some 80 MB. A city's cinemas have far fewer. If
# halls on sale did not all fit, each would be read again and again.
MAX_SEATS = 200_000
# The memory that a hall takes besides its seats, in seats.
_SEATS_OF_EMPTY_HALL = 100

_POINTS = ("focus_x", "focus_y", "stage_x", "stage_y")

_halls: OrderedDict[Any, Hall] = OrderedDict()
_lock = Lock()


# Halls of shows that are over or cancelled are not cached, because their stock may be incomplete.
_LIVE = Q(status=Show.Status.SCHEDULED, end_time__gt=Now(), layout__isnull=False)
_IS_FILM = Case(
    When(event__kind="movie", then=Value(True)), default=Value(False), output_field=BooleanField()
)
# The layout and the revision of a show's seats, whether the show is a film, which has a focal point
# of its own, and whether its hall can be cached.
VERSION = (
    "layout",
    Cast("layout__revision", CharField()),
    _IS_FILM,
    Case(When(_LIVE, then=Value(True)), default=Value(False), output_field=BooleanField()),
)


def get_hall(show_id: int) -> Hall:
    """
    Return a show's hall with the seats that it was scheduled with.

    Corrections of the seating plan are included. Raises Show.DoesNotExist.
    """
    if not (found := _version(show_id)):
        raise Show.DoesNotExist
    return cached_hall(show_id, found[0])


def cached_hall(show_id: int, version: Sequence[Any]) -> Hall:
    """Return a show's hall, given the columns of VERSION."""
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
            while sum(map(_size, _halls.values())) > MAX_SEATS:
                _halls.popitem(last=False)
    return hall


def _size(hall: Hall) -> int:
    return _SEATS_OF_EMPTY_HALL + len(hall.seats)


@CompiledQuery
def _version(show_id: int) -> QuerySet[Show]:
    return Show.objects.filter(pk=show_id).values_list(*VERSION)


def _read(show_id: int) -> Hall:
    points = tuple(f"layout__{name}" for name in _POINTS)
    is_film, *found = Show.objects.filter(pk=show_id).values_list(_IS_FILM, *points).get()
    return _read_seats(Seat.objects.filter(show_seats__show=show_id), found, is_film=is_film)


def hall_of_screen(screen: Screen, *, is_film: bool) -> Hall:
    """Read the hall that new shows on a screen have."""
    points = Layout.objects.filter(pk=screen.layout_id).values_list(*_POINTS).first()
    return _read_seats(screen.seats.all(), points or [None] * 4, is_film=is_film)


def _read_seats(of_hall: QuerySet[Seat], points: Sequence[float | None], *, is_film: bool) -> Hall:
    """Read a hall's seats and areas. `points` are the focus and the stage."""
    focus_x, focus_y, stage_x, stage_y = points
    focus = None if focus_x is None else (focus_x, focus_y)
    stage = None if stage_x is None else (stage_x, stage_y)
    seats = (
        of_hall.filter(area="")
        .order_by("pk")
        .values_list(
            "id", "section", "row", "x", "y", "category__name", "accessible", "companion", "couple"
        )
    )
    # An area that has grown can have its places in several ranges, with seats between them.
    ids = of_hall.order_by("pk").values_list("area", "pk")
    areas: dict[str, list[tuple[int, int]]] = {}
    for area, together in groupby(ids.iterator(), key=itemgetter(0)):
        pks = [pk for _, pk in together]
        if area:
            areas.setdefault(area, []).append((pks[0], pks[-1]))
    places = (HallSeat(*seat) for seat in seats)
    return Hall(places, focus, areas, stage=stage, is_film=is_film)
