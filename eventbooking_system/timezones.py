"""
Time zones: instants of local times, and limits of local days.

The zones are those of the `tzdata` package, so that every machine knows the same ones.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from eventbooking_system.errors import InvalidField

# The days that a request may name. Their instants fit into Python's and every database's range.
FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2200, 12, 31)
# No zone was ever farther from UTC than this; the farthest today is Pacific/Kiritimati.
MAX_OFFSET = timedelta(hours=14)


class TimeRefused(ValueError):
    """A text that is not a usable time. `detail` says why, and `code` for a program."""

    def __init__(self, detail: str, code: str = "invalid") -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


@cache
def zone_names() -> frozenset[str]:
    # "Factory" is the zone of a machine that nobody has set up.
    return frozenset(files("tzdata").joinpath("zones").read_text().split()) - {"Factory"}


def validate_zone(name: str) -> None:
    """Refuse a value that is not an exact IANA name. For model fields."""
    if name not in zone_names():
        raise ValidationError("Not an IANA time zone, such as Asia/Kolkata.", "unknown_zone")


def parse_time(text: str, *, any_year: bool = False) -> datetime:
    """
    Parse an ISO 8601 time, with or without an offset.

    Raises TimeRefused for another text, for a year that no request may name, and for an offset
    beyond ±14:00: `10:00-20:30` is a range of times and not an offset.
    """
    try:
        # parse_datetime ignores a NUL byte at the end.
        value = None if "\0" in text else parse_datetime(text)
    except ValueError:  # Such as the 30th of February.
        value = None
    if value is None:
        raise TimeRefused("This is not a time such as 2026-11-28T19:30 or 2026-11-28T19:30+01:00.")
    if abs(value.utcoffset() or timedelta()) > MAX_OFFSET:
        raise TimeRefused(
            "The offset is beyond ±14:00, which no time zone has. Send one time, and not a range.",
            "offset",
        )
    if not (any_year or FIRST_DAY <= value.date() <= LAST_DAY):
        years = f"{FIRST_DAY.year} to {LAST_DAY.year}"
        raise TimeRefused(f"The year must be from {years}.", "year")
    return value


def localised(value: datetime, zone: str, *, field: str) -> datetime:
    """
    Return the UTC instant of a time, local or with an offset.

    Python adds a timedelta to the wall clock of a time with a zone, which is an hour more or less
    than passes when the clocks change. In UTC it is the time that passes.

    Raises InvalidField, naming `field`, for a time that a clock change skips or repeats.
    """
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    if not FIRST_DAY <= value.date() <= LAST_DAY:
        raise InvalidField(field, f"The year must be from {FIRST_DAY.year} to {LAST_DAY.year}.")
    first, second = (value.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if _is_skipped(first):
        detail = (
            f"{value:%Y-%m-%d %H:%M} does not exist in {zone}, because the clocks are put forward."
        )
        raise InvalidField(field, detail, "nonexistent_time")
    detail = (
        f"{value:%Y-%m-%d %H:%M} comes twice in {zone}, because the clocks are put back. "
        "Send the time with its offset."
    )
    raise InvalidField(field, detail, "ambiguous_time")


def _is_skipped(local: datetime) -> bool:
    """
    Return whether no wall clock shows this time.

    Such a time changes on the way to UTC and back.
    """
    there_and_back = local.astimezone(UTC).astimezone(local.tzinfo)
    return there_and_back.replace(tzinfo=None) != local.replace(tzinfo=None, fold=0)


def on_wall(instant: datetime, zone: str) -> str:
    """Write an instant in a zone, with the zone's name."""
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def span_on_wall(start: datetime, end: datetime, zone: str) -> str:
    """Write a span in a zone: `2031-03-08 19:30 to 22:15 Asia/Kolkata`."""
    first, last = (instant.astimezone(ZoneInfo(zone)) for instant in (start, end))
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {until} {zone}"


def day_bounds(day: date, zone: str, starts_at: time = time.min) -> tuple[datetime, datetime]:
    """
    Return the first instants of a local day and the next.

    They are 23 to 25 hours apart. A business day begins later than at midnight, at `starts_at`.
    """
    return _beginning(day, zone, starts_at), _beginning(day + timedelta(days=1), zone, starts_at)


def _beginning(day: date, zone: str, starts_at: time) -> datetime:
    # If midnight comes twice, the first one counts; if it is skipped, the moment of the change.
    return datetime.combine(day, starts_at, ZoneInfo(zone)).astimezone(UTC)


def on_local_days(
    first: date | None,
    last: date | None,
    *,
    zones: Iterable[str],
    in_zones: Callable[[list[str]], Q],
) -> Q:
    """
    Return a condition for shows that start on these local days.

    Days are `first` to `last` in the venue's zone. None means no limit. `zones` are all zones that
    venues have. `in_zones` makes the condition that a show is in one of some zones: zones with the
    same instants share one condition.
    """
    agreeing = defaultdict(list)
    for zone in set(zones):
        since = day_bounds(first, zone)[0] if first else None
        until = day_bounds(last, zone)[1] if last else None
        agreeing[since, until].append(zone)
    if not agreeing:
        return Q(pk__in=[])
    starts = [since for since, _ in agreeing if since]
    ends = [until for _, until in agreeing if until]
    matches = _between(max(starts, default=None), min(ends, default=None))
    if len(agreeing) > 1:
        for span, names in agreeing.items():
            matches |= _between(*span) & in_zones(sorted(names))
        # The span of all zones, which an index on the time can serve.
        matches &= _between(min(starts, default=None), max(ends, default=None))
    return matches


def _between(since: datetime | None, until: datetime | None) -> Q:
    limits = {"start_time__gte": since, "start_time__lt": until}
    return Q(**{lookup: limit for lookup, limit in limits.items() if limit is not None})
