"""The return of a film's week to its distributor."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from eventbooking_system.money import formatted
from events.models import Event
from reports.selectors.admissions import admissions
from reports.selectors.requests import Figures, Group, Measures, Wanted
from shows.models import Show
from venues.business_days import WEEK

LAST_DAY = timedelta(days=6)


@dataclass(frozen=True)
class BoxOfficeReturn:
    """A film's week: its days, sums, and the time before and after."""

    as_of: datetime
    event: Event
    currency: str
    week_from: date
    week_to: date
    days: list[Group]
    week: Measures
    week_before: Measures
    to_date: Measures

    def formatted(self, value: Any) -> str:
        """Write an amount in the return's currency."""
        return formatted(value, self.currency) if self.currency else "0"


def box_office_return(wanted: Wanted, *, event: Event) -> BoxOfficeReturn:
    """Return a film's week, which begins with `wanted.date_from`. Days without shows are left out."""
    days = _of_event(replace(wanted, group_by=("event", "day")), event)
    first = Show.objects.filter(event=event).order_by("start_time").first()
    began = first.start_time.date() - timedelta(days=2) if first else wanted.date_from
    spans = {
        "week_before": (wanted.date_from - WEEK, wanted.date_from - timedelta(days=1)),
        "to_date": (min(began, wanted.date_from), wanted.date_to),
    }
    others = {
        name: _of_event(
            replace(
                wanted, date_from=since, date_to=until, group_by=("event",), currency=days.currency
            ),
            event,
        ).totals
        for name, (since, until) in spans.items()
    }
    return BoxOfficeReturn(
        days.as_of, event, days.currency, wanted.date_from, wanted.date_to,
        list(days.groups), days.totals, **others,
    )  # fmt: skip


def _of_event(wanted: Wanted, event: Event) -> Figures:
    return admissions(replace(wanted, event=event.pk))
