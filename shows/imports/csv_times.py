"""Days and times of day as people write them in tables."""

import re
from datetime import date, datetime, time, timedelta

from eventbooking_system.timezones import FIRST_DAY, LAST_DAY, TimeRefused, parse_time
from shows.imports.errors import RowRefused, printable

_DAYS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<day>[0-9]{1,2})\. ?(?P<month>[0-9]{1,2})\. ?(?P<year>[0-9]{4})"),
)
# The day of a cinema ends in the small hours: 25:30 is half past one of the next morning.
_TIME = re.compile(r"(?P<hour>[0-2]?[0-9])[:.h](?P<minute>[0-5][0-9])([:.](?P<second>[0-5][0-9]))?")
_LAST_HOUR = 29


def read_start(text: str) -> tuple[datetime, bool]:
    """
    Read a start, and say whether it has its venue's offset.

    The start is ISO 8601, or a day and a time such as `28.11.2026 19:30` or `2026-11-28 25:30`.
    Without an offset it is local time. `Z` is UTC and claims nothing. Raises RowRefused.
    """
    day_text, _, time_text = text.replace("T", " ", 1).partition(" ")
    if time_text and (found := _day(day_text)) and _TIME.fullmatch(time_text):
        return _at(found, time_text, field="start"), False
    try:
        start = parse_time(text)
    except TimeRefused as refused:
        raise RowRefused(f"start: {printable(text)}: {refused.detail}") from refused
    if ":" not in text:
        raise RowRefused(f"start: {printable(text)} has no time of day.")
    return start, start.tzinfo is not None and text[-1] not in "Zz"


def start_of(day: str, time_of_day: str) -> datetime:
    """Read a start from separate cells for day and time. Raises RowRefused."""
    found = _day(day)
    if found is None:
        raise RowRefused(f"date: {printable(day)} is not a day such as 2026-11-28 or 28.11.2026.")
    return _at(found, time_of_day, field="time")


def _day(text: str) -> date | None:
    for pattern in _DAYS:
        if match := pattern.fullmatch(text):
            parts = {name: int(digits) for name, digits in match.groupdict().items()}
            try:
                return date(**parts)
            except ValueError:  # Such as the 30th of February.
                return None
    return None


def _at(day: date, text: str, *, field: str) -> datetime:
    match = _TIME.fullmatch(text)
    if match is None or int(match["hour"]) > _LAST_HOUR:
        raise RowRefused(f"{field}: {printable(text)} is not a time such as 19:30 or 25:30.")
    if not FIRST_DAY <= day <= LAST_DAY:
        years = f"{FIRST_DAY.year} to {LAST_DAY.year}"
        raise RowRefused(f"{field}: {day} is not in the years {years}.")
    return datetime.combine(day, time.min) + timedelta(
        hours=int(match["hour"]), minutes=int(match["minute"]), seconds=int(match["second"] or 0)
    )
