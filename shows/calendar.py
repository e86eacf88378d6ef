"""
Shows and bookings as iCalendar files (RFC 5545).

An entry has the same UID at every time it is fetched or sent, so a calendar replaces what it has.
SEQUENCE and LAST-MODIFIED come from the history of all that the entry says.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import cache, lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Max, Model
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress

from events.models import Event as CatalogueEvent
from shows.models import Installation, Show
from venues.models import Screen, Venue

CONFIRMED, TENTATIVE, CANCELLED = "CONFIRMED", "TENTATIVE", "CANCELLED"
# A zone is described by the changes of its clocks within this time of the show.
_AROUND = timedelta(days=400)
_BEGINNING = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Entry:
    """The facts in which a booking's entry differs from its show's."""

    booking_id: int
    reference: str
    status: str
    revision: int
    changed_at: datetime


@dataclass(frozen=True)
class Revision:
    """The number and the time of an entry's changes, and its installation."""

    number: int
    changed_at: datetime
    installation: UUID


def show_calendar(
    show: Show, *, entry: Entry | None = None, revision: Revision | None = None
) -> bytes:
    """
    Write a show as a calendar with one entry.

    The entry is for everyone or for a booking. The show's `revision` is read if it is not given.
    """
    revision = revision or revisions_of([show])[show.pk]
    number, changed_at = revision.number, revision.changed_at
    status = CANCELLED if show.status == Show.Status.CANCELLED else CONFIRMED
    uid = f"show-{show.pk}"
    if entry:
        number, changed_at = number + entry.revision, max(changed_at, entry.changed_at)
        status = status if status == CANCELLED else entry.status
        uid = f"booking-{entry.booking_id}"
    item = Event()
    item.add("uid", f"{uid}@{revision.installation}")
    for name in ("dtstamp", "last-modified"):
        item.add(name, changed_at)
    item.add("sequence", number)
    item.add("status", status)
    item["organizer"] = _organizer(show)
    _describe(item, show)
    if entry:
        item.add("description", f"Booking {entry.reference}")
    begin, end = _calendar_around("CANCEL" if status == CANCELLED else "PUBLISH")
    zone = _zone_around(show.screen.venue.timezone, show.start_time, show.end_time)
    return b"".join([begin, zone, item.to_ical(), end])


