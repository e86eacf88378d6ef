"""The stage that a seating plan draws, as the focal point of its hall."""

from collections.abc import Mapping
from math import cos, radians, sin
from typing import Any

from venues.layouts.parsed import Point
from venues.layouts.reading import point, total

# The words that plans write on a stage, compared without regard to case.
_STAGES = frozenset({
    "stage", "screen", "bühne", "leinwand", "spielfläche", "scène", "écran", "escenario", "pantalla",
    "palco", "palcoscenico", "podium", "scena", "मंच", "舞台",
})  # fmt: skip


def middle_of_stage(plan: Mapping[str, Any]) -> Point | None:
    """Find the middle of the shape that is labelled as the stage. Expects a plan without faults."""
    for zone in plan["zones"]:
        for shape in zone.get("areas", ()):
            if shape.get("text", {}).get("text", "").strip().casefold() in _STAGES:
                corner = shape.get("position", {"x": 0, "y": 0})
                return total(point(zone["position"]), point(corner), _middle(shape))
    return None


def _middle(shape: Mapping[str, Any]) -> Point:
    """Return the middle of a shape, relative to the position that the shape turns round."""
    if rectangle := shape.get("rectangle"):
        x, y = rectangle["width"] / 2, rectangle["height"] / 2
    elif points := shape.get("polygon", {}).get("points"):
        xs, ys = zip(*map(point, points), strict=True)
        x, y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    else:
        return 0.0, 0.0
    turn = radians(shape.get("rotation", 0))
    return x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn)
