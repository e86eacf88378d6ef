"""Seats as they stand in a hall."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from statistics import median

# A gap of more than one and a half seats of the row is an aisle.
AISLE = 1.5

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """A seat as it stands in the hall. Those with the same `couple` are sold together."""

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
        """A wheelchair place or the seat beside one: offered only to those who ask for it."""
        return self.accessible or self.companion

    @property
    def kind(self) -> tuple[str, str, bool]:
        """All that a party can want or not."""
        return self.section, self.category, self.is_special


Wanted = Callable[[Place], bool]


def centre(places: Sequence[Place]) -> Point:
    count = len(places)
    return sum(place.x for place in places) / count, sum(place.y for place in places) / count


def blocks_of(row: Iterable[Place]) -> list[list[Place]]:
    """
    The places of a row as they sit side by side, parted at its aisles, which are wider gaps: by
    position, whatever their numbers say.
    """
    row = list(row)
    xs, ys = [place.x for place in row], [place.y for place in row]
    runs_across = max(xs) - min(xs) >= max(ys) - min(ys)  # A row of boxes may run along the side.
    row.sort(key=lambda place: (place.x, place.y) if runs_across else (place.y, place.x))
    gaps = [hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(row)]
    widest = AISLE * median(gaps) if gaps else 0
    blocks = [row[:1]]
    for place, gap in zip(row[1:], gaps, strict=True):
        if gap > widest:
            blocks.append([])
        blocks[-1].append(place)
    return blocks
