"""Reading a checked document without its broken parts."""

from collections.abc import Iterator, Mapping
from typing import Any

from venues.layouts.findings import Findings
from venues.layouts.parsed import Point


def entries(parent: Mapping[str, Any], name: str) -> Iterator[tuple[int, Any]]:
    """Yield the entries of a list with their indexes. Broken entries are left out."""
    for index, entry in enumerate(parent.get(name, ())):
        if entry is not None:
            yield index, entry


def read_categories(
    document: Mapping[str, Any], prefix: str, findings: Findings
) -> dict[str, str | None]:
    """Return the written color of each listed category. Report names that appear twice."""
    colors: dict[str, str | None] = {}
    for index, category in entries(document, "categories"):
        name = category.get("name")
        if name in colors:
            path = f"{prefix}categories.{index}.name"
            findings.fault(path, f"Category {name} appears twice.", "duplicate")
        elif name:
            colors[name] = category.get("color")
    return colors


def point(position: Mapping[str, float]) -> Point:
    return float(position["x"]), float(position["y"])


def total(*points: Point) -> Point:
    """Add up positions. Six decimals hide that 0.1 and 0.2 are not quite 0.3."""
    xs, ys = zip(*points, strict=True)
    return round(sum(xs), 6), round(sum(ys), 6)
