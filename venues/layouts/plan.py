"""What a layout comes to: the categories and the seats of a hall."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Point = tuple[float, float]

PALETTE = ("#d4a017", "#7f4a91", "#5f9cd4", "#5fae6b", "#d36060", "#e08a3c", "#4fb3a9", "#8a8f98")


@dataclass(frozen=True, slots=True)
class PlannedCategory:
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class PlannedSeat:
    """A seat to be; its fields are those of Seat, with the name of the category."""

    row: str
    number: str
    category: str
    x: float
    y: float
    section: str = ""
    guid: str = ""
    accessible: bool = False
    companion: bool = False
    restricted_view: bool = False
    couple: str = ""
    area: str = ""


@dataclass(frozen=True, slots=True)
class PlannedArea:
    """General admission: so many places, all alike, in a rectangle of the hall."""

    name: str
    capacity: int
    category: str
    x: float
    y: float
    width: float
    height: float

    @property
    def drawing(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("name", "x", "y", "width", "height")}


@dataclass(frozen=True, slots=True)
class SeatingPlan:
    """Categories in the order of their rank, seats and areas in the order of the document."""

    categories: list[PlannedCategory]
    seats: list[PlannedSeat]
    warnings: list[dict[str, str]] = field(default_factory=list)
    areas: list[PlannedArea] = field(default_factory=list)
    focus: Point | None = None

    @property
    def capacity(self) -> int:
        return len(self.seats) + sum(area.capacity for area in self.areas)


def used_categories(used: Iterable[str], colors: Mapping[str, str | None]) -> list[PlannedCategory]:
    """Those that seats use: in the order of the list if there is one, or of their first seat."""
    needed = dict.fromkeys(used)
    names = [name for name in colors or needed if name in needed]
    return [
        PlannedCategory(name, colors.get(name) or PALETTE[rank % len(PALETTE)])
        for rank, name in enumerate(names)
    ]
