"""
Layouts: JSON documents from which the seats of a screen are made.

A layout is plain (rows of seats), or a seating plan of pretix, alone or with a side list. The
module `shapes` checks a document against `schema.json`, which also documents layouts at the API.
`plain` and `seating_plans` check what a schema cannot say. All faults are reported at once.
"""

from typing import Any

from venues.errors import InvalidLayout
from venues.layouts.findings import Findings
from venues.layouts.parsed import (
    PALETTE,
    LayoutArea,
    LayoutCategory,
    LayoutSeat,
    ParsedLayout,
)
from venues.layouts.plain import check_plain, parse_plain
from venues.layouts.seating_plans import check_plan, check_plan_with_side_list, parse_plan
from venues.layouts.seatsio import is_chart, plan_of_chart
from venues.layouts.storable import check_storable

__all__ = [
    "PALETTE", "LayoutArea", "LayoutCategory", "LayoutSeat", "ParsedLayout", "is_chart",
    "plan_of_chart", "read_layout",
]  # fmt: skip


def read_layout(document: Any) -> ParsedLayout:
    """Parse a layout. Raises InvalidLayout with every fault in it."""
    findings = Findings()
    check_storable(document, findings)
    if not isinstance(document, dict):
        findings.fault("", "This is not an object.")
    elif _is_seating_plan(document):
        check_plan(document, findings)
    elif "plan" in document:
        check_plan_with_side_list(document, findings)
    else:
        check_plain(document, findings)
    if findings.faults:
        raise InvalidLayout(findings.faults)
    if _is_seating_plan(document):
        return parse_plan(document, findings)
    if "plan" in document:
        return parse_plan(document["plan"], findings, document)
    return parse_plain(document)


def _is_seating_plan(document: dict[str, Any]) -> bool:
    return "zones" in document or ("size" in document and "rows" not in document)
