"""The parsed form of a layout: its categories, seats and areas."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Point = tuple[float, float]

PALETTE = ("#d4a017", "#7f4a91", "#5f9cd4", "#5fae6b", "#d36060", "#e08a3c", "#4fb3a9", "#8a8f98")


@dataclass(frozen=True, slots=True)
class LayoutCategory:
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class LayoutSeat:
    """
    A seat of a layout, with the name of its category.

    Its fields are the model Seat's.
    """

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
class LayoutArea:
    """An area of general admission: a capacity, and a rectangle to draw."""

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
class ParsedLayout:
    """Categories in list order; seats and areas in document order."""

    categories: list[LayoutCategory]
    seats: list[LayoutSeat]
    areas: list[LayoutArea] = field(default_factory=list)
    # The focal point that the document names, and the middle of the stage that it draws.
    focus: Point | None = None
    stage: Point | None = None
    warnings: list[dict[str, str]] = field(default_factory=list)

    @property
    def capacity(self) -> int:
        return len(self.seats) + sum(area.capacity for area in self.areas)


def used_categories(used: Iterable[str], colors: Mapping[str, str | None]) -> list[LayoutCategory]:
    """
    List the categories that seats or areas use, each with a color.

    They come in the order of `colors`, or, if that is empty, in the order of their first use.
    """
    needed = dict.fromkeys(used)
    names = [name for name in colors or needed if name in needed]
    return [
        LayoutCategory(name, colors.get(name) or PALETTE[rank % len(PALETTE)])
        for rank, name in enumerate(names)
    ]
