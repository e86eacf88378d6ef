"""
A world of any size, copied into PostgreSQL, as no service makes a million bookings in minutes.

It writes the rows that the services would have written, and `check_invariants` agrees. It needs a
superuser, as it leaves out the foreign keys' own checks, and an otherwise quiet database.

    python manage.py shell --no-imports -c "from benchmarks.grow import grow; grow(bookings=10**6)"
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from io import TextIOBase
from itertools import islice
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from bookings.models import (
    BookedSeat,
    Booking,
    BookingTransition,
    LedgerEntry,
    Payment,
    Ticket,
)
from events.models import Event, Genre
from shows.models import Show, ShowPrice, ShowSeat
from users.models import User
from venues.models import Screen, Seat, SeatCategory, Venue

CITIES = 200
GENRES = 20
ZONES = ("Asia/Kolkata", "Europe/London", "America/New_York", "Australia/Adelaide", "Asia/Tokyo")
LANGUAGES = ("Hindi", "English", "Telugu", "Korean", "Spanish", "French", "Japanese")
FORMATS = ("2D", "3D", "IMAX", "")
_SEATS_OF_BOOKING = 2
# Shows are spread over ten weeks, seven of them past: 10⁵ of them are 10,000 a week.
_HOURS = 1680
_PAST = timedelta(hours=1176)
_SEATS_IN_ROW = 10
# Coprime to the number of shows: bookings that follow each other are for shows of all ten weeks.
_STRIDE = 7919
# One show in this many is sold out: its seats without a booking are blocked.
_SOLD_OUT = 50
WRITTEN = (
    Venue, Screen, SeatCategory, Seat, Genre, Event, Event.genres.through, Show, ShowPrice, ShowSeat,
    User, Booking, BookedSeat, Ticket, BookingTransition, Payment, LedgerEntry,
)  # fmt: skip


class World:
    """Where the new rows begin, and what of the world follows from a row's number alone."""

    def __init__(self, *, shows: int, seats: int, bookings: int) -> None:
        self.shows, self.seats, self.bookings = shows, seats, bookings
        self.venues = max(10, shows // 100)
        self.events = max(20, shows // 50)
        self.customers = max(100, bookings // 10)
        self._unstride = pow(_STRIDE, -1, shows)
        self.now = timezone.now().replace(minute=0, second=0, microsecond=0)
        self._last = {
            model: model.objects.aggregate(last=models.Max("pk"))["last"] or 0 for model in WRITTEN
        }

    def pk(self, model: type[models.Model], number: int) -> int:
        return self._last[model] + 1 + number

    def start(self, show: int) -> datetime:
        """A screen's shows follow each other at equal distances."""
        of_screen = -(-self.shows // self.venues)
        return self.now - _PAST + timedelta(hours=_HOURS * (show // self.venues) / of_screen)

    def end(self, show: int) -> datetime:
        return self.start(show) + timedelta(minutes=100)

    def price(self, show: int, seat: int) -> int:
        return 200 + show % 100 if seat < self.seats // 2 else 150

    def show_of(self, booking: int) -> int:
        return booking * _STRIDE % self.shows

    def is_sold_out(self, show: int) -> bool:
        return show % _SOLD_OUT == _SOLD_OUT - 1

    def seats_of(self, booking: int) -> Sequence[int]:
        first = _SEATS_OF_BOOKING * (booking // self.shows)
        return range(first, first + _SEATS_OF_BOOKING)

    def is_confirmed(self, booking: int) -> bool:
        """Seven of ten; nobody paid for the others."""
        return booking * 7 % 10 < 7

    def owner(self, show: int, seat: int) -> int | None:
        """The booking that has a seat of a show."""
        booking = seat // _SEATS_OF_BOOKING * self.shows + show * self._unstride % self.shows
        return booking if booking < self.bookings and self.is_confirmed(booking) else None

    def confirmed(self) -> Iterator[int]:
        return filter(self.is_confirmed, range(self.bookings))

    def booked_at(self, booking: int) -> datetime:
        return self.now - timedelta(days=300) * (1 - booking / self.bookings) - timedelta(hours=1)

    def total(self, booking: int) -> int:
        show = self.show_of(booking)
        return sum(self.price(show, seat) for seat in self.seats_of(booking))

    def line(self, booking: int, seat: int) -> int:
        """The number of a booking's line."""
        return _SEATS_OF_BOOKING * booking + seat % _SEATS_OF_BOOKING


@transaction.atomic
def _write(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL statement_timeout = 0")
    _write_places(world)
    _write_catalogue(world)
    _write_shows(world)
    _write_bookings(world)


def grow(*, bookings: int, shows: int | None = None, seats: int = 100) -> None:
    """
    Add shows with `seats` seats each, and bookings of two seats.

    There are a tenth as many shows as bookings by default. Seven bookings in ten are paid; the
    others have expired. One show in fifty is sold out.
    """
    shows = shows or max(100, bookings // 10)
    if bookings * _SEATS_OF_BOOKING > shows * seats:
        raise ValueError("There are not as many seats.")
    _write(World(shows=shows, seats=seats, bookings=bookings))
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")


def _write_places(world: World) -> None:
    venues = range(world.venues)
    _copy(
        Venue,
        ("id", "name", "slug", "city", "country", "timezone", "latitude", "longitude"),
        (
            (world.pk(Venue, v), f"Venue {v}", f"grown-venue-{world.pk(Venue, v)}",
             f"City {v % CITIES}", "IN", ZONES[v % len(ZONES)], v * 37 % 120 - 60, v * 71 % 340 - 170)
            for v in venues
        ),
    )  # fmt: skip
    _copy(
        Screen,
        ("id", "venue", "name"),
        ((world.pk(Screen, v), world.pk(Venue, v), "Screen 1") for v in venues),
    )
    _copy(
        SeatCategory,
        ("id", "screen", "name", "position"),
        (
            (world.pk(SeatCategory, 2 * v + rank), world.pk(Screen, v), name, rank)
            for v in venues
            for rank, name in enumerate(("Gold", "Silver"))
        ),
    )
    _copy(
        Seat,
        ("id", "screen", "category", "row", "number", "x", "y"),
        (
            (
                world.pk(Seat, v * world.seats + n),
                world.pk(Screen, v),
                world.pk(SeatCategory, 2 * v + (n >= world.seats // 2)),
                f"R{n // _SEATS_IN_ROW}",
                n % _SEATS_IN_ROW + 1,
                n % _SEATS_IN_ROW,
                n // _SEATS_IN_ROW,
            )
            for v in venues
            for n in range(world.seats)
        ),
    )


def _write_catalogue(world: World) -> None:
    kinds = Event.Kind.values
    events = range(world.events)
    base = world.pk(Genre, 0)
    _copy(Genre, ("id", "name"), ((base + g, f"Genre {base + g}") for g in range(GENRES)))
    _copy(
        Event,
        ("id", "kind", "title", "slug", "duration_minutes", "language", "release_date",
         "is_published", "description"),
        (
            (world.pk(Event, e), kinds[e % len(kinds)], f"Title {e}", f"grown-{world.pk(Event, e)}",
             100, LANGUAGES[e % len(LANGUAGES)], f"20{e % 25:02}-01-01", "t",
             f"The story of number {e} and of its word{e % 500}.")
            for e in events
        ),
    )  # fmt: skip
    genres = Event.genres.through
    _copy(
        genres,
        ("id", "event", "genre"),
        ((world.pk(genres, e), world.pk(Event, e), base + e % GENRES) for e in events),
    )


def _write_shows(world: World) -> None:
    def times(show: int) -> tuple[datetime, datetime, datetime]:
        end = world.end(show)
        return world.start(show), end, end + timedelta(minutes=15)

    shows, venues = range(world.shows), world.venues
    _copy(
        Show,
        ("id", "event", "screen", "language", "format", "currency", "start_time", "end_time",
         "occupied_until", "lowest_price", "highest_price"),
        (
            (world.pk(Show, s), world.pk(Event, s * 13 % world.events),
             world.pk(Screen, s % venues), LANGUAGES[s % len(LANGUAGES)], FORMATS[s % len(FORMATS)],
             "INR", *times(s), *sorted(world.price(s, rank * world.seats) for rank in (0, 1)))
            for s in shows
        ),
    )  # fmt: skip
    _copy(
        ShowPrice,
        ("id", "show", "category", "amount", "position"),
        (
            (world.pk(ShowPrice, 2 * s + rank), world.pk(Show, s),
             world.pk(SeatCategory, 2 * (s % venues) + rank), world.price(s, rank * world.seats), 0)
            for s in shows
            for rank in (0, 1)
        ),
    )  # fmt: skip
    _copy(
        ShowSeat,
        ("id", "show", "seat", "price", "status", "booking", "sells_last_until"),
        _stock(world),
    )


def _stock(world: World) -> Iterator[tuple[Any, ...]]:
    pk = world.pk(ShowSeat, 0)
    first_booking = world.pk(Booking, 0)
    for show in range(world.shows):
        show_pk, end = world.pk(Show, show), world.end(show)
        first_seat = world.pk(Seat, show % world.venues * world.seats)
        for seat in range(world.seats):
            owner = world.owner(show, seat)
            left = "blocked" if world.is_sold_out(show) else "available"
            has = (left, None) if owner is None else ("booked", first_booking + owner)
            until = end if seat == world.seats - 1 else None
            yield pk, show_pk, first_seat + seat, world.price(show, seat), *has, until
            pk += 1


def _write_bookings(world: World) -> None:
    if not world.bookings:
        return
    pk = world.pk
    customers = range(world.customers)
    _copy(
        User,
        ("id", "email", "password", "date_joined"),
        ((pk(User, c), f"grown{pk(User, c)}@bench.example", "!", world.now) for c in customers),
    )

    def line_pk(booking: int, seat: int) -> int:
        return pk(BookedSeat, world.line(booking, seat))

    _copy(
        Booking,
        ("id", "reference", "user", "show", "status", "booked_at", "expires_at", "currency",
         "subtotal", "discount", "fees", "tax", "total"),
        (
            (pk(Booking, b), f"G{pk(Booking, b):08}", pk(User, b // 10), pk(Show, world.show_of(b)),
             "confirmed" if world.is_confirmed(b) else "expired", world.booked_at(b),
             world.booked_at(b) + timedelta(minutes=10), "INR", world.total(b), 0, 0, 0,
             world.total(b))
            for b in range(world.bookings)
        ),
    )  # fmt: skip
    _copy(
        BookedSeat,
        ("id", "booking", "show_seat", "price"),
        (
            (line_pk(b, seat), pk(Booking, b), pk(ShowSeat, world.show_of(b) * world.seats + seat),
             world.price(world.show_of(b), seat))
            for b in range(world.bookings)
            for seat in world.seats_of(b)
        ),
    )  # fmt: skip
    _copy(
        Ticket,
        ("id", "booking", "booked_seat", "code", "issued_at"),
        (
            (line_pk(b, seat), pk(Booking, b), line_pk(b, seat), f"{line_pk(b, seat):011}",
             world.booked_at(b))
            for b in world.confirmed()
            for seat in world.seats_of(b)
        ),
    )  # fmt: skip
    _copy(
        BookingTransition,
        ("id", "booking", "from_status", "to_status", "at"),
        (
            (pk(BookingTransition, b), pk(Booking, b), "pending", "confirmed", world.booked_at(b))
            for b in world.confirmed()
        ),
    )
    _copy(
        Payment,
        ("id", "booking", "attempt", "provider", "provider_id", "status", "amount", "currency",
         "created_at", "updated_at"),
        (
            (pk(Payment, b), pk(Booking, b), 1, "sandbox", f"grown-{pk(Payment, b)}", "succeeded",
             world.total(b), "INR", world.booked_at(b), world.booked_at(b))
            for b in world.confirmed()
        ),
    )  # fmt: skip
    _copy(
        LedgerEntry,
        ("id", "booking", "payment", "kind", "amount", "currency", "at"),
        (
            (pk(LedgerEntry, 2 * b + rank), pk(Booking, b), payment, kind, world.total(b), "INR",
             world.booked_at(b))
            for b in world.confirmed()
            for rank, (kind, payment) in enumerate(
                (("tickets", None), ("captured", pk(Payment, b)))
            )
        ),
    )  # fmt: skip


def _copy(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows of these fields; the others get their defaults, of whatever fields there are."""
    fields = [model._meta.get_field(name) for name in names]
    others = [
        field
        for field in model._meta.concrete_fields
        if field not in fields and not field.generated
    ]
    defaults = [field.get_db_prep_save(field.get_default(), connection) for field in others]
    tail = "".join(f"\t{_written(value)}" for value in defaults) + "\n"
    lines = ("\t".join(map(_written, row)) + tail for row in rows)
    columns = ", ".join(f'"{field.column}"' for field in [*fields, *others])
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", _Lines(lines))
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )


def _written(value: Any) -> str:
    """As COPY reads it; there are no tabs and backslashes in what we write."""
    if value is None:
        return r"\N"
    return str(getattr(value, "adapted", value))


class _Lines(TextIOBase):
    """An iterator of lines as the file that psycopg2 reads from."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._left = ""

    def read(self, size: int | None = -1) -> str:
        if size is None or size < 0:
            return self._left + "".join(self._lines)
        while len(self._left) < size:
            chunk = "".join(islice(self._lines, 1000))
            if not chunk:
                break
            self._left += chunk
        text, self._left = self._left[:size], self._left[size:]
        return text
