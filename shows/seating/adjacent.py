"""Free seats side by side, the nearest to a point first."""

from collections.abc import Iterator
from heapq import heapify, heappop
from typing import NamedTuple

from shows.seating.hall import Free, Hall
from shows.seating.places import Point, Wanted
from shows.seating.rules import left_of_couples


class NotSeen(LookupError):
    """The answer depends on seats of which nobody has said whether they are free."""


class Group(NamedTuple):
    """Neighbouring seats that can be taken together."""

    seat_ids: list[int]
    leaves_alone: bool
    distance: float


def groups(
    hall: Hall,
    free: Free,
    size: int,
    wanted: Wanted,
    *,
    focus: Point | None = None,
    seen: range | None = None,
) -> Iterator[Group]:
    """
    Every way to seat so many side by side in wanted places: those that leave nobody alone first,
    and of these the ones near to the focus, which is the stage if not said. Couples are not split.

    `free` may tell of some seats only, those whose ids are `seen`. Raises NotSeen where what comes
    next depends on others.
    """
    ids, lonely = hall.ids(), []
    for start, distance in _nearest(hall, free, size, wanted, focus=focus or hall.stage, seen=seen):
        end = start + size
        group = Group(
            ids[start:end],
            (ids[start - 1] in free and ids[start - 2] not in free)
            or (ids[end] in free and ids[end + 1] not in free),
            distance,
        )
        if left_of_couples(hall, free, group.seat_ids):
            continue
        if group.leaves_alone:
            lonely.append(group)
        else:
            yield group
    yield from lonely


def _nearest(
    hall: Hall, free: Free, size: int, wanted: Wanted, *, focus: Point, seen: range | None
) -> Iterator[tuple[int, float]]:
    """
    Where so many free wanted neighbours begin, and how far they are. A row is looked at once nothing
    before it can be nearer: of a stadium a few.
    """
    neighbours, ids = hall.neighbours(size), hall.ids(wanted)
    found: list[tuple[float, int, int]] = []
    for nearest, row in neighbours.rows_by_distance(focus):
        while found and found[0][0] < nearest:
            distance, _, start = heappop(found)
            yield start, distance
        of_row = ids[row.start : row.end]
        is_seen = seen is None or (row.first_id in seen and row.last_id in seen)
        if not is_seen and neighbours.starts(bytes(map(bool, of_row)), row.start):
            raise NotSeen
        if starts := neighbours.starts(bytes(map(free.__contains__, of_row)), row.start):
            distances = neighbours.distances(starts, focus)
            found += zip(distances, map(ids.__getitem__, starts), starts, strict=True)
            heapify(found)
    while found:
        distance, _, start = heappop(found)
        yield start, distance
