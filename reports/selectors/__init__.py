"""The figures of each report."""

from reports.selectors.admissions import admissions, tax
from reports.selectors.lines import ticket_lines
from reports.selectors.occupancy import occupancy
from reports.selectors.requests import Figures, Group, Wanted, calendar_of
from reports.selectors.returns import BoxOfficeReturn, box_office_return
from reports.selectors.takings import refunds, takings

__all__ = [
    "BoxOfficeReturn",
    "Figures",
    "Group",
    "Wanted",
    "admissions",
    "box_office_return",
    "calendar_of",
    "occupancy",
    "refunds",
    "takings",
    "tax",
    "ticket_lines",
]
