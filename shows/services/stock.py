"""
The only writer of a seat's state.

Each function but `add` is one guarded UPDATE that checks the number of written rows and invalidates
cached stock. It opens no transaction and expects the locks of the seats. Elsewhere, querysets of ShowSeat
refuse to write these columns.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Case, F, Q, Value, When
from django.db.models.functions import Now

from eventbooking_system.db.compiled import ListParameter, Parameter, is_one_of, update_sql
from shows.models import ShowPrice, ShowSeat
from shows.querysets import IS_FREE, ShowSeatQuerySet
from shows.stock_version import invalidate_stock

Status = ShowSeat.Status
_BATCH = 1000

_BLOCKED = Q(status=Status.BLOCKED)
_NOT_BLOCKED: dict[str, Any] = {"block_reason": "", "block_owner": "", "released_at": None}


def add(*, shows: Sequence[int], seats: Sequence[int]) -> None:
    """Add new seats to shows, at their category's default price."""
    prices = dict(
        ShowPrice.objects.filter(show__in=shows, category__seats=seats[0], position=0).values_list(
            "show", "amount"
        )
    )
    ShowSeat.objects.bulk_create(
        (
            ShowSeat(show_id=show_id, seat_id=seat_id, price=prices[show_id])
            for show_id in shows
            for seat_id in seats
        ),
        batch_size=5000,
    )
    for show_id in shows:
        invalidate_stock(show_id)


def hold(*, show_id: int, seats: list[int], booking_id: int, held_until: datetime) -> None:
    """
    Hold seats for a booking; `seats` are keys of ShowSeat.

    The caller checks whether the customer may book blocked seats.
    """
    held = _write(_not_of_others(seats, booking_id), **_held(booking_id, held_until))
    _check(show_id, held, expected=len(seats))


def hold_sql() -> str:
    """
    Return the UPDATE of `hold` as SQL with parameters.

    The statement that writes a hold contains it and checks the number of rows.
    """
    seats, booking_id = ListParameter("seats"), Parameter("booking_id", int)
    held = _held(booking_id, Parameter("held_until", datetime))
    return update_sql(_not_of_others(seats, booking_id), held)


def _not_of_others(seats: Any, booking_id: Any) -> ShowSeatQuerySet:
    mine = Q(booking=booking_id)
    return ShowSeat.objects.filter(is_one_of("pk", seats), IS_FREE | _BLOCKED | mine)


def _held(booking_id: Any, held_until: Any) -> dict[str, Any]:
    held = {"status": Status.HELD, "booking": booking_id, "held_until": held_until}
    return held | _NOT_BLOCKED


def book(*, show_id: int, booking_id: int, count: int) -> None:
    """Book the seats that a booking holds; there must be `count`."""
    stock = ShowSeat.objects.filter(booking=booking_id, status=Status.HELD)
    _check(show_id, _write(stock, status=Status.BOOKED, held_until=None), expected=count)


def book_sql() -> str:
    """
    Return the UPDATE of `book` as SQL with the parameter `booking_id`.

    The number of its rows goes to `check_booked`.
    """
    held = ShowSeat.objects.filter(booking=Parameter("booking_id", int), status=Status.HELD)
    return update_sql(held, {"status": Status.BOOKED, "held_until": None})


def check_booked(*, show_id: int, written: int, count: int) -> None:
    """Check that a statement with `book_sql` booked all of a booking's seats."""
    _check(show_id, written, expected=count)


def release_some(*, show_id: int, booking_id: int, seats: Sequence[int]) -> None:
    """Release some of a booking's booked seats. `seats` are keys of ShowSeat."""
    available = {"status": Status.AVAILABLE, "booking": None, "held_until": None, **_NOT_BLOCKED}
    booked = ShowSeat.objects.filter(booking=booking_id, status=Status.BOOKED, pk__in=seats)
    _check(show_id, _write(booked, **available), expected=len(seats))


