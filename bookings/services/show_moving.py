"""
Moving a show and its bookings to another time or screen.

The move is one transaction under the locks of the show and of all its seats. The new seats are
planned before the seats are locked, because buyers wait for the lock. Bookings, lines and
prices stay as they are; the stock gets the seats of the other screen (`shows.services.rehousing`).
Pending bookings move like confirmed ones. A ticket of another seat is issued again: its payload
names the new seat, and the door refuses the earlier one. Customers are told by the periodic job that
looks for changed shows, so several moves are told as one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext

from bookings.errors import CannotSeat
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import BookedSeat, Booking, Ticket
from bookings.services.outbox import queue_reissued_tickets
from eventbooking_system.errors import InUse, InvalidField
from shows.models import Show, ShowSeat
from shows.selectors import shows_visible_to
from shows.services import (
    StockRow,
    apply_fields,
    check_same_venue,
    drop_stock,
    lock_show,
    lock_stock,
    plan_rehousing,
    prices_on,
    read_new_hall,
    read_stock,
    seats_of_stock,
    write_change,
    write_rehousing,
)
from shows.services.pricing import Prices
from venues.models import Screen, Seat


class Reseated(NamedTuple):
    """A seat of a booking on the earlier and the new screen."""

    booking: int
    reference: str
    before: Seat
    after: Seat


@dataclass(frozen=True)
class ShowMove:
    """A moved show, with changed seats and lost house seats."""

    show: Show
    reseated: Sequence[Reseated]
    unblocked: Sequence[Seat]
    dry_run: bool


@transaction.atomic(durable=True)
def move_show(
    *,
    show_id: int,
    screen: int | None = None,
    prices: Prices | None = None,
    dry_run: bool = False,
    request: IdempotentRequest | None = None,
    **fields: Any,
) -> ShowMove:
    """
    Move a show to another start or screen, or preview the move.

    `fields` are `start_time` and `give_back_until`, which is the new start by default. `prices` are
    those of categories that the show has no price for. Raises ShowOverlap, CannotSeat, InvalidField,
    InUse and KeyTaken.
    """
    request = request or without_key()
    request.claim()
    show, new_screen = lock_show(show_id, screen_id=screen)
    _check(show, new_screen, prices)
    place, changes_screen = (show.screen_id, show.start_time), new_screen.pk != show.screen_id
    before = apply_fields(show, {**fields, "screen": new_screen})
    if show.start_time != place[1] and show.start_time <= show.clock:
        raise InvalidField("start_time", gettext("This time is past."))
    if "give_back_until" not in fields and (show.screen_id, show.start_time) != place:
        show.give_back_until = show.start_time
    reseated: list[Reseated] = []
    unblocked: list[Seat] = []
    if changes_screen:
        prices = prices_on(show, new_screen, before.prices, prices or {})
        reseated, unblocked = _rehouse(show, new_screen, prices, now=before.prices)
    write_change(show, before, prices=prices)
    if changes_screen:
        _issue_again(show)
    moved = shows_visible_to(is_staff=True).get(pk=show.pk)
    result = ShowMove(moved, reseated, unblocked, dry_run)
    request.complete(result)
    if dry_run:
        transaction.set_rollback(True)
    return result


def _rehouse(
    show: Show, screen: Screen, prices: Prices, *, now: Prices
) -> tuple[list[Reseated], list[Seat]]:
    """
    Move a show's stock and bookings to another screen.

    `now` are the prices on the present screen. Return the seats that changed and the house seats
    that were lost. Raises CannotSeat. Expects the show's lock.
    """
    new_hall, seats = read_new_hall(show, screen, prices)
    seats_now = seats_of_stock(show)
    planned_for = read_stock(show, seats_now)
    found = plan_rehousing(planned_for, new_hall, now=now)
    # Buyers wait only from here on. If one of them was faster than the plan, it is made again.
    lock_stock(show)
    rows = read_stock(show, seats_now)
    if rows != planned_for:
        found = plan_rehousing(rows, new_hall, now=now)
    bookings = _lock_bookings(rows)
    if found.unseated:
        raise CannotSeat(_named(rows, bookings, found.unseated))
    show.layout_id = screen.layout_id
    surplus = write_rehousing(show, screen, rows, found)
    _let_go(show, surplus)
    drop_stock(show, surplus)
    reseated = [
        Reseated(row.booking_id, bookings[row.booking_id], row.seat, seats[found.seats[row.key]])
        for row in rows
        if row.booking_id and not row.is_free
    ]
    lost = set(found.unblocked)
    return reseated, [row.seat for row in rows if row.key in lost]


def _check(show: Show, screen: Screen, prices: Prices | None) -> None:
    """Raise InUse for a show that is over, and InvalidField."""
    if show.end_time <= show.clock:
        raise InUse(gettext("The show is over."))
    check_same_venue(show, screen)
    if prices and screen.pk == show.screen_id:
        detail = gettext("Send prices only with another screen.")
        raise InvalidField("prices", detail)


def _lock_bookings(rows: Iterable[StockRow]) -> dict[int, str]:
    """Lock the live bookings of the stock. Return their references by key."""
    ids = {row.booking_id for row in rows if row.booking_id and not row.is_free}
    return dict(Booking.objects.filter(pk__in=ids).locked().values_list("pk", "reference"))


def _named(
    rows: Iterable[StockRow], bookings: dict[int, str], unseated: Sequence[int]
) -> list[dict[str, Any]]:
    seats: dict[int, list[str]] = {booking_id: [] for booking_id in unseated}
    for row in rows:
        if row.booking_id in seats and not row.is_free:
            seats[row.booking_id].append(str(row.seat))
    return [
        {"booking": pk, "reference": bookings[pk], "seats": labels} for pk, labels in seats.items()
    ]


def _let_go(show: Show, surplus: Sequence[int]) -> None:
    """
    Point ended bookings to rows that stay, in place of surplus rows.

    Raises InvalidField if the screen has fewer seats than one of these bookings.
    """
    lines = list(BookedSeat.objects.filter(show_seat__in=surplus))
    if not lines:
        return
    of_bookings = BookedSeat.objects.filter(booking__in={line.booking_id for line in lines})
    used = set(of_bookings.values_list("booking", "show_seat"))
    others = ShowSeat.objects.filter(show=show).exclude(pk__in=surplus)
    kept = list(others.values_list("pk", flat=True))
    for line in lines:
        unused = (key for key in kept if (line.booking_id, key) not in used)
        line.show_seat_id = next(unused, None)
        if line.show_seat_id is None:
            raise InvalidField("screen", gettext("The screen has too few seats."))
        used.add((line.booking_id, line.show_seat_id))
    BookedSeat.objects.bulk_update(lines, ["show_seat"], batch_size=500)


def _issue_again(show: Show) -> None:
    """Issue a show's valid tickets again, as they name other seats."""
    tickets = Ticket.objects.in_force().filter(booking__show=show)
    tickets.update(issued_at=show.clock)
    queue_reissued_tickets(tickets, now=show.clock)
