"""
Seating plans of pretix: zones of rows of seats, each with a position, and shapes to draw.

Positions add up. Shapes (`areas`) are checked and kept for drawing; no seats come of them.
Members that pretix's schema does not have are told, not refused: other programs add their own.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any

from venues.layouts.areas import place_areas, read_areas, read_focal_point
from venues.layouts.nodes import Node
from venues.layouts.plan import PlannedSeat, Point, SeatingPlan, used_categories

MAX_ZONES = 1000
MAX_ROWS_IN_ZONE = 1000
MAX_SEATS_IN_ROW = 2000
MAX_CATEGORIES = 200
MAX_AREAS = 1000
MAX_POINTS = 5000
MAX_COORDINATE = 1_000_000

MAX_NAME_LENGTH = 100
MAX_ROW_LENGTH = 120
MAX_NUMBER_LENGTH = 20
MAX_GUID_LENGTH = 190
MAX_COUPLE_LENGTH = 50

_PLAN = frozenset({"name", "zones", "categories", "size"})
_ZONE = frozenset({"name", "zone_id", "uuid", "position", "rows", "areas"})
_ROW = frozenset({
    "row_number", "row_label", "seat_label", "uuid", "seats", "row_number_position", "position",
})  # fmt: skip
_SEAT = frozenset({
    "seat_guid", "seat_number", "uuid", "start_direction", "radius", "position", "category",
})  # fmt: skip
_SHAPES = {
    "polygon": frozenset({"points"}),
    "rectangle": frozenset({"width", "height"}),
    "ellipse": frozenset({"radius"}),
    "circle": frozenset({"radius"}),
    "text": frozenset({"text", "color", "size", "position"}),
}
_AREA = frozenset({"color", "border_color", "rotation", "position", "uuid", "shape", *_SHAPES})
_POSITION = frozenset({"x", "y"})
# About the width of a seat, in the units of these plans.
UNIT = 25
# What plans write on the stage, without regard to case.
_STAGES = frozenset({
    "stage", "screen", "bühne", "leinwand", "spielfläche", "scène", "écran", "escenario", "pantalla",
    "palco", "palcoscenico", "podium", "scena", "मंच", "舞台",
})  # fmt: skip
_COLOR = re.compile(r"#(?:[0-9A-Fa-f]{3}){1,2}")

Versions = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Found:
    """A seat as it was read, with None for what is wrong in it; `row` is its label in the zone."""

    node: Node
    row_node: Node
    zone: "_Zone"
    row: str | None
    guid: str | None
    number: str | None
    category: str
    position: Point | None


@dataclass(frozen=True, slots=True)
class _Zone:
    index: int
    name: str

    @property
    def qualifier(self) -> str:
        return self.name or f"Zone {self.index + 1}"


def read_zones(plan: Node) -> SeatingPlan:
    return _read(plan, side_list=None)


def read_plan_with_side_list(document: Node) -> SeatingPlan:
    """
    `plan` as above, and what pretix's plans cannot say: `seats` by their GUIDs, `areas` of general
    admission, and the `focal_point`.
    """
    document.refuse_others("plan", "seats", "areas", "focal_point")
    plan = document.child("plan")
    return _read(plan, document) if plan else SeatingPlan([], [])


def _read(plan: Node, side_list: Node | None) -> SeatingPlan:
    plan.tell_others(_PLAN)
    if "name" not in plan.members:
        plan.fault("name", "This field is required.", "required")
    plan.check_strings("name")
    size = _read_size(plan)
    colors = _read_categories(plan)
    found = [seat for zone in _read_all_zones(plan) for seat in zone]
    zones = plan.members.get("zones")
    has_areas = side_list is not None and bool(side_list.members.get("areas"))
    if isinstance(zones, list) and not has_areas and not any(map(_has_seats, zones)):
        plan.fault("zones", "There are no seats in this plan.", "required")
    rows = _qualified_rows(found)
    _check_guids(found)
    _check_labels(found, rows)
    _check_categories(found, plan)
    _tell_odd_positions(found, size)
    versions, areas, focus = {}, [], None
    if side_list:
        versions = _read_marks_of_seats(side_list, found, rows)
        areas = read_areas(side_list, rows=set(rows), categories=_category_names(plan))
        focus = read_focal_point(side_list)
    if plan.findings.faults:
        return SeatingPlan([], [])
    seats = [_planned(seat, rows[index], versions) for index, seat in enumerate(found)]
    return SeatingPlan(
        used_categories((part.category for part in (*found, *areas)), colors),
        seats,
        plan.findings.warnings,
        place_areas(areas, seats, unit=UNIT),
        focus or _stage(plan),
    )


def _read_size(plan: Node) -> Point | None:
    size = plan.child("size")
    if size is None:
        return None
    size.tell_others(frozenset({"width", "height"}))
    width, height = (size.number(name, 1, MAX_COORDINATE) for name in ("width", "height"))
    return None if width is None or height is None else (width, height)


def _read_categories(plan: Node) -> dict[str, str | None]:
    """The colour of each category, None where we choose it."""
    colors: dict[str, str | None] = {}
    for node in plan.nodes("categories", MAX_CATEGORIES, required=True):
        node.tell_others(frozenset({"name", "color"}))
        node.check_strings("color")
        name = node.text("name", MAX_NAME_LENGTH)
        if name in colors:
            node.fault("name", f"Category {name} appears twice.", "duplicate")
        if name:
            colors[name] = _color(node)
    return colors


def _color(node: Node) -> str | None:
    """#rrggbb. Other colours of CSS stay in the document; the category gets one of ours."""
    color = node.members.get("color")
    if not isinstance(color, str):
        return None
    if not _COLOR.fullmatch(color):
        node.tell("color", "Not #rrggbb: the category gets a colour of ours.", "unknown_color")
        return None
    return color if len(color) == 7 else "#" + "".join(digit * 2 for digit in color[1:])


