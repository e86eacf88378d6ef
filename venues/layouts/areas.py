"""
What plans of any kind may say besides seats: areas of general admission, and the focal point.

An area has a capacity instead of seats. It is a rectangle of the hall; one that does not say where
it is is drawn behind the seats.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from venues.layouts.nodes import Node
from venues.layouts.plan import PlannedArea, PlannedSeat, Point

MAX_AREAS = 100
MAX_PLACES = 100_000
MAX_COORDINATE = 1_000_000

MAX_AREA_NAME_LENGTH = 100

# With the lowest value of each.
_RECTANGLE = {"x": -MAX_COORDINATE, "y": -MAX_COORDINATE, "width": 0.001, "height": 0.001}


def read_areas(
    document: Node, *, rows: Collection[str | None], categories: Collection[str] | None
) -> list[PlannedArea]:
    """
    The `areas` of a document with stand-ins for what is wrong in them; `place_areas` says where
    those are that do not. `rows` and `categories` are the names that the document has.
    """
    areas = []
    names: set[str] = set()
    for node in document.nodes("areas", MAX_AREAS):
        area = _read_area(node)
        if area.name in names:
            node.fault("name", f"Area {area.name} appears twice.", "duplicate")
        elif area.name in rows:
            node.fault("name", f"There is a row {area.name} already.", "duplicate")
        elif area.name.isdigit():
            node.fault("name", "A name is not a number, which would be that of a seat.")
        if categories is not None and area.category and area.category not in categories:
            node.fault("category", f"{area.category} is not one of the categories.")
        if area.name:
            names.add(area.name)
        areas.append(area)
    if sum(area.capacity for area in areas) > MAX_PLACES:
        document.fault("areas", f"More than {MAX_PLACES:,} places.", "max_length")
    return areas


def _read_area(node: Node) -> PlannedArea:
    node.refuse_others("name", "capacity", "category", *_RECTANGLE)
    # Where it is, is said wholly or not at all.
    is_placed = any(side in node.members for side in _RECTANGLE)
    sides = [
        (node.number(side, lowest, MAX_COORDINATE) or 0.0) if is_placed else 0.0
        for side, lowest in _RECTANGLE.items()
    ]
    return PlannedArea(
        node.text("name", MAX_AREA_NAME_LENGTH) or "",
        node.integer("capacity", 1, MAX_PLACES) or 0,
        node.text("category", MAX_AREA_NAME_LENGTH) or "",
        *sides,
    )


def place_areas(
    areas: Sequence[PlannedArea], seats: Sequence[PlannedSeat], unit: float
) -> list[PlannedArea]:
    """The areas, those without a place in the hall one behind the other behind its seats."""
    left = min((seat.x for seat in seats), default=0.0)
    width = max((seat.x for seat in seats), default=11 * unit) - left
    y = max((seat.y for seat in seats), default=-2 * unit) + 2 * unit
    placed = []
    for area in areas:
        if not area.width:
            area = replace(area, x=left, y=y, width=max(width, unit), height=4 * unit)
            y += 5 * unit
        placed.append(area)
    return placed


def read_focal_point(document: Node) -> Point | None:
    """Where good seats are near to, if the document says it."""
    point = document.child("focal_point", required=False)
    if point is None:
        return None
    point.refuse_others("x", "y")
    x, y = (point.number(axis, -MAX_COORDINATE, MAX_COORDINATE) for axis in ("x", "y"))
    return None if x is None or y is None else (x, y)
