"""
Seating plans: JSON documents from which the seats of a screen are made.

`read_layout` knows the form by a member that only this form has, and hands the document to its
reader: `plain`, or `zones` for the plans of pretix. A reader takes a Node, the document, and
gives a SeatingPlan; what is wrong it notes in the node's findings and goes on, so that all faults
are reported at once.
"""

from typing import Any

from venues.errors import InvalidLayout
from venues.layouts.nodes import MAX_FAULTS, Findings, Node, check_storable
from venues.layouts.plain import read_plain
from venues.layouts.plan import (
    PALETTE,
    PlannedArea,
    PlannedCategory,
    PlannedSeat,
    SeatingPlan,
)
from venues.layouts.zones import read_plan_with_side_list, read_zones

__all__ = [
    "MAX_FAULTS", "PALETTE", "PlannedArea", "PlannedCategory", "PlannedSeat", "SeatingPlan",
    "read_layout",
]  # fmt: skip


def read_layout(document: Any) -> SeatingPlan:
    """Make a plan of a document. Raises InvalidLayout with every fault in it."""
    findings = Findings()
    node = Node(document if isinstance(document, dict) else {}, "", findings)
    if node.members is not document:
        node.fault("", "This is not an object.")
    elif "zones" in document or ("size" in document and "rows" not in document):
        plan = read_zones(node)
    elif "plan" in document:
        plan = read_plan_with_side_list(node)
    else:
        plan = read_plain(node)
    check_storable(document, findings)
    if findings.faults:
        raise InvalidLayout(findings.faults)
    return plan
