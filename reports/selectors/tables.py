"""Figures as rows, for files."""

from collections.abc import Iterator, Sequence
from typing import Any

from reports.selectors.occupancy import rate
from reports.selectors.requests import Figures, Measures
from reports.selectors.returns import BoxOfficeReturn


def figure_rows(figures: Figures) -> Iterator[Sequence[Any]]:
    """Yield a header, the groups and the totals of a report."""
    names = list(figures.totals)
    extra = ["occupancy"] if "blocked" in figures.totals else []
    yield [*figures.group_by, "label", *names, *extra, "currency"]
    for group in figures.groups:
        own = _values(figures, group.measures)
        yield [*group.dimensions.values(), group.label, *own, figures.currency]
    blanks = [""] * len(figures.group_by)
    yield [*blanks, "Total", *_values(figures, figures.totals), figures.currency]


def return_rows(report: BoxOfficeReturn) -> Iterator[Sequence[Any]]:
    """Yield the days and the totals of a film's week."""
    title = report.event.title
    for group in report.days:
        yield [title, group.dimensions["day"], *_values(report, group.measures), report.currency]
    sums = {"week": report.week, "week before": report.week_before, "to date": report.to_date}
    for name, measures in sums.items():
        yield [title, name, *_values(report, measures), report.currency]


def return_header(report: BoxOfficeReturn) -> list[str]:
    return ["film", "day", *report.week, "currency"]


def _values(figures: Any, measures: Measures) -> list[Any]:
    values = [
        value if isinstance(value, int) else figures.formatted(value) for value in measures.values()
    ]
    return [*values, rate(measures)] if "blocked" in measures else values
