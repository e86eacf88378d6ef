"""
The one writer of a seat's state: who has it, until when, and whether it is on sale.

Each function is one guarded UPDATE that checks how many rows it wrote, and outdates what caches
keep of the show's stock. It opens no transaction and expects the locks of the seats. Everywhere
else querysets of ShowSeat refuse to write these columns.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Now

from eventbooking_system.db.compiled import ListParameter, Parameter, is_one_of, update_sql
from shows.models import ShowSeat
from shows.querysets import IS_FREE, ShowSeatQuerySet
from shows.stock_version import invalidate_stock

Status = ShowSeat.Status

_BLOCKED = Q(status=Status.BLOCKED)
_NOT_BLOCKED: dict[str, Any] = {"block_reason": "", "block_owner": "", "released_at": None}


def hold(*, show_id: int, seats: list[int], booking_id: int, held_until: datetime) -> None:
    """
    Hold seats, named by the keys of their rows, for a booking.

    Whether the customer may take blocked seats is for the caller to check.
    """
    held = _write(_not_of_others(seats, booking_id), **_held(booking_id, held_until))
    _check(show_id, held, expected=len(seats))


def hold_sql() -> str:
    """
    Give the UPDATE of `hold` in PostgreSQL's SQL, with its arguments as parameters.

    The statement that writes all of a hold contains it, and checks the number of rows.
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
    """Book the seats that a booking holds, which are `count`."""
    stock = ShowSeat.objects.filter(booking=booking_id, status=Status.HELD)
    _check(show_id, _write(stock, status=Status.BOOKED, held_until=None), expected=count)


def release(*, show_id: int, booking_id: int | None = None, blocked: Sequence[int] = ()) -> None:
    """
    Put seats back on sale: those that a booking still has, or blocked ones by their rows' keys.

    A seat that is free already may be named among the blocked ones. A booking whose hold has
    expired may have lost some of its seats to others, who keep them.
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
    Take `count` seats off sale. They are free, blocked already, or of these cancelled bookings.

    A `released_at` puts them back on sale by itself.
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
    """Move the times at which blocked seats go on sale, but for those that are past."""
    stock = ShowSeat.objects.filter(_BLOCKED, show=show_id, released_at__gt=Now())
    _write(stock, released_at=F("released_at") + by)
    invalidate_stock(show_id)


def _write(stock: ShowSeatQuerySet, **state: Any) -> int:
    return super(ShowSeatQuerySet, stock).update(**state)


def _check(show_id: int, written: int, *, expected: int) -> None:
    if written != expected:
        raise RuntimeError(f"Seats of show {show_id} changed under their lock.")
    invalidate_stock(show_id)