def release(*, show_id: int, booking_id: int | None = None, blocked: Sequence[int] = ()) -> None:
    """
    Put a booking's seats, or blocked seats, back on sale.

    `blocked` are keys of ShowSeat, where seats that are free already are allowed. Seats of an
    expired hold that other bookings have by now are left to them.
    """
    available = {
        "status": Status.AVAILABLE, "booking": None, "held_until": None, **_NOT_BLOCKED,
    }  # fmt: skip
    if booking_id is None:
        stock = ShowSeat.objects.filter(IS_FREE | _BLOCKED, pk__in=blocked)
        _check(show_id, _write(stock, **available), expected=len(blocked))
    else:
        taken = [Status.HELD, Status.BOOKED]
        _write(ShowSeat.objects.filter(booking=booking_id, status__in=taken), **available)
        invalidate_stock(show_id)


def block(
    seats: ShowSeatQuerySet,
    *,
    show_id: int,
    count: int,
    reason: str,
    owner: str = "",
    released_at: datetime | None = None,
    cancelled: Sequence[int] = (),
) -> None:
    """
    Block free or blocked seats, and seats of cancelled bookings.

    There must be `count` of them. From `released_at` on, if it is given, they are on sale again.
    """
    stock = seats.filter(IS_FREE | _BLOCKED | Q(booking__in=cancelled))
    blocked = _write(
        stock,
        status=Status.BLOCKED,
        booking=None,
        held_until=None,
        block_reason=reason,
        block_owner=owner,
        released_at=released_at,
    )
    _check(show_id, blocked, expected=count)


def move_releases(*, show_id: int, by: timedelta) -> None:
    """Move the future times at which blocked seats go on sale."""
    stock = ShowSeat.objects.filter(_BLOCKED, show=show_id, released_at__gt=Now())
    _write(stock, released_at=F("released_at") + by)
    invalidate_stock(show_id)


def reassign(*, show_id: int, owners: Mapping[int, tuple[int | None, int | None]]) -> None:
    """
    Exchange the owners of booked, free and blocked seats in one statement.

    `owners` has for each key of ShowSeat the booking that has booked it now, and the booking that
    gets it. None stands for no booking: a free or blocked seat before, an available one afterwards.
    """
    stock, booking = ShowSeat.objects.none(), []
    for seat, (before, after) in owners.items():
        own = IS_FREE | _BLOCKED if before is None else Q(booking=before, status=Status.BOOKED)
        stock |= ShowSeat.objects.filter(own, pk=seat)
        booking.append(When(pk=seat, then=Value(after, BigIntegerField())))
    taken = [seat for seat, (_, after) in owners.items() if after is not None]
    written = _write(
        stock,
        booking=Case(*booking),
        status=Case(When(pk__in=taken, then=Value(Status.BOOKED)), default=Value(Status.AVAILABLE)),
        held_until=None,
        **_NOT_BLOCKED,
    )
    _check(show_id, written, expected=len(owners))


def rehouse(*, show_id: int, seats: Mapping[int, int]) -> None:
    """
    Move stock to another screen's seats.

    Each key of ShowSeat has its new seat. Status, booking and times stay. The prices are written
    with those of the show. Expects the locks of the show and of its stock.
    """
    if connection.vendor == "postgresql":
        pairs = "unnest(%s::bigint[], %s::bigint[]) AS new (column1, column2)"
        _rehouse(show_id, pairs, [list(seats), list(seats.values())], expected=len(seats))
        return
    rows = list(seats.items())
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        pairs = f"(VALUES {', '.join(['(%s, %s)'] * len(part))}) AS new"
        _rehouse(show_id, pairs, list(chain.from_iterable(part)), expected=len(part))


def _rehouse(show_id: int, pairs: str, parameters: list[Any], *, expected: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE shows_showseat SET seat_id = new.column2 FROM {pairs} "
            f"WHERE shows_showseat.id = new.column1 AND shows_showseat.show_id = %s",
            [*parameters, show_id],
        )
        _check(show_id, cursor.rowcount, expected=expected)


def _write(stock: ShowSeatQuerySet, **state: Any) -> int:
    return super(ShowSeatQuerySet, stock).update(**state)


def _check(show_id: int, written: int, *, expected: int) -> None:
    if written != expected:
        raise RuntimeError(f"Seats of show {show_id} changed under their lock.")
    invalidate_stock(show_id)
