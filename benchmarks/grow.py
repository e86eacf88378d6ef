"""
A world of any size, copied into PostgreSQL.

The services cannot make a million bookings in minutes. These rows are those that the services
would have written, and `check_invariants` agrees. The copy needs a superuser, as it leaves out the
foreign keys' own checks, and an otherwise quiet database.

    python manage.py shell --no-imports -c "from benchmarks.grow import grow; grow(bookings=10**6)"
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from benchmarks.copying import copy
from benchmarks.grown_world import SEATS_IN_ROW, SEATS_OF_BOOKING, World
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
    if bookings * SEATS_OF_BOOKING > shows * seats:
        raise ValueError("There are not as many seats.")
    _write(World(shows=shows, seats=seats, bookings=bookings))
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")


def _write_places(world: World) -> None:
    venues = range(world.venues)
    copy(
        Venue,
        ("id", "name", "slug", "city", "country", "timezone", "latitude", "longitude"),
        (
            (world.pk(Venue, v), f"Venue {v}", f"grown-venue-{world.pk(Venue, v)}",
             f"City {v % CITIES}", "IN", ZONES[v % len(ZONES)], v * 37 % 120 - 60, v * 71 % 340 - 170)
            for v in venues
        ),
    )  # fmt: skip
    copy(
        Screen,
        ("id", "venue", "name"),
        ((world.pk(Screen, v), world.pk(Venue, v), "Screen 1") for v in venues),
    )
    copy(
        SeatCategory,
        ("id", "screen", "name", "position"),
        (
            (world.pk(SeatCategory, 2 * v + rank), world.pk(Screen, v), name, rank)
            for v in venues
            for rank, name in enumerate(("Gold", "Silver"))
        ),
    )
    copy(
        Seat,
        ("id", "screen", "category", "row", "number", "x", "y"),
        (
            (
                world.pk(Seat, v * world.seats + n),
                world.pk(Screen, v),
                world.pk(SeatCategory, 2 * v + (n >= world.seats // 2)),
                f"R{n // SEATS_IN_ROW}",
                n % SEATS_IN_ROW + 1,
                n % SEATS_IN_ROW,
                n // SEATS_IN_ROW,
            )
            for v in venues
            for n in range(world.seats)
        ),
    )


def _write_catalogue(world: World) -> None:
    kinds = Event.Kind.values
    events = range(world.events)
    base = world.pk(Genre, 0)
    copy(Genre, ("id", "name"), ((base + g, f"Genre {base + g}") for g in range(GENRES)))
    copy(
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
    copy(
        genres,
        ("id", "event", "genre"),
        ((world.pk(genres, e), world.pk(Event, e), base + e % GENRES) for e in events),
    )


def _write_shows(world: World) -> None:
    def times(show: int) -> tuple[datetime, datetime, datetime]:
        end = world.end(show)
        return world.start(show), end, end + timedelta(minutes=15)

    shows, venues = range(world.shows), world.venues
    copy(
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
    copy(
        ShowPrice,
        ("id", "show", "category", "amount", "position"),
        (
            (world.pk(ShowPrice, 2 * s + rank), world.pk(Show, s),
             world.pk(SeatCategory, 2 * (s % venues) + rank), world.price(s, rank * world.seats), 0)
            for s in shows
            for rank in (0, 1)
        ),
    )  # fmt: skip
    copy(
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
    copy(
        User,
        ("id", "email", "password", "date_joined"),
        ((pk(User, c), f"grown{pk(User, c)}@bench.example", "!", world.now) for c in customers),
    )

    def line_pk(booking: int, seat: int) -> int:
        return pk(BookedSeat, world.line(booking, seat))

    copy(
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
    copy(
        BookedSeat,
        ("id", "booking", "show_seat", "price"),
        (
            (line_pk(b, seat), pk(Booking, b), pk(ShowSeat, world.show_of(b) * world.seats + seat),
             world.price(world.show_of(b), seat))
            for b in range(world.bookings)
            for seat in world.seats_of(b)
        ),
    )  # fmt: skip
    copy(
        Ticket,
        ("id", "booking", "booked_seat", "code", "issued_at"),
        (
            (line_pk(b, seat), pk(Booking, b), line_pk(b, seat), f"{line_pk(b, seat):011}",
             world.booked_at(b))
            for b in world.confirmed()
            for seat in world.seats_of(b)
        ),
    )  # fmt: skip
    copy(
        BookingTransition,
        ("id", "booking", "from_status", "to_status", "at"),
        (
            (pk(BookingTransition, b), pk(Booking, b), "pending", "confirmed", world.booked_at(b))
            for b in world.confirmed()
        ),
    )
    copy(
        Payment,
        ("id", "booking", "attempt", "provider", "provider_id", "status", "amount", "currency",
         "created_at", "updated_at"),
        (
            (pk(Payment, b), pk(Booking, b), 1, "sandbox", f"grown-{pk(Payment, b)}", "succeeded",
             world.total(b), "INR", world.booked_at(b), world.booked_at(b))
            for b in world.confirmed()
        ),
    )  # fmt: skip
    copy(
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
