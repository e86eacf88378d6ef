"""All ways to seat so many side by side, be the seats free or not: computed once for each hall."""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from math import hypot
from typing import NamedTuple

from shows.seating.places import Place, Point, centre

# A distance may be rounded by less than this part of it.
_NEARLY_ALL = 1 - 1e-12


class Row(NamedTuple):
    """Where in the line a row is, and the bounds of its ids."""

    start: int
    end: int
    first_id: int
    last_id: int


class Neighbours:
    """
    Of a hall's line and its rows in it, so many places side by side: each group by its start.

    What is computed of many of them is put together of `map`s: as it is asked for at each refusal.
    """

    def __init__(
        self, line: Sequence[Place | None], rows: Iterable[tuple[int, int]], size: int
    ) -> None:
        self._beginning = re.compile(b"(?=" + size * b"\1" + b")")
        # The centre of each group, at the place where it begins.
        self._xs, self._ys = (array("d", bytes(8 * len(line))) for _ in range(2))
        # Those that have such groups.
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
                ids = [place.seat_id for place in line[start:end] if place]
                self.rows.append(Row(start, end, min(ids), max(ids)))

    def starts(self, ones: bytes, start: int) -> list[int]:
        """Where so many ones in a row begin, in a part of the line that starts there."""
        found = self._beginning.finditer(ones)
        return list(map(start.__add__, map(re.Match.start, found)))

    def distances(self, starts: Sequence[int], point: Point) -> Iterator[float]:
        """How far from a point the groups are that begin there."""
        x, y = map(float, point)
        return map(
            hypot,
            map(x.__rsub__, map(self._xs.__getitem__, starts)),
            map(y.__rsub__, map(self._ys.__getitem__, starts)),
        )

    def rows_by_distance(self, point: Point) -> list[tuple[float, Row]]:
        """The nearest first, each after how far its nearest group is at the least."""
        x, y = map(float, point)
        across = map(max, map(x.__rsub__, self._left), map(x.__sub__, self._right), repeat(0.0))
        deep = map(max, map(y.__rsub__, self._front), map(y.__sub__, self._back), repeat(0.0))
        distances = map(_NEARLY_ALL.__mul__, map(hypot, across, deep))
        return sorted(zip(distances, self.rows, strict=True))
