"""The stage that a seating plan draws. It says where the front of the hall is."""

import re
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
# Words beside them, as in "Main stage" and "Screen 1".
_BESIDES = frozenset({"main", "the", "imax", "1", "2", "3", "4", "5", "6", "7", "8", "9"})
_BETWEEN_WORDS = re.compile(r"[\s/|,;:()·–—-]+")


def middle_of_stage(plan: Mapping[str, Any]) -> Point | None:
    """Find the middle of the shape that is labelled as the stage. Expects a plan without faults."""
    for zone in plan["zones"]:
        for shape in zone.get("areas", ()):
            if _is_stage(shape.get("text", {}).get("text", "")):
                corner = shape.get("position", {"x": 0, "y": 0})
                return total(point(zone["position"]), point(corner), _middle(shape))
    return None


def _is_stage(label: str) -> bool:
    words = set(_BETWEEN_WORDS.split(label.casefold())) - {""} - _BESIDES
    return bool(words) and words <= _STAGES


def _middle(shape: Mapping[str, Any]) -> Point:
    """Return the middle of a shape, relative to its pivot."""
    if rectangle := shape.get("rectangle"):
        x, y = rectangle["width"] / 2, rectangle["height"] / 2
    elif points := shape.get("polygon", {}).get("points"):
        xs, ys = zip(*map(point, points), strict=True)
        x, y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    else:
        return 0.0, 0.0
    turn = radians(shape.get("rotation", 0))
    return x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn)
