"""
A hall as one line of seats.

The free seats are a string of ones and zeros beside it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from shows.seating.blocks import Pitches, blocks_of
from shows.seating.focus import default_focus
from shows.seating.hall_seats import HallSeat, Point, Wanted
from shows.seating.neighbours import Neighbours

Free = Set[int]


class Hall:
    """
    A hall's seats, in blocks of seats side by side.

    Many shows share one hall and ask it often. So all blocks stand in one line with a gap after each,
    and a string of ones and zeros says which seats of the line are free: neighbouring free seats are
    neighbouring ones. `focus` is the focal point that the layout names, and `stage` the middle of the
    stage that it draws.
    """

    def __init__(
        self,
        seats: Iterable[HallSeat],
        focus: Point | None = None,
        areas: Mapping[str, Sequence[tuple[int, int]]] | None = None,
        *,
        stage: Point | None = None,
        is_film: bool = False,
    ) -> None:
        self.seats = list(seats)
        # For each area of general admission, the ranges of its seat ids.
        self.areas = areas or {}
        by_row: dict[tuple[str, str], list[HallSeat]] = {}
        couples: dict[tuple[str, str, str], list[int]] = {}
        for seat in self.seats:
            by_row.setdefault((seat.section, seat.row), []).append(seat)
            if seat.couple:
                couple = seat.section, seat.row, seat.couple
                couples.setdefault(couple, []).append(seat.seat_id)
        # With two gaps at either end, a neighbour's neighbour can be looked up without a check.
        self.line: list[HallSeat | None] = [None, None]
        self._rows: dict[tuple[str, str], tuple[int, int]] = {}
        self.pitches = Pitches(by_row.values())
        for name, row in by_row.items():
            start = len(self.line)
            for block in blocks_of(row, self.pitches):
                self.line += [*block, None]
            self._rows[name] = start, len(self.line)
        self.line.append(None)
        # The position of each seat in the line.
        self.at = {seat.seat_id: at for at, seat in enumerate(self.line) if seat}
        self.seat_ids = frozenset(self.at)
        # For each seat of a couple, all seats of that couple.
        self.couples = {seat_id: couple for couple in couples.values() for seat_id in couple}
        # The point that good seats are near to.
        self.focus = focus or default_focus(self.seats, stage, is_film=is_film)
        self._kinds = {seat.kind: seat for seat in self.seats}
        self._ids: dict[frozenset[tuple[str, str, bool]], list[int | None]] = {}
        self._neighbours: dict[int, Neighbours] = {}

    @property
    def rows(self) -> Iterable[tuple[int, int]]:
        """The start and end of each row in the line."""
        return self._rows.values()

    def row_of(self, seat: HallSeat) -> tuple[int, int]:
        """Return the start and end in the line of the seat's row."""
        return self._rows[seat.section, seat.row]

    def neighbours(self, size: int) -> Neighbours:
        """Return all groups of `size` neighbouring seats, free or not."""
        if size not in self._neighbours:
            self._neighbours[size] = Neighbours(self.line, self.rows, size)
        return self._neighbours[size]

    def has(self, wanted: Wanted) -> bool:
        return any(map(wanted, self._kinds.values()))

    def of(self, seat_ids: Iterable[int]) -> list[HallSeat]:
        return [self.line[self.at[seat_id]] for seat_id in seat_ids if seat_id in self.at]

    def runs(self, free: Free) -> Iterator[list[HallSeat]]:
        """Yield the longest runs of neighbouring seats that are all free."""
        for start, end in runs(self.ones(free)):
            yield self.line[start:end]

    def ones(
        self, free: Free, wanted: Wanted | None = None, *, start: int = 0, end: int | None = None
    ) -> bytes:
        """
        Return ones for free and wanted seats of the line.

        Other positions have zeros.
        """
        return bytes(map(free.__contains__, self.ids(wanted)[start:end]))

    def ids(self, wanted: Wanted | None = None) -> list[int | None]:
        """
        List the seat ids along the line.

        Gaps, and seats that are not wanted, are None.
        """
        kinds = frozenset(
            kind for kind, seat in self._kinds.items() if wanted is None or wanted(seat)
        )
        if kinds not in self._ids:
            self._ids[kinds] = [
                seat.seat_id if seat and seat.kind in kinds else None for seat in self.line
            ]
        return self._ids[kinds]


def runs(ones: bytes) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each run of ones."""
    end = 0
    while (start := ones.find(1, end)) >= 0:
        end = ones.index(0, start)
        yield start, end
