"""The figures of each report."""

from reports.selectors.admissions import admissions, tax
from reports.selectors.lines import ticket_lines
from reports.selectors.occupancy import occupancy
from reports.selectors.requests import Figures, Group, Wanted, calendar_of
from reports.selectors.returns import BoxOfficeReturn, box_office_return
from reports.selectors.takings import refunds, takings
from reports.selectors.today import ShowToday, TakingsToday, shows_today, takings_today

__all__ = [
    "BoxOfficeReturn",
    "Figures",
    "Group",
    "ShowToday",
    "TakingsToday",
    "Wanted",
    "admissions",
    "box_office_return",
    "calendar_of",
    "occupancy",
    "refunds",
    "shows_today",
    "takings",
    "takings_today",
    "tax",
    "ticket_lines",
]
