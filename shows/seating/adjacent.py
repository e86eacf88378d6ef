"""Free seats side by side, the nearest to a point first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import hypot

from shows.seating.hall import Free, Hall
from shows.seating.places import Place, Point, Wanted
from shows.seating.rules import left_of_couples


class NotSeen(LookupError):
    """The answer depends on seats of which nobody has said whether they are free."""


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring seats that can be taken together."""

    places: Sequence[Place]
    leaves_alone: bool
    distance: float

    @property
    def seat_ids(self) -> list[int]:
        return [place.seat_id for place in self.places]


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
    ones = hall.ones(free)
    lonely = []
    for start, distance in _nearest(hall, ones, size, wanted, focus=focus or hall.stage, seen=seen):
        end = start + size
        leaves_alone = ones[start - 1] > ones[start - 2] or ones[end] > ones[end + 1]
        group = Group(hall.line[start:end], leaves_alone, distance)
        if left_of_couples(hall, free, group.seat_ids):
            continue
        if leaves_alone:
            lonely.append(group)
        else:
            yield group
    yield from lonely


def _nearest(
    hall: Hall, ones: bytearray, size: int, wanted: Wanted, *, focus: Point, seen: range | None
) -> Iterator[tuple[int, float]]:
    """
    Where so many free wanted neighbours begin, and how far they are. A row is looked at once nothing
    before it can be nearer: of a stadium a few.
    """
    neighbours, (x, y) = hall.neighbours(size), focus
    xs, ys = neighbours.xs, neighbours.ys
    takeable, wanted_at_all = hall.masked(ones, wanted), hall.masked(hall.every, wanted)
    found: list[tuple[float, int, int]] = []
    for row, nearest in neighbours.rows_by_distance(focus):
        while found and found[0][0] < nearest:
            distance, _, start = heappop(found)
            yield start, distance
        is_seen = seen is None or (row.first_id in seen and row.last_id in seen)
        if not is_seen and wanted_at_all.find(neighbours.party, row.start, row.end) >= 0:
            raise NotSeen
        for start in neighbours.starts(takeable, row.start, row.end):
            distance = hypot(xs[start] - x, ys[start] - y)
            heappush(found, (distance, hall.line[start].seat_id, start))
    while found:
        distance, _, start = heappop(found)
        yield start, distance
