"""Seating plans in the shape of pretix's, written by hand and small."""

from typing import Any

import pytest

from venues.errors import InvalidLayout
from venues.layouts import read_layout


def a_seat(guid: str, number: str, x: float = 0, **more: Any) -> dict[str, Any]:
    position = {"x": x, "y": 0}
    seat = {"seat_guid": guid, "seat_number": number, "position": position, "category": "Stalls"}
    return {**seat, **more}


def a_row(label: str, *seats: dict[str, Any], y: float = 0, **more: Any) -> dict[str, Any]:
    return {"row_number": label, "position": {"x": 0, "y": y}, "seats": list(seats), **more}


def a_zone(name: str, *rows: dict[str, Any], x: float = 0, y: float = 0, **more: Any) -> Any:
    return {"name": name, "position": {"x": x, "y": y}, "rows": list(rows), **more}


def a_plan(*zones: Any, **more: Any) -> dict[str, Any]:
    return {
        "name": "Teatro Leal",
        "size": {"width": 500, "height": 400},
        "categories": [{"name": "Stalls", "color": "#7f4a91"}, {"name": "Circle"}],
        "zones": list(zones),
        **more,
    }


def theatre() -> dict[str, Any]:
    """Return a plan with two zones, five seats and a stage."""
    stage = {
        "shape": "rectangle",
        "color": "#eee",
        "rotation": 0,
        "position": {"x": 10, "y": -40},
        "rectangle": {"width": 100, "height": 20},
        "text": {"text": "Stage", "position": {"x": 50, "y": 10}, "size": 12},
    }
    return a_plan(
        a_zone(
            "Stalls",
            a_row("A", a_seat("s-3", "3", 0), a_seat("s-1", "1", 20), a_seat("s-2", "2", 60)),
            a_row("B", a_seat("s-4", "1", 20.5), y=30),
            x=100, y=50, areas=[stage],
        ),
        a_zone("Balcony", a_row("A", a_seat("b-1", "1", 5, category="Circle")), y=200),
    )  # fmt: skip


def faults_of(document: Any) -> dict[str, str]:
    """Return the faults of a refused layout by their place."""
    with pytest.raises(InvalidLayout) as refusal:
        read_layout(document)
    return {fault["field"]: fault["detail"] for fault in refusal.value.members["errors"]}


def warnings_of(document: Any) -> dict[str, str]:
    """Return the warnings of a layout by their place."""
    return {warning["field"]: warning["detail"] for warning in read_layout(document).warnings}