def _read_all_zones(plan: Node) -> Iterator[list[_Found]]:
    for index, node in enumerate(plan.nodes("zones", MAX_ZONES, required=True)):
        node.tell_others(_ZONE)
        node.check_strings("zone_id", "uuid")
        name = node.text("name", MAX_NAME_LENGTH) if node.members.get("name", "") != "" else ""
        start = _position(node)
        for area in node.nodes("areas", MAX_AREAS):
            _check_area(area)
        yield [
            seat
            for row in node.nodes("rows", MAX_ROWS_IN_ZONE, required=True)
            for seat in _read_row(row, _Zone(index, name or ""), start)
        ]


def _read_row(row: Node, zone: _Zone, start: Point | None) -> Iterator[_Found]:
    row.tell_others(_ROW)
    row.check_strings("uuid")
    row.check_strings("row_label", "seat_label", "row_number_position", nullable=True)
    label = row.text("row_number", MAX_ROW_LENGTH)
    # A row may leave it out, and is then where its zone is.
    position = _position(row) if "position" in row.members else (0.0, 0.0)
    for seat in row.nodes("seats", MAX_SEATS_IN_ROW, required=True):
        seat.tell_others(_SEAT)
        seat.check_strings("uuid")
        seat.check_strings("start_direction", nullable=True)
        seat.check_numbers("radius", lowest=0, highest=MAX_COORDINATE)
        yield _Found(
            node=seat,
            row_node=row,
            zone=zone,
            row=label,
            guid=seat.text("seat_guid", MAX_GUID_LENGTH),
            number=seat.text("seat_number", MAX_NUMBER_LENGTH),
            category=seat.text("category", MAX_NAME_LENGTH) or "",
            position=_sum(start, position, _position(seat)),
        )


def _position(node: Node, name: str = "position") -> Point | None:
    position = node.child(name)
    if position is None:
        return None
    position.tell_others(_POSITION)
    x, y = (position.number(axis, -MAX_COORDINATE, MAX_COORDINATE) for axis in ("x", "y"))
    return None if x is None or y is None else (x, y)


