"""Writing what a file of any kind says: venues, screens, films, and shows many at a time."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import unwrap
from itertools import count
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from events.models import Event
from events.services import create_event
from shows.errors import ShowOverlap
from shows.imports.refusing import CHANGED_MEANWHILE, RowRefused, shown
from shows.models import Show
from shows.services import Plan, schedule_shows
from venues.models import Screen, Venue
from venues.services import create_screen, create_venue, replace_layout

CATEGORY = "Standard"
# As many shows are scheduled in one transaction.
BATCH = 200
_SEATS_IN_ROW = 12


class Writer:
    """
    Writes what a file says through the services, and counts what is made on the way.

    A rehearsal writes, and expects a transaction around it that is undone.
    """

    def __init__(self, *, rehearsal: bool = False) -> None:
        self.made: Counter[str] = Counter()
        self._rehearsal = rehearsal

    def find_venue(self, key: str, name: str, *, city: str = "", country: str = "") -> Venue | None:
        """
        Find a venue by its slug, or by its name with its city and country, if they are known.

        Raises RowRefused if there are several.
        """
        named = Q(name=name)
        if city:
            named &= Q(city__iexact=city)
        if country:
            named &= Q(country__iexact=country)
        found = Venue.objects.filter(Q(slug=key) | named)[:2]
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
                yield RowRefused(CHANGED_MEANWHILE)
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
