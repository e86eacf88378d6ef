"""
Business days and film weeks: plain computation.

A business day begins at a venue's `business_day_starts_at`, so a show at 00:30 belongs to the
evening before. A film week has seven business days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
# More than the clocks of any zone change.
_MARGIN = timedelta(hours=3)


@dataclass(frozen=True)
class Calendar:
    """How a venue counts its days. `week_starts_on` is 0 for Monday, as in `date.weekday`."""

    zone: str
    day_starts_at: time
    week_starts_on: int

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def day_of(self, instant: datetime) -> date:
        """Return the business day of an instant."""
        local = instant.astimezone(self.tz).replace(tzinfo=None)
        start = timedelta(hours=self.day_starts_at.hour, minutes=self.day_starts_at.minute)
        return (local - start).date()

    def start_of(self, day: date) -> datetime:
        """
        Return when a business day begins.

        A start within the hour of a clock change may be an hour off.
        """
        return datetime.combine(day, self.day_starts_at, self.tz).astimezone(UTC)

    def week_of(self, day: date) -> date:
        """Return the first day of the film week of a day."""
        return day - timedelta(days=(day.weekday() - self.week_starts_on) % 7)

    def is_over(self, day: date, *, now: datetime) -> bool:
        """Return whether a business day has ended."""
        return self.day_of(now) > day


def instants_around(
    first: date, last: date, calendars: Iterable[Calendar]
) -> tuple[datetime, datetime]:
    """Return instants that contain these business days, and little more."""
    starts = [calendar.start_of(first) for calendar in calendars] or [_midnight(first)]
    ends = [calendar.start_of(last + DAY) for calendar in calendars] or [_midnight(last)]
    return min(starts) - _MARGIN, max(ends) + _MARGIN


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def calendar_of(venue: Any) -> Calendar:
    """Return how a venue counts its days."""
    return Calendar(venue.timezone, venue.business_day_starts_at, venue.week_starts_on)
