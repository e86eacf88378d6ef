"""All ways to seat so many side by side, be the seats free or not: computed once for each hall."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from math import hypot
from operator import itemgetter
from typing import NamedTuple

from shows.seating.places import Place, Point, centre

# A distance may be rounded by less than this part of it.
_ROUNDING = 1e-12


class Row(NamedTuple):
    """The bounds of the centres of its groups, where in the line it is, and the bounds of its ids."""

    left: float
    right: float
    front: float
    back: float
    start: int
    end: int
    first_id: int
    last_id: int


class Neighbours:
    """Of a hall's line and its rows in it, so many places side by side: each group by its start."""

    def __init__(
        self,
        line: Sequence[Place | None],
        every: bytes,
        rows: Iterable[tuple[int, int]],
        size: int,
    ) -> None:
        self.party = b"\1" * size
        # The centre of each group, at the place where it begins.
        self.xs, self.ys = (array("d", bytes(8 * len(line))) for _ in range(2))
        # Those that have such groups.
        self.rows: list[Row] = []
        for start, end in rows:
            if starts := list(self.starts(every, start, end)):
                for at in starts:
                    self.xs[at], self.ys[at] = centre(line[at : at + size])
                across, deep = [self.xs[at] for at in starts], [self.ys[at] for at in starts]
                ids = [place.seat_id for place in line[start:end] if place]
                bounds = min(across), max(across), min(deep), max(deep)
                self.rows.append(Row(*bounds, start, end, min(ids), max(ids)))

    def starts(self, ones: bytes, start: int, end: int) -> Iterator[int]:
        """Where so many ones in a row begin."""
        while (start := ones.find(self.party, start, end)) >= 0:
            yield start
            start += 1

    def rows_by_distance(self, point: Point) -> list[tuple[Row, float]]:
        """The nearest first, and how far its nearest group is at the least."""
        x, y = point
        rows = [
            (
                row,
                hypot(
                    left - x if x < left else x - right if x > right else 0.0,
                    front - y if y < front else y - back if y > back else 0.0,
                )
                * (1 - _ROUNDING),
            )
            for row in self.rows
            for left, right, front, back, *_ in [row]
        ]
        rows.sort(key=itemgetter(1))
        return rows
