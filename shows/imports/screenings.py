"""Scheduling of the rows of a CSV file."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from eventbooking_system.timezones import localised
from events.models import Event
from shows.imports.csv_rows import VENUE_FACTS, RefusedRow, Screening
from shows.imports.errors import RowRefused, refusals
from shows.imports.matching import Wanted
from shows.imports.report import Report
from shows.imports.updating import ShowsWriter
from shows.imports.writer import Writer, categories_of, check_zone
from shows.models import Show
from shows.services import NewShow
from venues.models import Screen, Venue
from venues.selectors import find_venue

# The kind of file, in the keys of its shows.
SOURCE = "csv"


class ScreeningImporter(Writer):
    """
    Schedules screenings, and creates the venues, screens and films that they need.

    `venues` maps the file's names of venues to facts about them. A new screen gets a plain layout of
    `seats` seats.
    """

    def __init__(
        self,
        *,
        venues: Mapping[str, Mapping[str, Any]],
        seats: int,
        cleaning_minutes: int,
        report: Report,
    ) -> None:
        super().__init__(rehearsal=report.is_rehearsal)
        self.report = report
        self._facts = venues
        self._seats = seats
        self._cleaning_minutes = cleaning_minutes
        self._venues: dict[tuple[str, str, str], Venue] = {}
        self._screens: dict[tuple[int, str], tuple[Screen, list[str]]] = {}
        self._events: dict[tuple[str, int | None, int | None], Event] = {}

    def write(self, rows: Iterable[Screening | RefusedRow]) -> None:
        """Write the rows of a file. The report says what became of each."""
        wanted = []
        for row in rows:
            name = f"line {row.line}"
            if isinstance(row, RefusedRow):
                self.report.refuse(name, row.reason)
                continue
            try:
                with refusals():
                    show = self._new_show(row)
            except RowRefused as refused:
                self.report.refuse(name, refused)
            else:
                wanted.append(Wanted(name, show, f"{SOURCE}:{row.key}" if row.key else ""))
        ShowsWriter(self, self.report, SOURCE).write(wanted)

    def _new_show(self, screening: Screening) -> NewShow:
        venue = self._venue(screening)
        start = _instant(screening, venue.timezone)
        event = self._event(screening)
        screen, categories = self._screen(venue, screening.screen)
        minutes = screening.minutes or event.duration_minutes
        language, format = (screening.more.get(name, "") for name in ("language", "format"))
        show = Show(language=language, format=format)
        show.clean_fields(exclude=_all_but(Show, "language", "format"))
        return NewShow(
            event,
            screen,
            prices=_prices_of(screening, categories),
            fields={
                "start_time": start,
                "end_time": start + timedelta(minutes=minutes),
                "currency": screening.currency,
                "language": language,
                "format": format,
                "cleaning_minutes": self._cleaning_minutes,
                "import_key": f"{SOURCE}:{screening.key}",
            },
        )

    def _venue(self, screening: Screening) -> Venue:
        """Find or create the venue of a row. Venues of one name differ by city and country."""
        facts = {**screening.venue_facts, **self._facts.get(screening.venue, {})}
        name = facts.setdefault("name", screening.venue)
        city, country = (str(facts.get(fact) or "") for fact in ("city", "country"))
        key = screening.venue, city.casefold(), country.casefold()
        if key not in self._venues:
            found = find_venue(slug=screening.venue, name=name, city=city, country=country)
            self._venues[key] = found or self._new_venue(facts, screening.more)
        check_zone(self._venues[key], facts.get("timezone") or "")
        return self._venues[key]

    def _new_venue(self, facts: Mapping[str, Any], more: Mapping[str, str]) -> Venue:
        given = {name: more[name] for name in VENUE_FACTS if name in more}
        return self.create_venue({**given, **facts, "cleaning_minutes": self._cleaning_minutes})

    def _screen(self, venue: Venue, name: str) -> tuple[Screen, list[str]]:
        key = (venue.pk, name)
        if key not in self._screens:
            found = venue.screens.filter(name=name).first()
            screen = found or self.create_screen(venue, name, seats=self._seats)
            self._screens[key] = screen, categories_of(screen)
        return self._screens[key]

    def _event(self, screening: Screening) -> Event:
        key = screening.film, screening.year, screening.minutes
        if key not in self._events:
            found = self.find_film(screening.film, year=screening.year, minutes=screening.minutes)
            self._events[key] = found or self._new_event(screening)
        return self._events[key]

    def _new_event(self, screening: Screening) -> Event:
        if screening.minutes is None:
            raise RowRefused("minutes: no value, and the film is not in the catalogue.")
        more = {name: screening.more.get(name, "") for name in ("certificate", "language")}
        # The day is not known, but the year tells the film from others of its title.
        released = screening.year and date(screening.year, 1, 1)
        return self.create_film(
            {
                "title": screening.film,
                "duration_minutes": screening.minutes,
                "release_date": released,
                **more,
            }
        )


def _instant(screening: Screening, zone: str) -> datetime:
    """
    Return the instant of a start. Raises InvalidField, or RowRefused for a wrong offset.

    A wall clock with the offset of another place or season would be a show at a wrong hour.
    """
    start = screening.start
    if (
        screening.claims_offset
        and start.utcoffset() != (there := start.astimezone(ZoneInfo(zone))).utcoffset()
    ):
        raise RowRefused(
            f"start: the offset of {start.isoformat(timespec='minutes')} is not that of {zone}, "
            f"where it is {there.isoformat(timespec='minutes')} then."
        )
    return localised(start, zone, field="start")


def _prices_of(screening: Screening, categories: Sequence[str]) -> dict[str, dict[str, Decimal]]:
    """Give each category its own prices, or those of the rest."""
    own = {name: amounts for name, amounts in screening.prices.items() if name}
    rest = screening.prices.get("")
    prices = dict(own)
    if rest:
        prices = dict.fromkeys(categories, rest) | own
    return prices


def _all_but(model: Any, *names: str) -> list[str]:
    return [field.name for field in model._meta.fields if field.name not in names]
