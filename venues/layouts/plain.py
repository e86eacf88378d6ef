"""Plain layouts: straight rows of numbered seats."""

from collections.abc import Iterator, Mapping
from typing import Any

from venues.layouts.areas import check_areas, placed_areas
from venues.layouts.findings import Findings
from venues.layouts.parsed import LayoutSeat, ParsedLayout, used_categories
from venues.layouts.reading import entries, point, read_categories
from venues.layouts.shapes import check_shape


def check_plain(document: Mapping[str, Any], findings: Findings) -> None:
    """Report every fault of a plain layout."""
    document = check_shape(document, "PlainLayout", findings)
    is_empty = document.get("rows", []) == [] == document.get("areas", [])
    if is_empty and not any(map(findings.has_fault_at, ("rows", "areas"))):
        findings.fault("rows", "A hall has at least one row, or an area.", "required")
    colors = read_categories(document, "", findings)
    labels: set[str] = set()
    for index, row in entries(document, "rows"):
        path = f"rows.{index}"
        label, category = row.get("row"), row.get("category")
        if label in labels:
            findings.fault(f"{path}.row", f"Row {label} appears twice.", "duplicate")
        if label:
            labels.add(label)
        if colors and category and category not in colors:
            findings.fault(f"{path}.category", f"{category} is not one of the categories.")
        _check_numbers(row, path, findings)
    check_areas(document, rows=labels, categories=colors or None, findings=findings)


def _check_numbers(row: Mapping[str, Any], path: str, findings: Findings) -> None:
    """Report seat numbers that the row lacks or that repeat."""
    count = row.get("seats")
    # An aisle after the last seat would only move the row off its center.
    limits = {"aisle_after": -1, "couples": -1}
    for name in ("aisle_after", "accessible", "companion", "restricted_view", "couples"):
        last = limits.get(name, 0)
        seen = set()
        for index, number in entries(row, name):
            place = f"{path}.{name}.{index}"
            if count is not None and number > count + last:
                findings.fault(place, f"This is not an integer from 1 to {count + last}.")
            elif number in seen:
                findings.fault(place, f"{number} appears twice.", "duplicate")
            seen.add(number)
    accessible, companion = (
        {number for _, number in entries(row, name)} for name in ("accessible", "companion")
    )
    paired: set[int] = set()
    for index, number in entries(row, "couples"):
        if paired & {number, number + 1}:
            findings.fault(f"{path}.couples.{index}", f"A seat of {number} is in another couple.")
        paired |= {number, number + 1}
    for number in sorted(accessible & companion):
        findings.fault(f"{path}.companion", f"Seat {number} is a wheelchair space itself.")


def parse_plain(document: Mapping[str, Any]) -> ParsedLayout:
    """Turn a plain layout without faults into seats and areas."""
    rows, areas = document.get("rows", []), document.get("areas", [])
    listed = document.get("categories", [])
    colors = {category["name"]: category.get("color") for category in listed}
    widest = max((_width(row) for row in rows), default=0)
    seats = [seat for y, row in enumerate(rows) for seat in _seats_of(row, y, widest)]
    return ParsedLayout(
        used_categories((part["category"] for part in (*rows, *areas)), colors),
        seats,
        placed_areas(areas, seats, unit=1),
        point(document["focal_point"]) if "focal_point" in document else None,
    )


def _seats_of(row: Mapping[str, Any], y: int, widest: int) -> Iterator[LayoutSeat]:
    aisles, accessible, companion, restricted = (
        set(row.get(name, ()))
        for name in ("aisle_after", "accessible", "companion", "restricted_view")
    )
    couple_of = {
        number: f"{row['row']} {first}"
        for first in row.get("couples", ())
        for number in (first, first + 1)
    }
    x = (widest - _width(row)) / 2
    is_from_right = row.get("numbered_from") == "right"
    for number in range(1, row["seats"] + 1):
        yield LayoutSeat(
            row=row["row"],
            number=str(number),
            category=row["category"],
            x=widest - 1 - x if is_from_right else x,
            y=float(y),
            accessible=number in accessible,
            companion=number in companion,
            restricted_view=number in restricted,
            couple=couple_of.get(number, ""),
        )
        x += 2 if number in aisles else 1


def _width(row: Mapping[str, Any]) -> int:
    return row["seats"] + len(row.get("aisle_after", ()))
