"""Writing of venues, screens, films and shows of any file."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import unwrap
from itertools import count
from typing import Any

from django.db import IntegrityError, transaction

from events.models import Event
from events.services import create_event
from shows.errors import ShowOverlap
from shows.imports.errors import CHANGED_MEANWHILE, RowRefused, printable
from shows.models import Show
from shows.services import NewShow, schedule_shows
from venues.models import Screen, Venue
from venues.services import create_screen, create_venue, replace_layout

CATEGORY = "Standard"
# How many shows one transaction schedules.
BATCH = 200
_SEATS_IN_ROW = 12
# In minutes: how much shorter or longer than its film a screening may be.
_MAX_CUT, _MAX_TRAILERS = 20, 60


class Writer:
    """
    A writer that uses the services and counts new rows.

    It counts venues, screens and films. A rehearsal writes as well; its caller opens a transaction
    and rolls it back.
    """

    def __init__(self, *, rehearsal: bool = False) -> None:
        self.created: Counter[str] = Counter()
        self._rehearsal = rehearsal

    def create_venue(self, fields: Mapping[str, Any]) -> Venue:
        Venue(**fields).full_clean(exclude=["slug"])
        return self._create("venues", create_venue, fields=fields)

    def create_screen(self, venue: Venue, name: str, *, seats: int) -> Screen:
        """Create a screen with a plain rectangular layout."""
        Screen(venue=venue, name=name).clean_fields()
        screen = self._create("screens", create_screen, venue_id=venue.pk, fields={"name": name})
        self.call(replace_layout, screen_id=screen.pk, document=plain_hall(seats))
        return screen

    def find_film(
        self, title: str, *, year: int | None = None, minutes: int | None = None
    ) -> Event | None:
        """Find the film of this title with the nearest year and length."""
        films = Event.objects.filter(title=title, kind=Event.Kind.MOVIE).order_by("pk")
        fitting = [film for film in films if is_same_film(film, year=year, minutes=minutes)]
        return min(fitting, key=lambda film: _distance(film, year, minutes), default=None)

    def create_film(self, fields: Mapping[str, Any]) -> Event:
        fields = {"kind": Event.Kind.MOVIE, "is_published": True, **fields}
        columns = {name: value for name, value in fields.items() if name != "genres"}
        Event(**columns).clean_fields(exclude=["slug"])
        return self._create("films", create_event, fields=fields)

    def call(self, service: Callable[..., Any], **arguments: Any) -> Any:
        """
        Call a service.

        In a rehearsal the call is a savepoint of the caller's transaction.
        """
        if not self._rehearsal:
            return service(**arguments)
        with transaction.atomic():
            return unwrap(service)(**arguments)

    def schedule_all(self, new_shows: Sequence[NewShow]) -> Iterator[bool | RowRefused]:
        """
        Schedule shows in batches, and yield a result for each.

        True means that the show is new, False that the same show exists. A RowRefused says why the
        show was refused.
        """
        for start in range(0, len(new_shows), BATCH):
            yield from self._schedule(new_shows[start : start + BATCH])

    def _schedule(self, new_shows: Sequence[NewShow]) -> Iterator[bool | RowRefused]:
        try:
            scheduled = self.call(schedule_shows, new_shows=new_shows)
        except IntegrityError:
            # A writer that does not lock screens was first. Refuse only the shows that overlap its shows.
            if len(new_shows) == 1:
                yield RowRefused(CHANGED_MEANWHILE)
                return
            for new_show in new_shows:
                yield from self._schedule([new_show])
            return
        overlaps = [result for result in scheduled if isinstance(result, ShowOverlap)]
        others = Show.objects.in_bulk(
            [overlap.members["conflicting_show_id"] for overlap in overlaps]
        )
        for new_show, result in zip(new_shows, scheduled, strict=True):
            if isinstance(result, Show):
                yield True
                continue
            other = others.get(result.members.get("conflicting_show_id"))
            start = new_show.fields["start_time"]
            is_this = other and (other.event_id, other.start_time) == (new_show.event.pk, start)
            yield False if is_this else RowRefused(result.detail)

    def _create(self, kind: str, service: Callable[..., Any], **arguments: Any) -> Any:
        result = self.call(service, **arguments)
        self.created[kind] += 1
        return result


def check_zone(venue: Venue, zone: str) -> None:
    """Refuse a file that gives a venue another time zone. Raises RowRefused."""
    if zone and zone != venue.timezone:
        raise RowRefused(
            f"timezone: {printable(venue.name)} is in {venue.timezone}, not in {printable(zone)}."
        )


def is_same_film(film: Event, *, year: int | None, minutes: int | None) -> bool:
    """
    Say whether a film of the same title is this one.

    A remake is another film. A release may differ by a year between countries. A film of another
    year is the same only if it is as long to two minutes, as in a re-release. If a year is unknown,
    the length decides: a screening may be up to an hour longer than its film, with trailers and a
    break, but hardly shorter.
    """
    longer = None if minutes is None else minutes - film.duration_minutes
    if year and film.release_date:
        return abs(film.release_date.year - year) <= 1 or (longer is not None and abs(longer) <= 2)
    return longer is None or -_MAX_CUT <= longer <= _MAX_TRAILERS


def _distance(film: Event, year: int | None, minutes: int | None) -> tuple[int, int, int]:
    years = abs(film.release_date.year - year) if year and film.release_date else 0
    length = 0 if minutes is None else abs(film.duration_minutes - minutes)
    return years, length, film.pk


def categories_of(screen: Screen) -> list[str]:
    """List the names of the categories that have seats."""
    categories = screen.seat_categories.filter(seats__isnull=False).distinct()
    return [category.name for category in categories]


def plain_hall(seats: int) -> dict[str, Any]:
    """Build a layout from a number of seats only."""
    rows = []
    for index in count():
        left = seats - index * _SEATS_IN_ROW
        if left <= 0:
            return {"rows": rows}
        row = {"row": _letters(index), "seats": min(left, _SEATS_IN_ROW), "category": CATEGORY}
        rows.append(row)


def _letters(index: int) -> str:
    """Return a row's label: A to Z, then AA to ZZ."""
    letters = ""
    while index >= 0:
        index, letter = divmod(index, 26)
        letters = chr(ord("A") + letter) + letters
        index -= 1
    return letters
