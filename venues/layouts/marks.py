"""The marks that a side list gives to a plan's seats."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from venues.layouts.findings import Findings


def check_marks(
    marks: Mapping[str, Any], rows: Mapping[str, str | None], findings: Findings
) -> None:
    """
    Report marks of unknown seats, and couples that cannot be sold together.

    `rows` gives the row of each seat by its GUID, or None where the row has a fault.
    """
    couples: dict[str, list[str]] = defaultdict(list)
    for guid, mark in marks.items():
        path = f"seats.{guid}"
        if guid not in rows:
            findings.fault(path, "No seat of the plan has this GUID.", "unknown_seat")
            continue
        if mark.get("accessible") and mark.get("companion"):
            findings.fault(f"{path}.companion", "This is a wheelchair space itself.")
        if couple := mark.get("couple"):
            couples[couple].append(guid)
    for couple, guids in couples.items():
        first = guids[0]
        if len(guids) == 1:
            detail = f"No other seat is sold together with it as {couple}."
            findings.fault(f"seats.{first}.couple", detail)
        for guid in guids[1:]:
            if rows[guid] != rows[first]:
                detail = f"{couple} begins in another row: seats.{first}."
                findings.fault(f"seats.{guid}.couple", detail)
