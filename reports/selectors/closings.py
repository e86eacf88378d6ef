"""The figures that the closing of a business day writes down."""

from datetime import date
from typing import Any

from reports.selectors.admissions import admissions
from reports.selectors.requests import Figures, Wanted, currencies_of
from reports.selectors.takings import refunds, takings
from venues.models import Venue


def day_figures(venue: Venue, day: date) -> dict[str, Any]:
    """
    Return the figures of a venue's business day, by currency.

    They are takings, refunds and admissions, as JSON.
    """
    figures = {}
    wanted = Wanted([venue], day, day, ())
    for currency in currencies_of(wanted):
        of_day = Wanted([venue], day, day, (), currency)
        reports = {
            "takings": takings(of_day),
            "refunds": refunds(of_day),
            "admissions": admissions(of_day),
        }
        figures[currency] = {name: _plain(report) for name, report in reports.items()}
    return figures


def _plain(figures: Figures) -> dict[str, Any]:
    return {
        name: value if isinstance(value, int) else figures.formatted(value)
        for name, value in figures.totals.items()
    }
