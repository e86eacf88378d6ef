"""The figures of each report."""

from reports.selectors.admissions import admissions, tax
from reports.selectors.closings import day_figures
from reports.selectors.lines import ticket_count, ticket_lines
from reports.selectors.occupancy import occupancy
from reports.selectors.requests import (
    GROUPS,
    MAX_DAYS,
    Figures,
    Group,
    Wanted,
    calendar_of,
    currencies_of,
)
from reports.selectors.returns import BoxOfficeReturn, box_office_return
from reports.selectors.tables import figure_rows, return_header, return_rows
from reports.selectors.takings import refunds, takings
from reports.selectors.today import ShowToday, TakingsToday, shows_today, takings_today

__all__ = [
    "GROUPS",
    "MAX_DAYS",
    "BoxOfficeReturn",
    "Figures",
    "Group",
    "ShowToday",
    "TakingsToday",
    "Wanted",
    "admissions",
    "box_office_return",
    "calendar_of",
    "currencies_of",
    "day_figures",
    "figure_rows",
    "occupancy",
    "refunds",
    "return_header",
    "return_rows",
    "shows_today",
    "takings",
    "takings_today",
    "tax",
    "ticket_count",
    "ticket_lines",
]
