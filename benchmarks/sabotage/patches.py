"""
The sabotages, each a function that removes one protection from this process.

Some also wait for a moment where the protection was, so that a short run meets the race.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

from django.db import connection, transaction

from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import Booking
from bookings.services import holding, transitions
from bookings.services.holding import reading
from bookings.services.paying import attempts, provider_events
from bookings.tasks import periodic
from eventbooking_system.db.compiled import CompiledQuery
from shows.models import ShowSeat
from shows.querysets import ShowSeatQuerySet
from shows.services import stock

LATER_SECONDS = 1.0
UNASKED_EVERY = 5
FAILING_EVERY = 20


def remove_lock() -> None:
    """Hold seats without a lock and without the check of the write."""

    @CompiledQuery
    def read_only(show_id: int, seat_ids: list[int]) -> ShowSeatQuerySet:
        return ShowSeat.objects.of_show(show_id, seat_ids).values_list("pk")

    reading._lock = read_only
    stock._not_of_others = lambda seats, booking_id: ShowSeat.objects.filter(
        stock.is_one_of("pk", seats)
    )
    _before(holding, "write", lambda: time.sleep(0.2))


def remove_owner_guard() -> None:
    """Release a cancelled booking's seats even if another booking has them."""
    available = {"status": ShowSeat.Status.AVAILABLE, "booking": None, "held_until": None}

    def release(*, show_id: int, booking_id: int | None = None, blocked: Any = ()) -> None:
        stock._write(ShowSeat.objects.filter(booked_seats__booking=booking_id), **available)
        stock.invalidate_stock(show_id)

    stock.release = release
    expire = periodic.JOBS["expire_holds"]
    periodic.JOBS["expire_holds"] = replace(expire, every=timedelta(seconds=3))


def remove_amount_check() -> None:
    """Accept any amount that the provider reports for a payment."""
    apply = provider_events._apply

    def apply_any(event: Any, provider_id: str, booking: Any, seats: Any, payment: Any) -> str:
        return apply(replace(event, amount=payment.amount), provider_id, booking, seats, payment)

    provider_events._apply = apply_any


def move_outbox() -> None:
    """Queue the confirmation a moment after the transaction that confirms."""
    # The steps, and not the one statement that also writes the message.
    attempts.is_plain = lambda *arguments: False
    tell = transitions.queue_confirmation
    transitions.queue_confirmation = lambda booking: transaction.on_commit(
        partial(_later, tell, booking)
    )


def move_key() -> None:
    """Store the key of a hold a moment after its transaction."""
    write = holding.write

    def write_without_key(booking: Booking, request: IdempotentRequest, *, is_last: bool) -> None:
        write(booking, without_key(), is_last=False)
        request.set_response(booking)
        transaction.on_commit(partial(_later, request.store_if_new, request.answer))

    holding.write = write_without_key


def add_booking() -> None:
    """Hold another free seat for the customer, now and then."""
    hold, calls = holding._hold, count(1)

    def hold_more(caller: Any, wanted: Any, request: IdempotentRequest, exchange: Any) -> Booking:
        booking = hold(caller, wanted, request, exchange)
        free = ShowSeat.objects.filter(show=wanted.show_id, status=ShowSeat.Status.AVAILABLE)
        if next(calls) % UNASKED_EVERY == 0 and (seat := free.first()):
            hold(caller, replace(wanted, seat_ids=[seat.seat_id]), without_key(), None)
        return booking

    holding._hold = hold_more


def raise_errors() -> None:
    """Raise an error that no handler names before some holds."""
    calls = count(1)

    def fail() -> None:
        if next(calls) % FAILING_EVERY == 0:
            raise RuntimeError("a sabotage")

    _before(holding, "_hold", fail)


SABOTAGES: dict[str, Callable[[], None]] = {
    "no-lock": remove_lock,
    "no-owner-guard": remove_owner_guard,
    "no-amount-check": remove_amount_check,
    "outbox-outside": move_outbox,
    "key-outside": move_key,
    "unasked-booking": add_booking,
    "unnamed-error": raise_errors,
}


def _before(module: Any, name: str, act: Callable[[], None]) -> None:
    """Act before each call of a function."""
    function = getattr(module, name)

    def acting(*arguments: Any, **named: Any) -> Any:
        act()
        return function(*arguments, **named)

    setattr(module, name, acting)


def _later(call: Callable[..., Any], *arguments: Any) -> None:
    """Call a function in a thread of its own, in a while."""

    def work() -> None:
        time.sleep(LATER_SECONDS)
        try:
            call(*arguments)
        finally:
            connection.close()

    threading.Thread(target=work, daemon=True).start()
