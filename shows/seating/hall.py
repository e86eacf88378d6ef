"""A hall as one line of places, beside which what is free is a string of ones and zeros."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property

from shows.seating.neighbours import Neighbours
from shows.seating.places import Place, Point, Wanted, blocks_of

Free = Set[int]


class Hall:
    """
    The places of a hall in their blocks: within a block all sit side by side.

    A hall is the same for all of its shows, and is asked often. So all blocks stand in one line, with
    a gap after each, and which of them are free is a string of ones and zeros beside it: to look
    for neighbours is to look for ones.
    """

    def __init__(
        self,
        places: Iterable[Place],
        focus: Point | None = None,
        areas: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    ) -> None:
        self.places = list(places)
        # Of general admission: the ranges of ids that the show has of the places of each.
        self.areas = areas or {}
        by_row: dict[tuple[str, str], list[Place]] = {}
        couples: dict[tuple[str, str, str], list[int]] = {}
        for place in self.places:
            by_row.setdefault((place.section, place.row), []).append(place)
            if place.couple:
                couple = place.section, place.row, place.couple
                couples.setdefault(couple, []).append(place.seat_id)
        # Two gaps at either end spare the question whether there is a neighbour's neighbour.
        self.line: list[Place | None] = [None, None]
        self._rows: dict[tuple[str, str], tuple[int, int]] = {}
        for name, row in by_row.items():
            start = len(self.line)
            for block in blocks_of(row):
                self.line += [*block, None]
            self._rows[name] = start, len(self.line)
        self.line.append(None)
        # Where in the line each seat is.
        self.at = {place.seat_id: at for at, place in enumerate(self.line) if place}
        self.seat_ids = frozenset(self.at)
        # All seats of the couple of each that is one of a couple.
        self.couples = {seat_id: couple for couple in couples.values() for seat_id in couple}
        self._focus = focus
        self._kinds = {place.kind: place for place in self.places}
        self._ids: dict[frozenset[tuple[str, str, bool]], list[int | None]] = {}
        self._neighbours: dict[int, Neighbours] = {}

    @cached_property
    def stage(self) -> Point:
        """What good seats are near to: the focus, or the middle of the hall's front."""
        xs = [place.x for place in self.places]
        return self._focus or ((min(xs) + max(xs)) / 2, min(place.y for place in self.places))

    @cached_property
    def longest_row(self) -> int:
        """Over how many ids a row stretches at the most: as many as it has seats, if in order."""
        rows = self.neighbours(1).rows
        return max((row.last_id - row.first_id + 1 for row in rows), default=0)

    @property
    def rows(self) -> Iterable[tuple[int, int]]:
        """From where to where in the line each row is."""
        return self._rows.values()

    def row_of(self, place: Place) -> tuple[int, int]:
        """The same of the row of a place."""
        return self._rows[place.section, place.row]

    def neighbours(self, size: int) -> Neighbours:
        """So many side by side, be they free or not."""
        if size not in self._neighbours:
            self._neighbours[size] = Neighbours(self.line, self.rows, size)
        return self._neighbours[size]

    def has(self, wanted: Wanted) -> bool:
        return any(map(wanted, self._kinds.values()))

    def of(self, seat_ids: Iterable[int]) -> list[Place]:
        return [self.line[self.at[seat_id]] for seat_id in seat_ids if seat_id in self.at]

    def runs(self, free: Free) -> Iterator[list[Place]]:
        """The longest rows of neighbours that are all free."""
        for start, end in runs(self.ones(free)):
            yield self.line[start:end]

    def ones(
        self, free: Free, wanted: Wanted | None = None, *, start: int = 0, end: int | None = None
    ) -> bytes:
        """One for each place of the line that is free, and wanted, zero for others and for gaps."""
        return bytes(map(free.__contains__, self.ids(wanted)[start:end]))

    def ids(self, wanted: Wanted | None = None) -> list[int | None]:
        """The ids of the seats along the line; None for gaps, and for places that are not wanted."""
        kinds = frozenset(
            kind for kind, place in self._kinds.items() if wanted is None or wanted(place)
        )
        if kinds not in self._ids:
            self._ids[kinds] = [
                place.seat_id if place and place.kind in kinds else None for place in self.line
            ]
        return self._ids[kinds]


def runs(ones: bytes) -> Iterator[tuple[int, int]]:
    """From where to where there are nothing but ones."""
    end = 0
    while (start := ones.find(1, end)) >= 0:
        end = ones.index(0, start)
        yield start, end