@cache
def _calendar_around(method: str) -> tuple[bytes, bytes]:
    """Write the lines of a calendar before and after its components."""
    calendar = Calendar()
    calendar.add("prodid", "-//Event Booking System//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    end = b"END:VCALENDAR\r\n"
    return calendar.to_ical().removesuffix(end), end


def media_type_of(calendar: bytes) -> str:
    """Return a calendar's media type with its method (RFC 5545)."""
    method = "CANCEL" if b"\r\nMETHOD:CANCEL\r\n" in calendar else "PUBLISH"
    return f"text/calendar; method={method}"


def _describe(item: Event, show: Show) -> None:
    venue = show.screen.venue
    zone = ZoneInfo(venue.timezone)
    item.add("dtstart", show.start_time.astimezone(zone))
    item.add("dtend", show.end_time.astimezone(zone))
    item.add("summary", _plain(show.event.title))
    place = (show.screen.name, venue.name, venue.address, venue.city)
    item.add("location", ", ".join(_plain(part) for part in place if part))


def _organizer(show: Show) -> vCalAddress:
    """Build the organizer, which a calendar with a method must have."""
    organizer = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    # Quotation marks cannot be escaped in a parameter.
    organizer.params["CN"] = _plain(show.screen.venue.name).replace('"', "'")
    return organizer


def _plain(text: str) -> str:
    """Replace control characters, which iCalendar forbids, and line breaks with spaces."""
    signs = (" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    return " ".join("".join(signs).split())


def revisions_of(shows: Sequence[Show]) -> dict[int, Revision]:
    """Count the changes of the entries, and find the last one. The histories have them."""
    ids = [show.pk for show in shows]
    # With every screen that a show was on, so that the number grows when it moves to another one.
    screens = defaultdict(set)
    moves = Show.history.filter(id__in=ids).order_by().values_list("id", "screen").distinct()
    for show_id, screen_id in moves:
        screens[show_id].add(screen_id)
    of_shows = _changes_in(Show, ids)
    of_events = _changes_in(CatalogueEvent, {show.event_id for show in shows})
    of_screens = _changes_in(Screen, set().union(*screens.values()))
    of_venues = _changes_in(Venue, {show.screen.venue_id for show in shows})
    installation = Installation.current_identity()
    return {
        show.pk: _revision(
            installation,
            of_shows[show.pk],
            of_events[show.event_id],
            [row for screen_id in screens[show.pk] for row in of_screens[screen_id]],
            of_venues[show.screen.venue_id],
        )
        for show in shows
    }


def _changes_in(model: type[Model], ids: Iterable[int]) -> dict[int, list[tuple[int, datetime]]]:
    """Count the history rows of each object, and find the last one."""
    found = defaultdict(list)
    rows = model.history.filter(id__in=ids).order_by().values_list("id")
    for row_id, number, last in rows.annotate(Count("history_date"), Max("history_date")):
        found[row_id].append((number, last))
    return found


def _revision(installation: UUID, *histories: list[tuple[int, datetime]]) -> Revision:
    numbers = [sum(number for number, _ in history) for history in histories]
    times = [last for history in histories for _, last in history]
    return Revision(
        number=sum(max(0, number - 1) for number in numbers),
        changed_at=max([datetime(2000, 1, 1, tzinfo=UTC), *times]),
        installation=installation,
    )


@lru_cache(maxsize=200)
def _zone_around(name: str, start: datetime, end: datetime) -> bytes:
    """
    Describe a zone by its clock changes around a show.

    Rules without an end and lists of dates are read differently by different programs. Each change
    is a part of its own here, and no rule is needed. Times in UTC name no zone.
    """
    if name == "UTC":
        return b""
    zone = ZoneInfo(name)
    component = Timezone()
    component.add("tzid", name)
    first, last = start - _AROUND, end + _AROUND
    changes = list(_changes(zone, first, last))
    before = [change for change in changes if change <= start]
    within = [change for change in changes if start < change <= end]
    after = [change for change in changes if change > end]
    # Two before and one after: what is in force at the show, and the other half of the year.
    chosen = [*before[-2:], *within, *after[:1]]
    if not before:
        component.add_component(_part(_BEGINNING, first.astimezone(zone), first.astimezone(zone)))
    for change in chosen:
        old = (change - timedelta(seconds=1)).astimezone(zone)
        new = change.astimezone(zone)
        wall = (change + old.utcoffset()).replace(tzinfo=None)
        component.add_component(_part(wall, old, new))
    return component.to_ical()


def _part(wall: datetime, old: datetime, new: datetime) -> TimezoneStandard | TimezoneDaylight:
    """Build the zone's part that begins when old clocks show `wall`."""
    part = TimezoneDaylight() if new.dst() > timedelta() else TimezoneStandard()
    part.add("dtstart", wall)
    part.add("tzoffsetfrom", old.utcoffset())
    part.add("tzoffsetto", new.utcoffset())
    part.add("tzname", new.tzname())
    return part


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Find the instants at which a zone's clocks change. They are exact to the second."""

    def clocks(instant: datetime) -> tuple:
        local = instant.astimezone(zone)
        return local.utcoffset(), local.dst(), local.tzname()

    early = first.astimezone(UTC).replace(microsecond=0)
    while early < last:
        late = early + timedelta(days=1)
        if clocks(early) != clocks(late):
            low, high = early, late
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
                low, high = (middle, high) if clocks(middle) == clocks(low) else (low, middle)
            yield high
        early = late
