"""
The programme of a cinema, as its point of sale knows it, and writing it: the venue, its screens
and films, and its sessions as shows.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from eventbooking_system.money import rounded
from events.models import Event
from shows.imports import RowRefused, Writer, categories_of, refusals, shown
from shows.models import Show
from shows.services import Plan
from venues.models import Screen, Venue
from venues.services import update_venue
from venues.timezones import localised

# The year with which the program says that there is no such time.
_NO_YEAR = 1899
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}")


@dataclass(frozen=True)
class TicketType:
    """`default_price` is what it costs where no list says otherwise; 0 says nothing."""

    name: str
    seats: int
    default_price: Decimal


@dataclass(frozen=True)
class PriceGroup:
    """What a session of the group costs: the types by code that its list has, and the fees."""

    is_default: bool
    is_3d: bool
    fee_per_ticket: Decimal
    fee_per_booking: Decimal
    listed: Mapping[str, Decimal]
    withdrawn: Collection[str]


@dataclass(frozen=True)
class Session:
    """Its members as they are written: what they refer to may not be there, nor the times."""

    number: int
    is_cancelled: bool
    screen: str
    film: str
    group: str
    start: str
    end: str
    trailers: int

    def starts(self) -> datetime | None:
        """In the venue's local time. Raises RowRefused."""
        return local_time(self.start)

    def minutes(self) -> int | None:
        """
        How long the screen is taken, where it says so. Raises RowRefused.

        The program adds trailers and film to the local start, so its local times are subtracted.
        """
        start, end = local_time(self.start), local_time(self.end)
        return (end - start) // timedelta(minutes=1) if start and end else None


@dataclass(frozen=True)
class Film:
    """`minutes` is None where the file says 0; `release` is as it is written."""

    minutes: int | None
    release: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Programme:
    """A file that is well formed. Everything but the sessions is by its code."""

    venue: Mapping[str, str]
    currency: str
    tax: Mapping[str, Any]
    screens: Mapping[str, tuple[str, int | None]]
    films: Mapping[str, Film]
    ticket_types: Mapping[str, TicketType]
    groups: Mapping[str, PriceGroup]
    sessions: Sequence[Session]

    @property
    def terms(self) -> dict[str, Any]:
        """The sales terms of the venue: its fees are those of the group for new sessions."""
        groups = self.groups.values()
        usual = next((group for group in groups if group.is_default), None) or next(iter(groups))
        return self.terms_of(usual)

    def terms_of(self, group: PriceGroup) -> dict[str, Any]:
        fees = {
            "fee_per_ticket": group.fee_per_ticket,
            "fee_per_booking": group.fee_per_booking,
        }
        return {**fees, **self.tax}

    def prices_of(self, group: PriceGroup, *, only_listed: bool) -> dict[str, Decimal]:
        """
        What each ticket type costs, for one seat, the default type first. Raises RowRefused.

        The default type is the dearest of the list that is for one seat: who says nothing pays
        in full. What has no price of its own costs as much, so that nobody sits for nothing.
        Left out is what the list withdraws, and what its seats cannot share to the cent.
        """
        for_one = [code for code, price in group.listed.items() if self._is_for_one(code) and price]
        if not for_one:
            raise RowRefused("its price group has no price for a seat.")
        default = max(for_one, key=group.listed.__getitem__)
        others = group.listed if only_listed else {**group.listed, **self.ticket_types}
        prices = {}
        for code in {default: None, **dict.fromkeys(others)}:
            price = self._price_of_seat(group, code)
            if price is not None:
                prices[self.ticket_types[code].name] = price or group.listed[default]
        return prices

    def _is_for_one(self, code: str) -> bool:
        return self.ticket_types[code].seats == 1

    def _price_of_seat(self, group: PriceGroup, code: str) -> Decimal | None:
        """A family's ticket is for several seats, and here each of them is booked by itself."""
        kind = self.ticket_types[code]
        price = group.listed.get(code) or kind.default_price
        seats = max(kind.seats, 1)
        share = rounded(price / seats, self.currency)
        return None if code in group.withdrawn or share * seats != price else share


