"""
Charts of seats.io, turned into seating plans.

A chart has rows and tables of seats with absolute positions, areas of general admission, and sections
with a chart of their own. Their labels, categories and positions are kept. Everything else of a chart
is dropped with a warning where it has places to sell.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from venues.errors import InvalidLayout
from venues.layouts.parsed import Point

_MARKS = {
    "accessible": "accessible",
    "companionSeat": "companion",
    "restrictedView": "restricted_view",
}
# The corners of an area that has only a middle.
_SIDE = 100.0
_MARGIN = 50.0

Warnings = list[dict[str, str]]


def is_chart(document: Any) -> bool:
    """Tell whether a document is a chart of seats.io."""
    return isinstance(document, dict) and isinstance(document.get("subChart"), dict)


def plan_of_chart(chart: Mapping[str, Any]) -> tuple[dict[str, Any], Warnings]:
    """
    Turn a chart into a layout, a side list and warnings.

    The layout is not checked here. Raises InvalidLayout for a chart whose parts have another shape.
    """
    try:
        return _Converter(chart).layout()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        detail = f"This is not a chart of seats.io: {type(error).__name__} at {error}."
        raise InvalidLayout([{"field": "subChart", "code": "invalid", "detail": detail}]) from error


class _Converter:
    """One conversion of a chart."""

    def __init__(self, chart: Mapping[str, Any]) -> None:
        self.chart = chart
        self.warnings: Warnings = []
        self.categories = {
            str(each["key"]): str(each["label"]) for each in chart["categories"]["list"]
        }
        self.marks: dict[str, dict[str, bool]] = {}
        self.areas: list[dict[str, Any]] = []
        self.zones: list[dict[str, Any]] = []

    def layout(self) -> tuple[dict[str, Any], Warnings]:
        self._read(self.chart["subChart"], "", "subChart", (0.0, 0.0))
        colors = {str(each["key"]): each.get("color") for each in self.chart["categories"]["list"]}
        plan = {
            "name": str(self.chart.get("name") or "Chart"),
            "size": self._size(),
            "categories": [
                {"name": name, **({"color": colors[key]} if colors.get(key) else {})}
                for key, name in self.categories.items()
            ],
            "zones": self.zones,
        }
        layout: dict[str, Any] = {"plan": plan, "seats": self.marks, "areas": self.areas}
        focus = self.chart["subChart"].get("focalPoint") or self.chart.get("focalPoint")
        if focus:
            layout["focal_point"] = {"x": float(focus["x"]), "y": float(focus["y"])}
        return layout, self.warnings

    def _read(self, part: Mapping[str, Any], section: str, path: str, corner: Point) -> None:
        rows = [
            {
                "row_number": label,
                "position": {"x": 0, "y": 0},
                "seats": [
                    self._seat(seat, (section, label), f"{path}.{place}", corner) for seat in seats
                ],
            }
            for label, seats, place in _rows_of(part)
            if seats
        ]
        if rows:
            # Without a name the plan would call it Zone 1.
            name = section or ("Main" if part.get("sections") else "")
            self.zones.append({"name": name, "position": {"x": 0, "y": 0}, "rows": rows})
        for index, area in enumerate(part.get("generalAdmissionAreas") or ()):
            self._area(area, section, f"{path}.generalAdmissionAreas.{index}", corner)
        for index, booth in enumerate(part.get("booths") or ()):
            self._warn(f"{path}.booths.{index}", f"Booth {booth.get('label')} was left out.")
        for index, inner in enumerate(part.get("sections") or ()):
            inside = inner.get("topLeft") or {"x": 0, "y": 0}
            chart = inner.get("subChart")
            if chart is None:
                self._warn(f"{path}.sections.{index}", "A section without seats was left out.")
                continue
            self._read(
                chart,
                str(inner["label"]),
                f"{path}.sections.{index}.subChart",
                (corner[0] + float(inside["x"]), corner[1] + float(inside["y"])),
            )

    def _seat(
        self,
        seat: Mapping[str, Any],
        row: tuple[str, str],
        path: str,
        corner: Point,
    ) -> dict[str, Any]:
        guid = str(seat.get("uuid") or "-".join(filter(None, (*row, str(seat["label"])))))
        if marks := {ours: True for theirs, ours in _MARKS.items() if seat.get(theirs)}:
            if "accessible" in marks:
                marks.pop("companion", None)
            self.marks[guid] = marks
        return {
            "seat_guid": guid,
            "seat_number": str(seat["label"]),
            "category": self._category(seat, path),
            "position": {"x": corner[0] + float(seat["x"]), "y": corner[1] + float(seat["y"])},
        }

    def _area(self, area: Mapping[str, Any], section: str, path: str, corner: Point) -> None:
        points = area.get("points") or ()
        if points:
            xs, ys = ([float(point[axis]) for point in points] for axis in ("x", "y"))
        else:
            middle = area.get("center") or {"x": 0, "y": 0}
            half = [float(area.get(name) or _SIDE) / 2 for name in ("width", "height")]
            xs = [float(middle["x"]) - half[0], float(middle["x"]) + half[0]]
            ys = [float(middle["y"]) - half[1], float(middle["y"]) + half[1]]
        name = str(area["label"])
        self.areas.append(
            {
                "name": f"{section} {name}" if section else name,
                "capacity": int(area["capacity"]),
                "category": self._category(area, path),
                "x": corner[0] + min(xs),
                "y": corner[1] + min(ys),
                "width": max(max(xs) - min(xs), 1.0),
                "height": max(max(ys) - min(ys), 1.0),
            }
        )

    def _category(self, part: Mapping[str, Any], path: str) -> str:
        name = self.categories.get(str(part.get("categoryKey")))
        if name is None:
            # The check of the layout names the seat. Here the category may be new.
            name = str(part.get("categoryLabel") or "No category")
            self.categories.setdefault(name, name)
            self._warn(path, f"It has no category of the chart, so it gets {name}.")
        return name

    def _size(self) -> dict[str, float]:
        positions = [
            seat["position"] for zone in self.zones for row in zone["rows"] for seat in row["seats"]
        ]
        right = [each["x"] for each in positions] + [a["x"] + a["width"] for a in self.areas]
        bottom = [each["y"] for each in positions] + [a["y"] + a["height"] for a in self.areas]
        return {
            "width": max([1.0, *right]) + _MARGIN,
            "height": max([1.0, *bottom]) + _MARGIN,
        }

    def _warn(self, path: str, detail: str) -> None:
        self.warnings.append({"field": path, "code": "left_out", "detail": detail})


def _rows_of(part: Mapping[str, Any]) -> Iterator[tuple[str, list[Mapping[str, Any]], str]]:
    """Yield the label, seats and place of each row and table."""
    for name in ("rows", "tables"):
        for index, row in enumerate(part.get(name) or ()):
            yield str(row["label"]), list(row.get("seats") or ()), f"{name}.{index}"
