"""The rows of a grown world, each computed from its number."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import models
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

SEATS_OF_BOOKING = 2
# Shows are spread over ten weeks, seven of them past: 10⁵ of them are 10,000 a week.
_HOURS = 1680
_PAST = timedelta(hours=1176)
SEATS_IN_ROW = 10
# Coprime to the number of shows: bookings that follow each other are for shows of all ten weeks.
_STRIDE = 7919
# One show in this many is sold out: its seats without a booking are blocked.
_SOLD_OUT = 50
WRITTEN = (
    Venue, Screen, SeatCategory, Seat, Genre, Event, Event.genres.through, Show, ShowPrice, ShowSeat,
    User, Booking, BookedSeat, Ticket, BookingTransition, Payment, LedgerEntry,
)  # fmt: skip


class World:
    """The keys of the new rows, and facts derived from their numbers."""

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
        """Return the start; a screen's shows begin at equal intervals."""
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
        first = SEATS_OF_BOOKING * (booking // self.shows)
        return range(first, first + SEATS_OF_BOOKING)

    def is_confirmed(self, booking: int) -> bool:
        """Tell whether a booking is confirmed, as seven in ten are."""
        return booking * 7 % 10 < 7

    def owner(self, show: int, seat: int) -> int | None:
        """Return the booking that has a seat of a show."""
        booking = seat // SEATS_OF_BOOKING * self.shows + show * self._unstride % self.shows
        return booking if booking < self.bookings and self.is_confirmed(booking) else None

    def confirmed(self) -> Iterator[int]:
        return filter(self.is_confirmed, range(self.bookings))

    def booked_at(self, booking: int) -> datetime:
        return self.now - timedelta(days=300) * (1 - booking / self.bookings) - timedelta(hours=1)

    def total(self, booking: int) -> int:
        show = self.show_of(booking)
        return sum(self.price(show, seat) for seat in self.seats_of(booking))

    def line(self, booking: int, seat: int) -> int:
        """Return the number of a booking's line."""
        return SEATS_OF_BOOKING * booking + seat % SEATS_OF_BOOKING