def local_time(text: str) -> datetime | None:
    """A local time, None where there is none. Raises RowRefused."""
    try:
        # strptime by itself takes fewer digits as well.
        if not _TIME.fullmatch(text):
            raise ValueError
        when = datetime.strptime(text, "%Y%m%dT%H%M%S")
    except ValueError as error:
        raise RowRefused(f"{shown(text)} is not a time such as 20250819T110000.") from error
    return None if when.year == _NO_YEAR else when


@dataclass
class Report:
    """What became of the sessions; `lines` are what there is to say of single things."""

    taken: int = 0
    repeated: int = 0
    cancelled: int = 0
    refused: int = 0
    lines: list[str] = field(default_factory=list)


class ProgrammeImporter(Writer):
    """
    Writes a programme: the venue, its screens, all its films, and each good session as a show.

    What is there already stays as it is, but for the venue's fees, its tax, and the `facts` that
    somebody said of it. A screen of unknown size gets `seats`. A rehearsal expects a transaction
    around it that is undone.
    """

    def __init__(
        self,
        programme: Programme,
        *,
        facts: Mapping[str, str],
        seats: int,
        cleaning_minutes: int,
        only_listed: bool = False,
        rehearsal: bool = False,
    ) -> None:
        super().__init__(rehearsal=rehearsal)
        self.report = Report()
        self._programme = programme
        self._facts = facts
        self._seats = seats
        self._cleaning_minutes = cleaning_minutes
        self._only_listed = only_listed
        self._screens: dict[str, tuple[Screen, list[str]]] = {}
        self._films: dict[str, Event] = {}

    def write(self, *, slug: str | None = None) -> Venue:
        """
        Write all of it, to the venue with this slug if one is given.

        Raises RowRefused, before anything is written, for a venue that cannot be.
        """
        with refusals():
            venue = self._write_venue(slug)
        for code in self._programme.screens:
            self._try(f"screen {shown(code)}", partial(self._write_screen, code, venue))
        for code in self._programme.films:
            self._try(f"film {shown(code)}", partial(self._write_film, code))
        on = {_slot(session) for session in self._programme.sessions if not session.is_cancelled}
        plans = [self._planned(session, venue) for session in self._programme.sessions]
        outcomes = self.schedule_all([plan for plan in plans if isinstance(plan, Plan)])
        for session, plan in zip(self._programme.sessions, plans, strict=True):
            if plan is None:
                self._leave_out(session, venue, is_on_all_the_same=_slot(session) in on)
            else:
                self._note(session, next(outcomes) if isinstance(plan, Plan) else plan)
        return venue

    def _try(self, name: str, step: Callable[[], None]) -> None:
        """Do a step, or report what refuses it."""
        try:
            with refusals():
                step()
        except RowRefused as refused:
            self.report.lines.append(f"{name}: {refused}")

    def _write_venue(self, slug: str | None) -> Venue:
        facts = {**self._programme.venue, **self._facts}
        name = facts["name"]
        venue = self.find_venue(slug or name, "" if slug else name)
        if venue is None and slug:
            raise RowRefused(f"there is no venue {shown(slug)}.")
        terms = self._programme.terms
        if venue is not None:
            self._update_venue(venue, {**terms, **self._facts})
            return venue
        for name in ("city", "country", "timezone"):
            if not facts.get(name):
                raise RowRefused(f"the file does not say the venue's {name}: say --{name}.")
        return self.make_venue({**facts, **terms, "cleaning_minutes": self._cleaning_minutes})

    def _update_venue(self, venue: Venue, fields: Mapping[str, Any]) -> None:
        changed = {name: value for name, value in fields.items() if getattr(venue, name) != value}
        if not changed:
            return
        for name, value in changed.items():
            setattr(venue, name, value)
        venue.full_clean()
        self.do(update_venue, venue_id=venue.pk, fields=changed)
        said = ", ".join(f"{name} {value}" for name, value in sorted(changed.items()))
        self.report.lines.append(f"venue: changed to {said}.")

    def _write_screen(self, code: str, venue: Venue) -> None:
        name, seats = self._programme.screens[code]
        screen = venue.screens.filter(name=name).first()
        if screen is None:
            screen = self.make_screen(venue, name, seats=seats or self._seats)
        self._screens[code] = screen, categories_of(screen)

    def _write_film(self, code: str) -> None:
        film = self._programme.films[code]
        event = self.find_film(film.facts["title"])
        if event is None:
            release = local_time(film.release)
            event = self.make_film(
                {
                    **film.facts,
                    "duration_minutes": film.minutes or self._minutes_of(code),
                    "release_date": release and release.date(),
                }
            )
        self._films[code] = event

    def _minutes_of(self, code: str) -> int:
        """Of a film of which the file does not say it: as its longest session, less trailers."""
        lengths = []
        for session in self._programme.sessions:
            with suppress(RowRefused):
                if session.film == code and (minutes := session.minutes()):
                    lengths.append(minutes - session.trailers)
        if not lengths:
            raise RowRefused("the file does not say how long it is, and it has no session.")
        return max(lengths)

    def _note(self, session: Session, outcome: bool | RowRefused) -> None:
        """Count what became of a session: whether its show is new, or what refuses it."""
        if isinstance(outcome, RowRefused):
            self.report.refused += 1
            self.report.lines.append(f"session {session.number}: {outcome}")
        elif outcome:
            self.report.taken += 1
        else:
            self.report.repeated += 1

    def _planned(self, session: Session, venue: Venue) -> Plan | RowRefused | None:
        """The show of a session, or what refuses it; None for one that is cancelled."""
        if session.is_cancelled:
            return None
        try:
            with refusals():
                return self._plan(session, venue)
        except RowRefused as refused:
            return refused

    def _plan(self, session: Session, venue: Venue) -> Plan:
        screen, categories, event, start = self._find(session, venue)
        group = self._programme.groups.get(session.group)
        if group is None:
            raise RowRefused(f"there is no price group {shown(session.group)}.")
        prices = self._programme.prices_of(group, only_listed=self._only_listed)
        minutes = session.minutes() or session.trailers + event.duration_minutes
        return Plan(
            event,
            screen,
            prices=dict.fromkeys(categories, prices),
            fields={
                "start_time": start,
                "end_time": start + timedelta(minutes=minutes),
                "currency": self._programme.currency,
                "format": "3D" if group.is_3d else "",
                "cleaning_minutes": self._cleaning_minutes,
                **self._programme.terms_of(group),
            },
        )

    def _find(self, session: Session, venue: Venue) -> tuple[Screen, list[str], Event, datetime]:
        if session.screen not in self._screens:
            raise RowRefused(f"there is no screen {shown(session.screen)}.")
        if session.film not in self._films:
            raise RowRefused(f"there is no film {shown(session.film)}.")
        start = session.starts()
        if start is None:
            raise RowRefused("it does not say when it starts.")
        start = localised(start, venue.timezone, field="start")
        return *self._screens[session.screen], self._films[session.film], start

    def _leave_out(self, session: Session, venue: Venue, *, is_on_all_the_same: bool) -> None:
        """A programme holds a cancelled session and, now and then, the same one once more."""
        self.report.cancelled += 1
        show = None
        with suppress(RowRefused), refusals():
            screen, _, event, start = self._find(session, venue)
            shows = Show.objects.filter(screen=screen, event=event, start_time=start)
            show = shows.filter(status=Show.Status.SCHEDULED).first()
        if show is None or is_on_all_the_same:
            self.report.lines.append(f"session {session.number}: cancelled, left out.")
        else:
            # Cancelling gives money back, which no import may do by itself.
            self.report.lines.append(
                f"session {session.number}: cancelled, but show {show.pk} is still on: cancel it."
            )


def _slot(session: Session) -> tuple[str, str, str]:
    return session.screen, session.film, session.start
