"""
Screenings from a CSV file: rows are read strictly, and a good one is scheduled like any show.

`docs/imports.md` says what a file looks like. Writer is for importers of every kind of file.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from inspect import unwrap
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from eventbooking_system.errors import DomainError
from eventbooking_system.timezones import FIRST_DAY, LAST_DAY
from events.models import Event
from events.services import create_event
from shows.errors import ShowOverlap
from shows.models import Show
from shows.services import Plan, schedule_shows
from venues.models import Screen, Venue
from venues.services import create_screen, create_venue, replace_layout
from venues.timezones import localised

REQUIRED = ("venue", "screen", "film", "start", "price", "currency")
VENUE_FACTS = ("city", "country", "timezone", "address")
FIELDS = (*REQUIRED, "minutes", "certificate", "language", "format", *VENUE_FACTS)
LONGEST = 6000
CATEGORY = "Standard"
# As many shows are scheduled in one transaction.
BATCH = 200
_SEATS_IN_ROW = 12
_CHANGED_MEANWHILE = "Somebody else changed this screen in the same moment."
_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")


class FileRefused(Exception):
    """Nothing of the file can be read; the text says why."""


class RowRefused(Exception):
    """The text says what is wrong with the row."""


@dataclass(frozen=True)
class Screening:
    """A row. `start` is as it was written: without an offset it is a time of the venue."""

    line: int
    venue: str
    screen: str
    film: str
    start: datetime
    minutes: int | None
    price: Decimal
    currency: str
    more: Mapping[str, str]
    """What else was said of the film, the show or the venue."""


@dataclass(frozen=True)
class Refusal:
    line: int
    reason: str


def read_screenings(
    text: Iterable[str], *, columns: Mapping[str, str], defaults: Mapping[str, str]
) -> Iterator[Screening | Refusal]:
    """
    Read a CSV file with a header.

    `columns` names a field's column where it is not the field's own name; `defaults` are the
    values of fields without a column or a value. Raises FileRefused.
    """
    reader = csv.reader(text)
    try:
        places = _places(next(reader, []), columns, defaults)
    except csv.Error as error:
        raise FileRefused(f"The header is not CSV: {error}.") from error
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
            if any(cells):
                yield _screening(line, cells, places, defaults)
        except StopIteration:
            return
        except RowRefused as refused:
            yield Refusal(line, str(refused))
        except csv.Error as error:
            yield Refusal(line, f"Not CSV: {error}.")


def _places(
    header: Sequence[str], columns: Mapping[str, str], defaults: Mapping[str, str]
) -> dict[str, int]:
    """Where in a row each field stands."""
    names = [name.strip() for name in header]
    if twice := sorted(name for name, times in Counter(names).items() if name and times > 1):
        raise FileRefused(f"The header has {', '.join(twice)} twice.")
    if unknown := sorted({*columns, *defaults} - set(FIELDS)):
        raise FileRefused(f"No such field: {', '.join(unknown)}. There are {', '.join(FIELDS)}.")
    sought = {field: columns.get(field, field) for field in FIELDS}
    missing = [
        name
        for field, name in sought.items()
        if name not in names and (field in columns or (field in REQUIRED and field not in defaults))
    ]
    if missing:
        # A file that is no table may have a header of any length.
        there = shown(", ".join(names), 300) or "none"
        raise FileRefused(f"No column {', '.join(missing)}. The columns are: {there}.")
    return {field: names.index(name) for field, name in sought.items() if name in names}


def _screening(
    line: int, cells: Sequence[str], places: Mapping[str, int], defaults: Mapping[str, str]
) -> Screening:
    if len(cells) <= max(places.values()):
        raise RowRefused("The row has fewer fields than the header.")
    values = dict(defaults)
    for field, place in places.items():
        # Spaces at the ends and line breaks within a field are a spreadsheet's, not a title's.
        if value := " ".join(cells[place].split()):
            values[field] = _clean(field, value)
    for field in REQUIRED:
        if not values.get(field):
            raise RowRefused(f"{field}: no value.")
    return Screening(
        line=line,
        venue=values.pop("venue"),
        screen=values.pop("screen"),
        film=values.pop("film"),
        start=_start(values.pop("start")),
        minutes=_minutes(values.pop("minutes", "")),
        price=_price(values.pop("price")),
        currency=values.pop("currency"),
        more=values,
    )


def _clean(field: str, value: str) -> str:
    if "\0" in value:
        raise RowRefused(f"{field}: holds a NUL byte.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise RowRefused(f"{field}: {shown(value)} is not in the file's encoding.")
    return value


def _start(value: str) -> datetime:
    try:
        start = datetime.fromisoformat(value)
    except ValueError:
        start = None
    if start is None or ":" not in value:
        raise RowRefused(f"start: {shown(value)} is not a time such as 2026-11-28T19:30.")
    if not FIRST_DAY <= start.date() <= LAST_DAY:
        years = f"{FIRST_DAY.year} to {LAST_DAY.year}"
        raise RowRefused(f"start: {shown(value)} is not in the years {years}.")
    return start


def _minutes(value: str) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= LONGEST):
        raise RowRefused(f"minutes: {shown(value)} is not a whole number from 1 to {LONGEST}.")
    return int(value)


def _price(value: str) -> Decimal:
    if not _PRICE.fullmatch(value):
        raise RowRefused(f"price: {shown(value)} is not an amount such as 12.50.")
    return Decimal(value)


def shown(value: str, most: int = 40) -> str:
    """A value as a report may print it: short, on one line, in any encoding."""
    value = value if len(value) <= most else f"{value[: most - 1]}…"
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in value)


class Writer:
    """
    Writes what a file says through the services, and counts what is made on the way.

    A rehearsal writes, and expects a transaction around it that is undone.
    """

    def __init__(self, *, rehearsal: bool = False) -> None:
        self.made: Counter[str] = Counter()
        self._rehearsal = rehearsal

    def find_venue(self, key: str, name: str) -> Venue | None:
        """The venue with this slug or name. Raises RowRefused where there are several."""
        found = Venue.objects.filter(Q(slug=key) | Q(name=name))[:2]
        if len(found) > 1:
            raise RowRefused(f"venue: {len(found)} are called {shown(name)}; use the slug.")
        return found[0] if found else None

    def make_venue(self, fields: Mapping[str, Any]) -> Venue:
        Venue(**fields).full_clean(exclude=["slug"])
        return self._make("venues", create_venue, fields=fields)

    def make_screen(self, venue: Venue, name: str, *, seats: int) -> Screen:
        """A screen that is a plain hall."""
        Screen(venue=venue, name=name).clean_fields()
        screen = self._make("screens", create_screen, venue_id=venue.pk, fields={"name": name})
        self.do(replace_layout, screen_id=screen.pk, document=plain_hall(seats))
        return screen

    def find_film(self, title: str) -> Event | None:
        return Event.objects.filter(title=title).order_by("pk").first()

    def make_film(self, fields: Mapping[str, Any]) -> Event:
        fields = {"kind": Event.Kind.MOVIE, "is_published": True, **fields}
        columns = {name: value for name, value in fields.items() if name != "genres"}
        Event(**columns).clean_fields(exclude=["slug"])
        return self._make("films", create_event, fields=fields)

    def do(self, service: Callable[..., Any], **arguments: Any) -> Any:
        """Call a service; in a rehearsal as a step of the transaction that is undone."""
        if not self._rehearsal:
            return service(**arguments)
        with transaction.atomic():
            return unwrap(service)(**arguments)

    def schedule_all(self, plans: Sequence[Plan]) -> Iterator[bool | RowRefused]:
        """
        Schedule shows, many at a time: for each what refuses it, or whether it is new; False means
        that this very show is there already.
        """
        for start in range(0, len(plans), BATCH):
            yield from self._schedule(plans[start : start + BATCH])

    def _schedule(self, plans: Sequence[Plan]) -> Iterator[bool | RowRefused]:
        try:
            scheduled = self.do(schedule_shows, plans=plans)
        except IntegrityError:
            # Somebody who does not lock screens came between: only the rows of that slot suffer.
            if len(plans) == 1:
                yield RowRefused(_CHANGED_MEANWHILE)
                return
            for plan in plans:
                yield from self._schedule([plan])
            return
        overlaps = [result for result in scheduled if isinstance(result, ShowOverlap)]
        others = Show.objects.in_bulk(
            [overlap.members["conflicting_show_id"] for overlap in overlaps]
        )
        for plan, result in zip(plans, scheduled, strict=True):
            if isinstance(result, Show):
                yield True
                continue
            other = others.get(result.members.get("conflicting_show_id"))
            start = plan.fields["start_time"]
            is_this = other and (other.event_id, other.start_time) == (plan.event.pk, start)
            yield False if is_this else RowRefused(result.detail)

    def _make(self, kind: str, service: Callable[..., Any], **arguments: Any) -> Any:
        result = self.do(service, **arguments)
        self.made[kind] += 1
        return result


@contextmanager
def refusals() -> Iterator[None]:
    """Make of whatever refuses a row a RowRefused."""
    try:
        yield
    except DomainError as error:
        raise RowRefused(error.detail) from error
    except ValidationError as error:
        raise RowRefused(_reasons(error)) from error
    except IntegrityError as error:
        raise RowRefused(_CHANGED_MEANWHILE) from error


class Importer(Writer):
    """
    Schedules screenings. Venues, screens and films that do not exist are made on the way.

    `venues` holds what is known of venues, by the name that the file has for them; a screen that
    is made is a plain hall of `seats`.
    """

    def __init__(
        self,
        *,
        venues: Mapping[str, Mapping[str, Any]],
        seats: int,
        cleaning_minutes: int,
        rehearsal: bool = False,
    ) -> None:
        super().__init__(rehearsal=rehearsal)
        self._facts = venues
        self._seats = seats
        self._cleaning_minutes = cleaning_minutes
        self._venues: dict[str, Venue] = {}
        self._screens: dict[tuple[int, str], tuple[Screen, list[str]]] = {}
        self._events: dict[str, Event] = {}

    def take(self, screenings: Sequence[Screening]) -> list[bool | RowRefused]:
        """Schedule screenings together: for each what `schedule_all` says, or what refuses it."""
        results: list[bool | RowRefused] = [True] * len(screenings)
        plans = {}
        for index, screening in enumerate(screenings):
            try:
                with refusals():
                    plans[index] = self._plan(screening)
            except RowRefused as refused:
                results[index] = refused
        outcomes = self.schedule_all(list(plans.values()))
        return [
            next(outcomes) if index in plans else result for index, result in enumerate(results)
        ]

    def _plan(self, screening: Screening) -> Plan:
        venue = self._venue(screening)
        start = localised(screening.start, venue.timezone, field="start")
        event = self._event(screening)
        screen, categories = self._screen(venue, screening.screen)
        minutes = screening.minutes or event.duration_minutes
        language, format = (screening.more.get(name, "") for name in ("language", "format"))
        show = Show(language=language, format=format)
        show.clean_fields(exclude=_all_but(Show, "language", "format"))
        return Plan(
            event,
            screen,
            prices={category: {"": screening.price} for category in categories},
            fields={
                "start_time": start,
                "end_time": start + timedelta(minutes=minutes),
                "currency": screening.currency,
                "language": language,
                "format": format,
                "cleaning_minutes": self._cleaning_minutes,
            },
        )

    def _venue(self, screening: Screening) -> Venue:
        key = screening.venue
        if key not in self._venues:
            facts = {**self._facts.get(key, {})}
            name = facts.setdefault("name", key)
            found = self.find_venue(key, name)
            self._venues[key] = found or self._made_venue(facts, screening.more)
        return self._venues[key]

    def _made_venue(self, facts: Mapping[str, Any], more: Mapping[str, str]) -> Venue:
        said = {name: more[name] for name in VENUE_FACTS if name in more}
        return self.make_venue({**said, **facts, "cleaning_minutes": self._cleaning_minutes})

    def _screen(self, venue: Venue, name: str) -> tuple[Screen, list[str]]:
        key = (venue.pk, name)
        if key not in self._screens:
            found = venue.screens.filter(name=name).first()
            screen = found or self.make_screen(venue, name, seats=self._seats)
            self._screens[key] = screen, categories_of(screen)
        return self._screens[key]

    def _event(self, screening: Screening) -> Event:
        title = screening.film
        if title not in self._events:
            self._events[title] = self.find_film(title) or self._made_event(screening)
        return self._events[title]

    def _made_event(self, screening: Screening) -> Event:
        if screening.minutes is None:
            raise RowRefused("minutes: no value, and the catalogue does not have the film.")
        more = {name: screening.more.get(name, "") for name in ("certificate", "language")}
        return self.make_film(
            {"title": screening.film, "duration_minutes": screening.minutes, **more}
        )


def categories_of(screen: Screen) -> list[str]:
    """The names of the categories that have seats."""
    categories = screen.seat_categories.filter(seats__isnull=False).distinct()
    return [category.name for category in categories]


def plain_hall(seats: int) -> dict[str, Any]:
    """The layout of a hall of which only the size is known."""
    rows = []
    for index in count():
        left = seats - index * _SEATS_IN_ROW
        if left <= 0:
            return {"rows": rows}
        row = {"row": _letters(index), "seats": min(left, _SEATS_IN_ROW), "category": CATEGORY}
        rows.append(row)


def _letters(index: int) -> str:
    """A to Z, then AA to ZZ and so on, as rows are labelled."""
    letters = ""
    while index >= 0:
        index, letter = divmod(index, 26)
        letters = chr(ord("A") + letter) + letters
        index -= 1
    return letters


def _all_but(model: Any, *names: str) -> list[str]:
    return [field.name for field in model._meta.fields if field.name not in names]


def _reasons(error: ValidationError) -> str:
    return " ".join(
        f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()
    )
