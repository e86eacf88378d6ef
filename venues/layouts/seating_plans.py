"""
Seating plans in the format of pretix.

They have zones of rows of seats, each with a position, and shapes to draw. Positions add up. Other
programs add fields of their own, so unknown fields are kept with a warning.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from venues.layouts.areas import check_areas, placed_areas
from venues.layouts.findings import Findings
from venues.layouts.marks import check_marks
from venues.layouts.parsed import LayoutSeat, ParsedLayout, Point, used_categories
from venues.layouts.reading import entries, point, read_categories, total
from venues.layouts.shapes import check_shape
from venues.layouts.stage import middle_of_stage

MAX_ROW_LENGTH = 120
# About the width of a seat, in the units of these plans.
UNIT = 25
SHAPES = ("polygon", "rectangle", "ellipse", "circle", "text")
_COLOR = re.compile(r"#(?:[0-9A-Fa-f]{3}){1,2}")
_NO_POSITION = {"x": 0.0, "y": 0.0}


class _PlanSeat(NamedTuple):
    """A seat of the document with its surroundings. A broken part of it is missing."""

    path: str
    row_path: str
    zone: Mapping[str, Any]
    zone_index: int
    row: Mapping[str, Any]
    seat: Mapping[str, Any]

    @property
    def row_label(self) -> str | None:
        return self.row.get("row_number")

    @property
    def zone_name(self) -> str:
        return self.zone.get("name") or f"Zone {self.zone_index + 1}"

    @property
    def position(self) -> Point:
        places = (
            self.zone["position"],
            self.row.get("position", _NO_POSITION),
            self.seat["position"],
        )
        return total(*map(point, places))


def check_plan(document: Mapping[str, Any], findings: Findings) -> None:
    """Report every fault of a seating plan."""
    plan = check_shape(document, "SeatingPlan", findings)
    _check_plan(plan, "", findings)
    if "zones" in plan and not any(map(_may_have_seats, plan["zones"])):
        findings.fault("zones", "There are no seats in this plan.", "required")


def check_plan_with_side_list(document: Mapping[str, Any], findings: Findings) -> None:
    """
    Report every fault of a seating plan and its side list.

    The side list has marks, areas and the focal point.
    """
    document = check_shape(document, "SeatingPlanWithSideList", findings)
    plan = document.get("plan", {})
    rows = _check_plan(plan, "plan.", findings)
    has_seats = document.get("areas") or any(map(_may_have_seats, plan.get("zones", [None])))
    if not has_seats:
        findings.fault("plan.zones", "There are no seats in this plan.", "required")
    check_marks(document.get("seats", {}), rows, findings)
    categories = None
    if "categories" in plan:
        categories = {category.get("name") for _, category in entries(plan, "categories")}
    check_areas(document, rows=set(rows.values()), categories=categories, findings=findings)


def _check_plan(
    plan: Mapping[str, Any], prefix: str, findings: Findings
) -> dict[str | None, str | None]:
    """Report clashes inside a plan. Return the qualified row of each seat, by its GUID."""
    colors = read_categories(plan, prefix, findings)
    seats = list(_seats_of(plan, prefix))
    rows = _qualified_rows(seats)
    _check_rows(seats, rows, findings)
    _check_guids(seats, findings)
    _check_labels(seats, rows, findings)
    if "categories" in plan:
        for path, *_, seat in seats:
            category = seat.get("category")
            if category and category not in colors:
                detail = f"{category} is not one of the categories."
                findings.fault(f"{path}.category", detail)
    return {found.seat.get("seat_guid"): row for found, row in zip(seats, rows, strict=True)}


def _seats_of(plan: Mapping[str, Any], prefix: str) -> Iterator[_PlanSeat]:
    for zone_index, zone in entries(plan, "zones"):
        for row_index, row in entries(zone, "rows"):
            row_path = f"{prefix}zones.{zone_index}.rows.{row_index}"
            for index, seat in entries(row, "seats"):
                yield _PlanSeat(f"{row_path}.seats.{index}", row_path, zone, zone_index, row, seat)


def _may_have_seats(zone: Any) -> bool:
    """Tell whether a zone has seats, or a fault in their place."""
    if zone is None or "rows" not in zone:
        return True
    return any(row is None or row.get("seats") != [] for row in zone["rows"])


def _qualified_rows(seats: Sequence[_PlanSeat]) -> list[str | None]:
    """
    Label the row of each seat.

    If several zones have such a row, the label begins with the zone.
    """
    zones_of: dict[str | None, set[int]] = defaultdict(set)
    for seat in seats:
        zones_of[seat.row_label].add(seat.zone_index)
    return [
        f"{seat.zone_name} {seat.row_label}"
        if seat.row_label and len(zones_of[seat.row_label]) > 1
        else seat.row_label
        for seat in seats
    ]


def _check_rows(seats: Sequence[_PlanSeat], rows: Sequence[str | None], findings: Findings) -> None:
    for seat, row in zip(seats, rows, strict=True):
        path = f"{seat.row_path}.row_number"
        if row and len(row) > MAX_ROW_LENGTH and not findings.has_fault_at(path):
            detail = f"With the name of its zone, more than {MAX_ROW_LENGTH} characters."
            findings.fault(path, detail, "max_length")


def _check_guids(seats: Sequence[_PlanSeat], findings: Findings) -> None:
    first: dict[str, str] = {}
    for path, *_, seat in seats:
        guid = seat.get("seat_guid")
        if guid and first.setdefault(guid, path) != path:
            detail = f"{guid} is the GUID of {first[guid]}.seat_guid as well."
            findings.fault(f"{path}.seat_guid", detail, "duplicate")


def _check_labels(
    seats: Sequence[_PlanSeat], rows: Sequence[str | None], findings: Findings
) -> None:
    """
    Report two seats that people would know by one row and number.

    A row may come in parts, and zones may share a name.
    """
    first: dict[tuple[str, str], str] = {}
    for found, row in zip(seats, rows, strict=True):
        number = found.seat.get("seat_number")
        if row and number and first.setdefault((row, number), found.path) != found.path:
            detail = f"Row {row} has a seat {number} already: {first[row, number]}.seat_number."
            findings.fault(f"{found.path}.seat_number", detail, "duplicate")


def parse_plan(
    plan: Mapping[str, Any], findings: Findings, side_list: Mapping[str, Any] | None = None
) -> ParsedLayout:
    """Turn a seating plan without faults into seats. Warn of what looks wrong in it."""
    prefix = "" if side_list is None else "plan."
    side_list = side_list or {}
    colors = _read_colors(plan, prefix, findings)
    _warn_of_shapes(plan, prefix, findings)
    found = list(_seats_of(plan, prefix))
    _warn_of_positions(found, plan["size"], findings)
    marks = side_list.get("seats", {})
    seats = [
        _as_layout_seat(seat, row, marks)
        for seat, row in zip(found, _qualified_rows(found), strict=True)
    ]
    areas = side_list.get("areas", [])
    focal_point = side_list.get("focal_point")
    categories = [*(seat.category for seat in seats), *(area["category"] for area in areas)]
    return ParsedLayout(
        used_categories(categories, colors),
        seats,
        placed_areas(areas, seats, unit=UNIT),
        point(focal_point) if focal_point else None,
        middle_of_stage(plan),
        findings.warnings,
    )


def _as_layout_seat(
    found: _PlanSeat, row: str | None, marks: Mapping[str, Mapping[str, Any]]
) -> LayoutSeat:
    x, y = found.position
    seat = found.seat
    return LayoutSeat(
        row=row or "",
        number=seat["seat_number"],
        category=seat["category"],
        x=x,
        y=y,
        section=found.zone.get("name", ""),
        guid=seat["seat_guid"],
        **marks.get(seat["seat_guid"], {}),
    )


def _read_colors(plan: Mapping[str, Any], prefix: str, findings: Findings) -> dict[str, str | None]:
    """Return each category's color as #rrggbb, or None if undecided."""
    colors: dict[str, str | None] = {}
    for index, category in enumerate(plan["categories"]):
        color = category.get("color")
        if color is not None and not _COLOR.fullmatch(color):
            detail = "This is not #rrggbb. The category gets another color."
            findings.warn(f"{prefix}categories.{index}.color", detail, "unknown_color")
            color = None
        elif color and len(color) == 4:
            color = "#" + "".join(digit * 2 for digit in color[1:])
        colors[category["name"]] = color
    return colors


def _warn_of_shapes(plan: Mapping[str, Any], prefix: str, findings: Findings) -> None:
    for zone_index, zone in enumerate(plan["zones"]):
        for index, shape in enumerate(zone.get("areas", ())):
            if shape.get("shape", "polygon") not in SHAPES:
                path = f"{prefix}zones.{zone_index}.areas.{index}.shape"
                detail = "This is not a shape of seating plans. It is not drawn."
                findings.warn(path, detail, "unknown_shape")


def _warn_of_positions(
    seats: Sequence[_PlanSeat], size: Mapping[str, float], findings: Findings
) -> None:
    taken: set[Point] = set()
    for seat in seats:
        position = x, y = seat.position
        path = f"{seat.path}.position"
        if position in taken:
            findings.warn(path, "The seat stands exactly where another one does.", "same_position")
        taken.add(position)
        if not (0 <= x <= size["width"] and 0 <= y <= size["height"]):
            findings.warn(path, "The seat stands outside the plan's size.", "outside")