def _sum(*points: Point | None) -> Point | None:
    known = [point for point in points if point is not None]
    if len(known) < len(points):
        return None
    # So many digits as not to show that 0.1 and 0.2 are not quite 0.3.
    return round(sum(x for x, _ in known), 6), round(sum(y for _, y in known), 6)


def _check_area(area: Node) -> None:
    area.tell_others(_AREA)
    area.check_strings("color", "border_color", "uuid", "shape")
    area.check_numbers("rotation", lowest=-MAX_COORDINATE, highest=MAX_COORDINATE)
    if "position" in area.members:
        _position(area)
    shape = area.members.get("shape", "polygon")
    if isinstance(shape, str) and shape not in _SHAPES:
        area.tell("shape", "Not a shape of seating plans: it will not be drawn.", "unknown_shape")
    for name, members in _SHAPES.items():
        if node := area.child(name, required=False):
            node.tell_others(members)
            _check_shape(name, node)


def _check_shape(name: str, shape: Node) -> None:
    if name == "polygon":
        for point in shape.nodes("points", MAX_POINTS, required=True):
            point.tell_others(_POSITION)
            point.number("x", -MAX_COORDINATE, MAX_COORDINATE)
            point.number("y", -MAX_COORDINATE, MAX_COORDINATE)
    elif name == "ellipse":
        _position(shape, "radius")
    elif name == "text":
        if "text" not in shape.members:
            shape.fault("text", "This field is required.", "required")
        shape.check_strings("text", "color")
        shape.check_numbers("size", lowest=0, highest=MAX_COORDINATE)
        _position(shape)
    else:
        for length in sorted(_SHAPES[name]):
            shape.number(length, 0, MAX_COORDINATE)


def _has_seats(zone: Any) -> bool:
    """Or what should be some: a list that is none is a fault of its own."""
    rows = zone.get("rows") if isinstance(zone, dict) else zone
    return not isinstance(rows, list) or any(
        not isinstance(row, dict) or row.get("seats") != [] for row in rows
    )


def _qualified_rows(found: list[_Found]) -> list[str | None]:
    """The row of each seat as people are told it: with the zone where several have such a row."""
    zones_of: dict[str | None, set[int]] = defaultdict(set)
    for seat in found:
        zones_of[seat.row].add(seat.zone.index)
    rows: list[str | None] = []
    refused: set[str] = set()
    for seat in found:
        row = seat.row
        if row is not None and len(zones_of[row]) > 1:
            row = f"{seat.zone.qualifier} {row}"
        if row is not None and len(row) > MAX_ROW_LENGTH:
            if seat.row_node.path not in refused:
                detail = f"With its zone's name, more than {MAX_ROW_LENGTH} characters."
                seat.row_node.fault("row_number", detail, "max_length")
                refused.add(seat.row_node.path)
            row = None
        rows.append(row)
    return rows


def _check_guids(found: list[_Found]) -> None:
    first: dict[str, Node] = {}
    for seat in found:
        if seat.guid is None:
            continue
        other = first.setdefault(seat.guid, seat.node)
        if other is not seat.node:
            detail = f"{seat.guid} is the GUID of {other.place('seat_guid')} as well."
            seat.node.fault("seat_guid", detail, "duplicate")


def _check_labels(found: list[_Found], rows: list[str | None]) -> None:
    """A row may come in parts, and zones may share a name, as long as no two seats are called alike."""
    first: dict[tuple[str, str], Node] = {}
    for seat, row in zip(found, rows, strict=True):
        if row is None or seat.number is None:
            continue
        other = first.setdefault((row, seat.number), seat.node)
        if other is not seat.node:
            detail = f"Row {row} has a seat {seat.number} already: {other.place('seat_number')}."
            seat.node.fault("seat_number", detail, "duplicate")


def _check_categories(found: list[_Found], plan: Node) -> None:
    if not isinstance(plan.members.get("categories"), list):
        return  # Which is noted; the seats are not to blame.
    names = _category_names(plan)
    for seat in found:
        if seat.category and seat.category not in names:
            seat.node.fault("category", f"{seat.category} is not one of the categories.")


