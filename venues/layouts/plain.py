"""Plain halls: straight rows of numbered seats."""

import re
from dataclasses import dataclass

from venues.layouts.areas import place_areas, read_areas, read_focal_point
from venues.layouts.nodes import Node
from venues.layouts.plan import PlannedSeat, SeatingPlan, used_categories

MAX_ROWS = 200
MAX_SEATS_IN_ROW = 500
MAX_CATEGORIES = 50

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a plain hall. Aisles are to the right of the seats with these numbers."""

    label: str
    seats: int
    category: str
    aisles: set[int]
    accessible: set[int]
    companion: set[int]

    @property
    def width(self) -> int:
        return self.seats + len(self.aisles)


def read_plain(document: Node) -> SeatingPlan:
    """
    A hall whose rows are straight: `rows` from the front, and optionally the `categories`, `areas`
    of general admission, which may be all that there is, and the `focal_point`.

    A seat is one unit wide and so is an aisle; rows are one unit apart and centred.
    """
    document.refuse_others("rows", "categories", "areas", "focal_point")
    if document.members.get("rows", []) == [] == document.members.get("areas", []):
        document.fault("rows", "A hall has at least one row, or an area.", "required")
    colors = _read_categories(document)
    rows = []
    labels: set[str] = set()
    for node in document.nodes("rows", MAX_ROWS):
        row = _read_row(node)
        if row.label in labels:
            node.fault("row", f"Row {row.label} appears twice.", "duplicate")
        if colors and row.category and row.category not in colors:
            node.fault("category", f"{row.category} is not one of the categories.")
        labels.add(row.label)
        rows.append(row)
    areas = read_areas(document, rows=labels, categories=colors or None)
    seats = _seats_of(rows)
    return SeatingPlan(
        used_categories((part.category for part in (*rows, *areas)), colors),
        seats,
        areas=place_areas(areas, seats, unit=1),
        focus=read_focal_point(document),
    )


def _read_categories(document: Node) -> dict[str, str | None]:
    """The colour of each category, None where the document leaves it to us."""
    colors: dict[str, str | None] = {}
    for node in document.nodes("categories", MAX_CATEGORIES):
        node.refuse_others("name", "color")
        name = node.text("name", 100)
        color = node.text("color", 7) if "color" in node.members else None
        if color and not _COLOR.fullmatch(color):
            node.fault("color", "A colour is written #rrggbb.")
        if name in colors:
            node.fault("name", f"Category {name} appears twice.", "duplicate")
        if name:
            colors[name] = color
    return colors


def _read_row(node: Node) -> _Row:
    """The row, with stand-ins for what is wrong in it."""
    node.refuse_others("row", "seats", "category", "aisle_after", "accessible", "companion")
    label = node.text("row", 20)
    category = node.text("category", 100)
    count = node.integer("seats", 1, MAX_SEATS_IN_ROW)
    last = count or MAX_SEATS_IN_ROW
    # A row that ends with an aisle would only be off its centre.
    aisles = node.integers("aisle_after", 1, last - 1, MAX_SEATS_IN_ROW)
    accessible = node.integers("accessible", 1, last, MAX_SEATS_IN_ROW)
    companion = node.integers("companion", 1, last, MAX_SEATS_IN_ROW)
    for number in sorted(accessible & companion):
        node.fault("companion", f"Seat {number} is a wheelchair place itself.")
    label = label or f"\0{node.path}"  # Unlike any other, so as not to count as a duplicate.
    return _Row(label, count or 0, category or "", aisles, accessible, companion)


def _seats_of(rows: list[_Row]) -> list[PlannedSeat]:
    widest = max((row.width for row in rows), default=0)
    return [
        PlannedSeat(
            row=row.label,
            number=str(number),
            category=row.category,
            x=(widest - row.width) / 2 + (number - 1) + sum(aisle < number for aisle in row.aisles),
            y=float(y),
            accessible=number in row.accessible,
            companion=number in row.companion,
        )
        for y, row in enumerate(rows)
        for number in range(1, row.seats + 1)
    ]
