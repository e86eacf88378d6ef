"""Free seats side by side, in order of distance from a point."""

from collections.abc import Iterator
from heapq import heapify, heappop
from typing import NamedTuple

from shows.seating.hall import Free, Hall
from shows.seating.hall_seats import Point, Wanted
from shows.seating.rules import left_of_couples


class NotSeen(LookupError):
    """A signal that the answer depends on seats that were not read."""


class Group(NamedTuple):
    """Seats side by side that one party can book."""

    seat_ids: list[int]
    leaves_single: bool
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
    Yield every group of `size` wanted free seats side by side.

    Groups that leave no single seat come first. Within each kind, the group nearest to `focus` (the
    hall's by default) comes first. Couples are never split.

    With `seen`, `free` covers only seats with these ids. Raises NotSeen if the next group depends
    on a seat outside that range.
    """
    ids, leaving_single = hall.ids(), []
    for start, distance in _nearest(hall, free, size, wanted, focus=focus or hall.focus, seen=seen):
        end = start + size
        group = Group(
            ids[start:end],
            (ids[start - 1] in free and ids[start - 2] not in free)
            or (ids[end] in free and ids[end + 1] not in free),
            distance,
        )
        if left_of_couples(hall, free, group.seat_ids):
            continue
        if group.leaves_single:
            leaving_single.append(group)
        else:
            yield group
    yield from leaving_single


def _nearest(
    hall: Hall, free: Free, size: int, wanted: Wanted, *, focus: Point, seen: range | None
) -> Iterator[tuple[int, float]]:
    """
    Yield groups of free seats, nearest first.

    Each is the position where the group begins, and its distance. A row is read only when no group
    found so far can be nearer, so a stadium needs a few rows.
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