def _category_names(plan: Node) -> set[str]:
    """By what was written: a name with a fault of its own is not unknown."""
    listed = plan.members.get("categories")
    entries = listed if isinstance(listed, list) else []
    known = [entry.get("name") for entry in entries if isinstance(entry, dict)]
    return {name for name in known if isinstance(name, str)}


def _stage(plan: Node) -> Point | None:
    """
    The middle of the shape on which the plan writes that it is the stage.

    Expects that nothing is wrong with the plan.
    """
    for zone in plan.members["zones"]:
        for area in zone.get("areas", []):
            if area.get("text", {}).get("text", "").strip().casefold() in _STAGES:
                here = area.get("position", {"x": 0, "y": 0})
                return _sum(_point(zone["position"]), _point(here), _middle(area))
    return None


def _middle(area: Mapping[str, Any]) -> Point:
    """Of a shape, from its position; turned round that by its rotation."""
    if rectangle := area.get("rectangle"):
        x, y = rectangle["width"] / 2, rectangle["height"] / 2
    elif points := area.get("polygon", {}).get("points"):
        xs, ys = zip(*map(_point, points), strict=True)
        x, y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    else:
        return 0.0, 0.0
    turn = radians(area.get("rotation", 0))
    return x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn)


def _point(position: Mapping[str, float]) -> Point:
    return position["x"], position["y"]


def _tell_odd_positions(found: list[_Found], size: Point | None) -> None:
    taken: set[Point] = set()
    for seat in found:
        if seat.position is None:
            continue
        if seat.position in taken:
            detail = "The seat stands exactly where another one does."
            seat.node.tell("position", detail, "same_position")
        taken.add(seat.position)
        x, y = seat.position
        if size and not (0 <= x <= size[0] and 0 <= y <= size[1]):
            seat.node.tell("position", "The seat stands outside the plan's size.", "outside")


def _read_marks_of_seats(
    document: Node, found: list[_Found], rows: list[str | None]
) -> Mapping[str, Versions]:
    """The versions of seats by their GUIDs, named as the fields of PlannedSeat."""
    side_list = document.child("seats", required=False)
    if side_list is None:
        return {}
    row_of = {seat.guid: row for seat, row in zip(found, rows, strict=True)}
    versions: dict[str, Versions] = {}
    couples: dict[str, list[tuple[Node, str | None]]] = defaultdict(list)
    for guid in side_list.members:
        node = side_list.child(guid)
        if guid not in row_of:
            side_list.fault(guid, "No seat of the plan has this GUID.", "unknown_seat")
        elif node:
            versions[guid] = _read_marks(node)
            if couple := versions[guid]["couple"]:
                couples[couple].append((node, row_of[guid]))
    for couple, members in couples.items():
        _check_couple(couple, members)
    return versions


def _read_marks(node: Node) -> Versions:
    node.refuse_others("accessible", "companion", "restricted_view", "couple")
    versions: Versions = {
        name: node.boolean(name) for name in ("accessible", "companion", "restricted_view")
    }
    if versions["accessible"] and versions["companion"]:
        node.fault("companion", "This is a wheelchair place itself.")
    couple = node.text("couple", MAX_COUPLE_LENGTH) if "couple" in node.members else None
    return {**versions, "couple": couple or ""}


def _check_couple(couple: str, members: list[tuple[Node, str | None]]) -> None:
    first_node, first_row = members[0]
    if len(members) == 1:
        first_node.fault("couple", f"No other seat is sold together with it as {couple}.")
    for node, row in members[1:]:
        if row != first_row:
            node.fault("couple", f"{couple} begins in another row: {first_node.path}.")


def _planned(seat: _Found, row: str | None, versions: Mapping[str, Versions]) -> PlannedSeat:
    """Expects that nothing is wrong with it."""
    x, y = seat.position or (0.0, 0.0)
    return PlannedSeat(
        row=row or "",
        number=seat.number or "",
        category=seat.category,
        x=x,
        y=y,
        section=seat.zone.name,
        guid=seat.guid or "",
        **versions.get(seat.guid or "", {}),
    )
