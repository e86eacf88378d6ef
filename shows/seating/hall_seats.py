"""Seats with their positions in a hall."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
