"""The demo's stadium as a pretix seating plan, with eight stands."""

from math import cos, pi, sin
from typing import Any

STANDS = ("North", "North East", "East", "South East", "South", "South West", "West", "North West")
_ROWS, _SEATS, _PITCH = 14, 36, 20
# The seats of the first row of all stands, with gaps between the stands, lie on this ellipse.
_RADIUS_X, _RADIUS_Y = 1000, 760
_WIDTH, _HEIGHT = 2 * (_RADIUS_X + 30 * _ROWS), 2 * (_RADIUS_Y + 30 * _ROWS)


def stadium_layout() -> dict[str, Any]:
    """Return a layout with 4,032 seats and 800 standing places."""
    guids = {f"{stand}-1-{number}" for stand in STANDS[::2] for number in range(1, 9)}
    marks = {
        guid: {"accessible": True} if int(guid.rpartition("-")[2]) % 2 else {"companion": True}
        for guid in guids
    }
    return {
        "plan": {
            "name": "Stadium",
            "categories": [
                {"name": "Lower tier", "color": "#2e7d32"},
                {"name": "Upper tier", "color": "#7fb3d5"},
                {"name": "Standing", "color": "#c0392b"},
            ],
            "zones": [_stand(index, name) for index, name in enumerate(STANDS)],
            "size": {"width": _WIDTH, "height": _HEIGHT},
        },
        "seats": marks,
        "areas": [
            {
                "name": "Pitch", "capacity": 800, "category": "Standing",
                "x": _WIDTH / 2 - 520, "y": _HEIGHT / 2 - 260, "width": 1040, "height": 520,
            }
        ],
        "focal_point": {"x": _WIDTH / 2, "y": _HEIGHT / 2},
    }  # fmt: skip


def _stand(index: int, name: str) -> dict[str, Any]:
    rows = [
        {
            "row_number": str(row + 1),
            "position": {"x": 0, "y": 0},
            "seats": [_seat(index, name, row, number) for number in range(_SEATS)],
        }
        for row in range(_ROWS)
    ]
    return {"name": name, "position": {"x": 0, "y": 0}, "rows": rows, "areas": []}


def _seat(index: int, stand: str, row: int, number: int) -> dict[str, Any]:
    angle = 2 * pi * (index - 0.5 + 0.03 + 0.94 * (number + 0.5) / _SEATS) / len(STANDS) - pi / 2
    away = 1.3 * _PITCH * row
    return {
        "seat_guid": f"{stand}-{row + 1}-{number + 1}",
        "seat_number": str(number + 1),
        "category": "Lower tier" if row < _ROWS // 2 else "Upper tier",
        "position": {
            "x": round(_WIDTH / 2 + (_RADIUS_X + away) * cos(angle), 1),
            "y": round(_HEIGHT / 2 + (_RADIUS_Y + away) * sin(angle), 1),
        },
    }
