"""Seats with their positions in a hall."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from statistics import median

# A gap of more than one and a half seats of the row is an aisle.
AISLE = 1.5

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class HallSeat:
    """A seat and its position in the hall. Seats with the same `couple` are sold together."""

    seat_id: int
    section: str
    row: str
    x: float
    y: float
    category: str
    accessible: bool = False
    companion: bool = False
    couple: str = ""

    @property
    def is_special(self) -> bool:
        """Tell whether the seat is only for parties with wheelchairs."""
        return self.accessible or self.companion

    @property
    def kind(self) -> tuple[str, str, bool]:
        """Return everything that a party can choose by."""
        return self.section, self.category, self.is_special


Wanted = Callable[[HallSeat], bool]


def centre(seats: Sequence[HallSeat]) -> Point:
    count = len(seats)
    return sum(seat.x for seat in seats) / count, sum(seat.y for seat in seats) / count


def blocks_of(row: Iterable[HallSeat]) -> list[list[HallSeat]]:
    """
    Split a row at its aisles into blocks of neighbours.

    Positions decide, not seat numbers. An aisle is a gap wider than AISLE times the row's median.
    """
    row = list(row)
    xs, ys = [seat.x for seat in row], [seat.y for seat in row]
    runs_across = max(xs) - min(xs) >= max(ys) - min(ys)  # A row of boxes may run along the side.
    row.sort(key=lambda seat: (seat.x, seat.y) if runs_across else (seat.y, seat.x))
    gaps = [hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(row)]
    widest = AISLE * median(gaps) if gaps else 0
    blocks = [row[:1]]
    for seat, gap in zip(row[1:], gaps, strict=True):
        if gap > widest:
            blocks.append([])
        blocks[-1].append(seat)
    return blocks
