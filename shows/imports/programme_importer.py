"""
The import of a cinema's programme.

It writes the venue, its screens and films, and a show for each session.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from eventbooking_system.timezones import localised
from events.models import Event
from shows.imports.errors import RowRefused, printable, refusals
from shows.imports.matching import Wanted
from shows.imports.programme import Programme, Session, local_time
from shows.imports.report import Report
from shows.imports.updating import ShowsWriter
from shows.imports.writer import Writer, categories_of, check_zone
from shows.models import Show
from shows.services import NewShow
from venues.models import Screen, Venue
from venues.selectors import find_venue
from venues.services import update_venue

# The kind of file, in the keys of its shows.
SOURCE = "venuemaster"


class ProgrammeImporter(Writer):
    """
    The writer of a programme.

    It writes the venue, its screens and films, and a show for each valid session. Existing rows
    stay as they are, except for the venue's fees, its tax, and the given `facts`. A screen of
    unknown size gets `seats` seats.
    """

    def __init__(
        self,
        programme: Programme,
        *,
        facts: Mapping[str, str],
        seats: int,
        cleaning_minutes: int,
        report: Report,
        only_listed: bool = False,
    ) -> None:
        super().__init__(rehearsal=report.is_rehearsal)
        self.report = report
        self.report.cancelled = 0
        self._programme = programme
        self._facts = facts
        self._seats = seats
        self._cleaning_minutes = cleaning_minutes
        self._only_listed = only_listed
        self._screens: dict[str, tuple[Screen, list[str]]] = {}
        self._films: dict[str, Event] = {}

    def write(self, *, slug: str | None = None) -> Venue:
        """
        Write the programme.

        It goes to the venue with this slug if one is given. Raises RowRefused, before anything is
        written, if the venue is invalid.
        """
        with refusals():
            venue = self._write_venue(slug)
        for code in self._programme.screens:
            self._try(f"screen {printable(code)}", partial(self._write_screen, code, venue))
        for code in self._programme.films:
            self._try(f"film {printable(code)}", partial(self._write_film, code))
        wanted = []
        for session in self._programme.sessions:
            if session.is_cancelled:
                continue
            try:
                with refusals():
                    show = self._new_show(session, venue)
            except RowRefused as refused:
                self.report.refuse(f"session {session.number}", refused)
            else:
                wanted.append(Wanted(f"session {session.number}", show, _key_of(session)))
        writer = ShowsWriter(self, self.report, SOURCE)
        dropped = self._leave_out(venue, writer)
        writer.write(wanted, dropped=dropped)
        return venue

    def _try(self, name: str, step: Callable[[], None]) -> None:
        """Run a step, or report why it was refused."""
        try:
            with refusals():
                step()
        except RowRefused as refused:
            self.report.say(f"{name}: {refused}")

    def _write_venue(self, slug: str | None) -> Venue:
        facts = {**self._programme.venue, **self._facts}
        name = facts["name"]
        place = {"city": facts.get("city", ""), "country": facts.get("country", "")}
        venue = find_venue(slug=slug) if slug else find_venue(name=name, **place)
        if venue is None and slug:
            raise RowRefused(f"there is no venue {printable(slug)}.")
        terms = self._programme.terms
        if venue is not None:
            check_zone(venue, facts.get("timezone", ""))
            self._update_venue(venue, {**terms, **self._facts})
            return venue
        for name in ("city", "country", "timezone"):
            if not facts.get(name):
                raise RowRefused(f"the file has no {name} of the venue: give --{name}.")
        return self.create_venue({**facts, **terms, "cleaning_minutes": self._cleaning_minutes})

    def _update_venue(self, venue: Venue, fields: Mapping[str, Any]) -> None:
        changed = {name: value for name, value in fields.items() if getattr(venue, name) != value}
        if not changed:
            return
        for name, value in changed.items():
            setattr(venue, name, value)
        venue.full_clean()
        self.call(update_venue, venue_id=venue.pk, fields=changed)
        changes = ", ".join(f"{name} {value}" for name, value in sorted(changed.items()))
        self.report.say(f"venue: changed to {changes}.")

    def _write_screen(self, code: str, venue: Venue) -> None:
        name, seats = self._programme.screens[code]
        screen = venue.screens.filter(name=name).first()
        if screen is None:
            screen = self.create_screen(venue, name, seats=seats or self._seats)
        self._screens[code] = screen, categories_of(screen)

    def _write_film(self, code: str) -> None:
        film = self._programme.films[code]
        release = local_time(film.release)
        event = self.find_film(
            film.facts["title"], year=release and release.year, minutes=film.minutes
        )
        if event is None:
            event = self.create_film(
                {
                    **film.facts,
                    "duration_minutes": film.minutes or self._minutes_of(code),
                    "release_date": release and release.date(),
                }
            )
        self._films[code] = event

    def _minutes_of(self, code: str) -> int:
        """Estimate a film's length from its longest session without trailers."""
        lengths = []
        for session in self._programme.sessions:
            with suppress(RowRefused):
                if session.film == code and (minutes := session.minutes()):
                    lengths.append(minutes - session.trailers)
        if not lengths:
            raise RowRefused("the file does not say how long it is, and it has no session.")
        return max(lengths)

    def _new_show(self, session: Session, venue: Venue) -> NewShow:
        screen, categories, event, start = self._find(session, venue)
        group = self._programme.groups.get(session.group)
        if group is None:
            raise RowRefused(f"there is no price group {printable(session.group)}.")
        prices = self._programme.prices_of(group, only_listed=self._only_listed)
        minutes = session.minutes() or session.trailers + event.duration_minutes
        return NewShow(
            event,
            screen,
            prices=dict.fromkeys(categories, prices),
            fields={
                "start_time": start,
                "end_time": start + timedelta(minutes=minutes),
                "currency": self._programme.currency,
                "format": "3D" if group.is_3d else "",
                "cleaning_minutes": self._cleaning_minutes,
                "import_key": _key_of(session),
                **self._programme.terms_of(group),
            },
        )

    def _find(self, session: Session, venue: Venue) -> tuple[Screen, list[str], Event, datetime]:
        if session.screen not in self._screens:
            raise RowRefused(f"there is no screen {printable(session.screen)}.")
        if session.film not in self._films:
            raise RowRefused(f"there is no film {printable(session.film)}.")
        start = session.starts()
        if start is None:
            raise RowRefused("it does not say when it starts.")
        start = localised(start, venue.timezone, field="start")
        return *self._screens[session.screen], self._films[session.film], start

    def _leave_out(self, venue: Venue, writer: ShowsWriter) -> set[int]:
        """
        Report the cancelled sessions, and return the keys of their shows.

        A file may list the same session again as not cancelled. In an update a show that was not sold
        is withdrawn. Cancelling one that was sold refunds money, which an import must not do.
        """
        on = {_slot(session) for session in self._programme.sessions if not session.is_cancelled}
        keys = {
            _key_of(session) for session in self._programme.sessions if not session.is_cancelled
        }
        dropped = set()
        for session in self._programme.sessions:
            if not session.is_cancelled:
                continue
            self.report.cancelled += 1
            show = self._show_of(session, venue)
            if show is None or show.import_key in keys or _slot(session) in on:
                self.report.say(f"session {session.number}: cancelled, left out.")
            else:
                dropped.add(show.pk)
                writer.withdraw(show, f"session {session.number}, cancelled")
        return dropped

    def _show_of(self, session: Session, venue: Venue) -> Show | None:
        with suppress(RowRefused), refusals():
            screen, _, event, start = self._find(session, venue)
            shows = Show.objects.filter(screen=screen, event=event, start_time=start)
            shows = shows.select_related("event", "screen__venue")
            return shows.filter(status=Show.Status.SCHEDULED).first()
        return None


def _slot(session: Session) -> tuple[str, str, str]:
    return session.screen, session.film, session.start


def _key_of(session: Session) -> str:
    return f"{SOURCE}:{session.number}"
