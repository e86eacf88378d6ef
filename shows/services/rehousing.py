"""
The steps that move a show's stock to another screen.

A row of the stock keeps its key, its status and its booking, and gets another seat. So bookings,
their lines and their tickets stay as they are. The steps open no transaction: they expect the locks
of the screens, of the show and of its stock.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext

from eventbooking_system.errors import InvalidField
from shows.halls import hall_of_screen
from shows.models import Show, ShowSeat
from shows.seating import Area, NewHall, Occupied, Rehousing, rehouse
from shows.services import stock
from shows.services.pricing import Prices, categories_of, check_prices
from venues.models import Screen, Seat

Label = tuple[str, str, str]
_BATCH = 2000


class StockRow(NamedTuple):
    """A row of the stock with its seat, before the move."""

    key: int
    seat: Seat
    booking_id: int | None
    status: str
    is_free: bool

    @property
    def label(self) -> Label:
        return self.seat.section, self.seat.row, self.seat.number


def seats_of_stock(show: Show) -> dict[int, Seat]:
    """Return the seats of a show's stock by id. The show's lock keeps others from adding some."""
    seats = Seat.objects.filter(show_seats__show=show).prefetch_related("category")
    return {seat.pk: seat for seat in seats}


def read_stock(show: Show, seats: Mapping[int, Seat]) -> list[StockRow]:
    """Read all of a show's stock. `seats` are those of `seats_of_stock`."""
    stock = ShowSeat.objects.filter(show=show).with_is_free().order_by("seat_id")
    rows = stock.values_list("pk", "seat", "booking", "status", "is_free")
    return [StockRow(key, seats[seat_id], *state) for key, seat_id, *state in rows]


def prices_on(show: Show, screen: Screen, now: Prices, given: Prices) -> Prices:
    """
    Return the prices of a show on another screen.

    A category keeps the prices of the category with the same name, unless `given` has others. Raises
    InvalidField for a category without a price.
    """
    categories = categories_of([screen.pk])[screen.pk]
    kept = {name: amounts for name, amounts in now.items() if name in categories}
    prices = {**kept, **given}
    check_prices(show, prices, categories)
    return prices


def read_new_hall(show: Show, screen: Screen, prices: Prices) -> tuple[NewHall, dict[int, Seat]]:
    """Read the hall of another screen, and its seats by id. Needs no lock of the stock."""
    seats = {seat.pk: seat for seat in screen.seats.prefetch_related("category").order_by("pk")}
    areas: dict[str, Area] = {}
    labels: dict[Label, int] = {}
    for seat in seats.values():
        if seat.area:
            area = areas.setdefault(seat.area, Area(seat.category.name, []))
            area.places.append(seat.pk)
        else:
            labels[seat.section, seat.row, seat.number] = seat.pk
    hall = hall_of_screen(screen, is_film=show.event.kind == "movie")
    return NewHall(hall, labels, areas, _worth(prices)), seats


def plan_rehousing(rows: Sequence[StockRow], new: NewHall, *, now: Prices) -> Rehousing:
    """Find a seat of another hall for each unavailable row."""
    worth = _worth(now)
    occupied = [
        Occupied(
            key=row.key,
            party=row.booking_id,
            label=row.label,
            category=row.seat.category.name,
            worth=worth[row.seat.category.name],
            accessible=row.seat.accessible,
            companion=row.seat.companion,
            area=row.seat.area,
        )
        for row in rows
        if not row.is_free
    ]
    return rehouse(occupied, new)


def write_rehousing(
    show: Show, screen: Screen, rows: Sequence[StockRow], found: Rehousing
) -> list[int]:
    """
    Give the stock the seats of another screen.

    Return the keys of rows for which the screen has no seat, although bookings that are over refer to
    them. The caller lets these bookings refer to other rows, and calls `drop_stock`.
    """
    seats = list(screen.seats.order_by("pk").values_list("pk", "section", "row", "number"))
    taken = set(found.seats.values())
    left = {tuple(label): pk for pk, *label in seats if pk not in taken}
    stock.release(show_id=show.pk, blocked=found.unblocked)
    in_use = set(
        ShowSeat.objects.filter(show=show, booked_seats__isnull=False).values_list("pk", flat=True)
    )
    others = [row for row in rows if row.key not in found.seats]
    moved = {row.key: left.pop(row.label) for row in others if row.label in left}
    # Rows that bookings refer to come first, as the others can be deleted.
    rest = sorted(
        (row for row in others if row.key not in moved), key=lambda row: row.key not in in_use
    )
    places = list(left.values())
    moved |= {row.key: seat for row, seat in zip(rest, places, strict=False)}
    surplus = [row.key for row in rest[len(places) :]]
    stock.rehouse(show_id=show.pk, seats=found.seats | moved)
    drop_stock(show, [key for key in surplus if key not in in_use])
    ShowSeat.objects.bulk_create(
        [
            ShowSeat(show=show, seat_id=seat, price=0, status=ShowSeat.Status.AVAILABLE)
            for seat in places[len(rest) :]
        ],
        batch_size=_BATCH,
    )
    _note_last(show, seats[-1][0])
    return [key for key in surplus if key in in_use]


def drop_stock(show: Show, keys: Sequence[int]) -> None:
    """Delete rows of the stock that no booking refers to."""
    for start in range(0, len(keys), _BATCH):
        ShowSeat.objects.filter(show=show, pk__in=keys[start : start + _BATCH]).delete()


def check_same_venue(show: Show, screen: Screen) -> None:
    """Raise InvalidField for a screen of another venue."""
    if screen.venue_id != show.screen.venue_id:
        raise InvalidField("screen", gettext("Choose a screen of the same venue."))


def _worth(prices: Prices) -> Mapping[str, Decimal]:
    """Return the price of each category by its default ticket type."""
    return {name: next(iter(amounts.values())) for name, amounts in prices.items()}


def _note_last(show: Show, seat_id: int) -> None:
    """Note the show's end at its last seat, and at no other."""
    noted = ShowSeat.objects.filter(show=show, sells_last_until__isnull=False)
    noted.exclude(seat=seat_id).update(sells_last_until=None)
    ShowSeat.objects.filter(show=show, seat=seat_id).update(sells_last_until=show.end_time)
