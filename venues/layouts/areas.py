"""Areas of general admission, which layouts of every kind may have."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from venues.layouts.findings import Findings
from venues.layouts.parsed import LayoutArea, LayoutSeat
from venues.layouts.reading import entries

MAX_PLACES = 100_000


def check_areas(
    document: Mapping[str, Any],
    *,
    rows: Collection[str | None],
    categories: Collection[str] | None,
    findings: Findings,
) -> None:
    """
    Report areas that clash with others, with rows, or with categories.

    Without `categories`, any category is valid.
    """
    names: set[str] = set()
    for index, area in entries(document, "areas"):
        path = f"areas.{index}"
        name, category = area.get("name"), area.get("category")
        if name and name in names:
            findings.fault(f"{path}.name", f"Area {name} appears twice.", "duplicate")
        elif name and name in rows:
            findings.fault(f"{path}.name", f"There is a row {name} already.", "duplicate")
        elif name and name.isdigit():
            findings.fault(
                f"{path}.name", "A number cannot name an area, because it would name a seat."
            )
        if category and categories is not None and category not in categories:
            findings.fault(f"{path}.category", f"{category} is not one of the categories.")
        names.add(name)
    if sum(area.get("capacity", 0) for _, area in entries(document, "areas")) > MAX_PLACES:
        findings.fault("areas", f"The areas hold more than {MAX_PLACES:,} people.", "max_length")


def placed_areas(
    areas: Iterable[Mapping[str, Any]], seats: Sequence[LayoutSeat], unit: float
) -> list[LayoutArea]:
    """Return the areas, each with a rectangle. An area without one is placed behind the seats."""
    left = min((seat.x for seat in seats), default=0.0)
    width = max((seat.x for seat in seats), default=11 * unit) - left
    y = max((seat.y for seat in seats), default=-2 * unit) + 2 * unit
    placed = []
    for area in areas:
        if "x" not in area:
            area = {**area, "x": left, "y": y, "width": max(width, unit), "height": 4 * unit}
            y += 5 * unit
        rectangle = {name: float(area[name]) for name in ("x", "y", "width", "height")}
        placed.append(LayoutArea(**{**area, **rectangle}))
    return placed
