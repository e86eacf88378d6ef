"""
All groups of neighbouring seats in a hall, computed once.

It does not matter whether they are free.
"""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from math import hypot
from typing import NamedTuple

from shows.seating.hall_seats import HallSeat, Point, centre

# Floating-point rounding of a distance stays below this fraction of it.
_NEARLY_ALL = 1 - 1e-12


class Row(NamedTuple):
    """A row's start and end in the line, and its id bounds."""

    start: int
    end: int
    first_id: int
    last_id: int


class Neighbours:
    """
    All groups of `size` neighbouring seats, each known by its start.

    Every refused hold asks for distances, so they are computed with `map` and not in a loop.
    """

    def __init__(
        self, line: Sequence[HallSeat | None], rows: Iterable[tuple[int, int]], size: int
    ) -> None:
        self._beginning = re.compile(b"(?=" + size * b"\1" + b")")
        # The centre of each group, at the position where the group starts.
        self._xs, self._ys = (array("d", bytes(8 * len(line))) for _ in range(2))
        # The rows that have such groups.
        self.rows: list[Row] = []
        # The bounds of the centres of each row's groups.
        self._left, self._right, self._front, self._back = (array("d") for _ in range(4))
        for start, end in rows:
            if starts := self.starts(bytes(map(bool, line[start:end])), start):
                centres = [centre(line[at : at + size]) for at in starts]
                for at, (x, y) in zip(starts, centres, strict=True):
                    self._xs[at], self._ys[at] = x, y
                xs, ys = zip(*centres, strict=True)
                self._left.append(min(xs))
                self._right.append(max(xs))
                self._front.append(min(ys))
                self._back.append(max(ys))
                ids = [seat.seat_id for seat in line[start:end] if seat]
                self.rows.append(Row(start, end, min(ids), max(ids)))

    def starts(self, ones: bytes, start: int) -> list[int]:
        """
        List where `size` ones follow each other.

        The given part of the line begins at `start`.
        """
        found = self._beginning.finditer(ones)
        return list(map(start.__add__, map(re.Match.start, found)))

    def distances(self, starts: Sequence[int], point: Point) -> Iterator[float]:
        """Return the distance from a point to each group at `starts`."""
        x, y = map(float, point)
        return map(
            hypot,
            map(x.__rsub__, map(self._xs.__getitem__, starts)),
            map(y.__rsub__, map(self._ys.__getitem__, starts)),
        )

    def rows_by_distance(self, point: Point) -> list[tuple[float, Row]]:
        """
        List the rows by their distance from a point.

        The distance is a lower bound.
        """
        x, y = map(float, point)
        across = map(max, map(x.__rsub__, self._left), map(x.__sub__, self._right), repeat(0.0))
        deep = map(max, map(y.__rsub__, self._front), map(y.__sub__, self._back), repeat(0.0))
        distances = map(_NEARLY_ALL.__mul__, map(hypot, across, deep))
        return sorted(zip(distances, self.rows, strict=True))
