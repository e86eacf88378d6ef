"""
The programme: many shows at once, copied weeks, and repeated shows.

Each use case is one transaction. Either every show is scheduled, or the refused ones are skipped and
named, as the caller chooses.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.db import transaction
from django.db.models import QuerySet

from eventbooking_system.errors import DomainError, InvalidField
from eventbooking_system.timezones import FIRST_DAY, LAST_DAY, day_bounds, localised
from events.models import Event
from shows.errors import ShowOverlap
from shows.models import VERSION_FIELDS, Show
from shows.services.pricing import Prices
from shows.services.scheduling import NewShow, schedule_within
from venues.models import SALES_TERMS, Screen, Venue

MAX_SHOWS = 500
# Rules of hours, minutes and seconds could be followed for a long time without a result.
_RULE = re.compile(r"(?:RRULE:)?FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY)(?:;[A-Z]+=[A-Z0-9,+-]+)*")
_COPIED = (
    "language", "format", "currency", "max_seats_per_booking", "single_seat_rule",
    "needs_confirmed_account", "publication", "early_bird_percent", *VERSION_FIELDS,
)  # fmt: skip


@dataclass(frozen=True)
class Skipped:
    """
    A show that was not scheduled.

    It has its place in the request or the copy, and the reason.
    """

    index: int
    code: str
    detail: str


@dataclass(frozen=True)
class Programme:
    """The shows that were scheduled, or would be, and the skipped ones."""

    shows: Sequence[Show]
    skipped: Sequence[Skipped]
    dry_run: bool


@transaction.atomic(durable=True)
def schedule_programme(
    *, rows: Sequence[Mapping[str, Any]], on_conflict: str = "fail", dry_run: bool = False
) -> Programme:
    """
    Schedule many shows. Each row has the ids `event` and `screen`, and the fields of a show.

    `on_conflict` is "fail", which schedules all or none, or "skip". Raises InvalidField and
    ShowOverlap for the first refused row.
    """
    events = Event.objects.in_bulk({row["event"] for row in rows})
    screens = Screen.objects.in_bulk({row["screen"] for row in rows})
    planned = [_new_show(row, events, screens) for row in rows]
    return _scheduled(planned, on_conflict, dry_run, place=lambda index: f"shows.{index}.")


@transaction.atomic(durable=True)
def copy_week(
    *,
    venue: int,
    from_week: date,
    to_week: date,
    also_to: Sequence[date] = (),
    days: int = 7,
    screens: Sequence[int] = (),
    on_conflict: str = "fail",
    dry_run: bool = False,
) -> Programme:
    """
    Copy a week's shows, or its first `days`, to other weeks.

    `from_week`, `to_week` and `also_to` are first days. A day is the venue's business day, so a show
    at 00:30 is copied with the evening before. Shows keep their time on the venue's clocks, their
    prices and their terms. Cancelled shows are left out. Raises InvalidField and ShowOverlap.
    """
    found = _venue_with(venue, screens)
    targets = {"to_week": to_week} | {f"also_to.{i}": day for i, day in enumerate(also_to)}
    for name, day in ({"from_week": from_week} | targets).items():
        if not FIRST_DAY <= day <= LAST_DAY:
            raise InvalidField(name, f"The year must be from {FIRST_DAY.year} to {LAST_DAY.year}.")
    sources = _sources(_shows_of_days(found, from_week, days, screens))
    if not sources:
        raise InvalidField("from_week", "There are no shows to copy in these days.", "empty")
    if len(sources) * len(targets) > MAX_SHOWS:
        raise InvalidField(
            "from_week", f"At most {MAX_SHOWS} shows are copied at once.", "too_many"
        )
    planned = [
        _copy(show, wall(show) + (day - from_week)) for day in targets.values() for show in sources
    ]
    names = list(targets)
    return _scheduled(
        planned, on_conflict, dry_run, place=lambda index: names[index // len(sources)]
    )


def _venue_with(venue: int, screens: Sequence[int]) -> Venue:
    """Return the venue. Raises InvalidField if it, or a screen of it, does not exist."""
    found = Venue.objects.filter(pk=venue).first()
    if found is None:
        raise InvalidField("venue", "There is no such venue.", "does_not_exist")
    unknown = set(screens) - set(found.screens.values_list("pk", flat=True))
    if unknown:
        raise InvalidField("screens", f"The venue has no screen {min(unknown)}.", "does_not_exist")
    return found


def _shows_of_days(venue: Venue, first: date, days: int, screens: Sequence[int]) -> QuerySet[Show]:
    """Select scheduled shows of business days, on all or some screens."""
    starts, ends = (
        day_bounds(day, venue.timezone, venue.business_day_starts_at)
        for day in (first, first + timedelta(days=days - 1))
    )
    return Show.objects.filter(
        screen__venue=venue,
        status=Show.Status.SCHEDULED,
        start_time__gte=starts[0],
        start_time__lt=ends[1],
        **({"screen__in": screens} if screens else {}),
    ).order_by("start_time", "screen")


@transaction.atomic(durable=True)
def repeat_show(
    *,
    show: int,
    rrule: str,
    until: date,
    skip_days: Sequence[date] = (),
    on_conflict: str = "fail",
    dry_run: bool = False,
) -> Programme:
    """
    Schedule a show again by a rule of RFC 5545, section 3.3.10.

    Times are the venue's wall time. `until` is the last day, and `skip_days` are days without a
    show. The show itself is not repeated on its own start. Raises InvalidField and ShowOverlap.
    """
    sources = _sources(Show.objects.filter(pk=show))
    if not sources:
        raise InvalidField("show", "There is no such show.", "does_not_exist")
    [source] = sources
    starts = _starts(rrule, wall(source), until)
    starts = [start for start in starts if start.date() not in set(skip_days)]
    if not starts:
        raise InvalidField("rrule", "This rule gives no show until that day.", "empty")
    if len(starts) > MAX_SHOWS:
        detail = f"This rule gives more than {MAX_SHOWS} shows. Choose an earlier day."
        raise InvalidField("until", detail, "too_many")
    planned = [_copy(source, start) for start in starts]
    return _scheduled(planned, on_conflict, dry_run, place=lambda _: "rrule")


def wall(show: Show) -> datetime:
    """Return a show's start in its venue's time, without offset."""
    zone = ZoneInfo(show.screen.venue.timezone)
    return show.start_time.astimezone(zone).replace(tzinfo=None)


def _starts(rule: str, first: datetime, until: date) -> list[datetime]:
    if not _RULE.fullmatch(rule):
        detail = "Send a rule such as FREQ=WEEKLY;BYDAY=MO,WE, with FREQ at its beginning."
        raise InvalidField("rrule", detail)
    if not first.date() <= until <= first.date() + timedelta(days=2 * 366):
        raise InvalidField("until", "Choose a day within two years after the show.")
    try:
        found = rrulestr(rule, dtstart=first)
        return list(islice(_from_second(found, first, until), MAX_SHOWS + 1 + 366))
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidField("rrule", "This is not a rule of RFC 5545.") from error


def _from_second(found: Any, first: datetime, until: date) -> Iterator[datetime]:
    for start in found:
        if start.date() > until:
            return
        if start != first:
            yield start


def _sources(shows: Any) -> list[Show]:
    return list(
        shows.select_related("event", "screen__venue").prefetch_related("show_prices__category")
    )


def _copy(source: Show, start: datetime) -> NewShow | InvalidField:
    """Plan a copy of a show at another wall time. Spans of time are kept as they elapse."""
    try:
        instant = localised(start, source.screen.venue.timezone, field="start_time")
    except InvalidField as refusal:
        return refusal
    shift = instant - source.start_time
    fields = {name: getattr(source, name) for name in (*_COPIED, *SALES_TERMS)}
    for name in ("sales_open_at", "sales_close_at", "publish_at", "early_bird_until"):
        value = getattr(source, name)
        fields[name] = value and value + shift
    fields |= {"start_time": instant, "end_time": source.end_time + shift}
    return NewShow(source.event, source.screen, _prices(source), fields)


def _prices(show: Show) -> Prices:
    prices: dict[str, dict[str, Any]] = {}
    for price in show.show_prices.all():
        prices.setdefault(price.category.name, {})[price.ticket_type] = price.amount
    return prices


def _new_show(
    row: Mapping[str, Any], events: Mapping[int, Event], screens: Mapping[int, Screen]
) -> NewShow | InvalidField:
    for name, found in (("event", events), ("screen", screens)):
        if row[name] not in found:
            return InvalidField(name, f"There is no such {name}.", "does_not_exist")
    own = ("event", "screen", "prices", "price_list")
    fields = {name: value for name, value in row.items() if name not in own}
    event, screen = events[row["event"]], screens[row["screen"]]
    return NewShow(event, screen, row.get("prices"), fields, row.get("price_list"))


def _scheduled(
    planned: Sequence[NewShow | InvalidField],
    on_conflict: str,
    dry_run: bool,
    *,
    place: Callable[[int], str],
) -> Programme:
    results: list[Show | DomainError | None] = [
        each if isinstance(each, DomainError) else None for each in planned
    ]
    indexes = [index for index, each in enumerate(planned) if isinstance(each, NewShow)]
    done = schedule_within([planned[index] for index in indexes])
    for index, result in zip(indexes, done, strict=True):
        results[index] = result
    refused = [(i, each) for i, each in enumerate(results) if isinstance(each, DomainError)]
    if refused and on_conflict == "fail":
        raise _located(*refused[0], place)
    if dry_run:
        transaction.set_rollback(True)
    return Programme(
        shows=[each for each in results if isinstance(each, Show)],
        skipped=[_skipped(index, refusal) for index, refusal in refused],
        dry_run=dry_run,
    )


def _located(index: int, refusal: DomainError, place: Callable[[int], str]) -> DomainError:
    """Return a refusal that names the show's place in the request."""
    if isinstance(refusal, ShowOverlap):
        return ShowOverlap(
            refusal.detail, show_id=refusal.members["conflicting_show_id"], index=index
        )
    [error] = refusal.members["errors"]
    where = place(index)
    field = where + error["field"] if where.endswith(".") else where
    return InvalidField(field, error["detail"], error["code"])


def _skipped(index: int, refusal: DomainError) -> Skipped:
    if isinstance(refusal, ShowOverlap):
        return Skipped(index, refusal.code, refusal.detail)
    [error] = refusal.members["errors"]
    return Skipped(index, refusal.code, f"{error['field']}: {error['detail']}")
