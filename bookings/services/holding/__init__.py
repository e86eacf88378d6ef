"""
Holding seats for a customer while they pay.

There is one entry for all kinds of requests. `hold` locks and reads (`reading`, `choosing`), checks
(`checks`), prices (`charging`, `lines`, `bookings.pricing`) and writes (`writing`). Taken seats are
refused by `refusals`. An exchange holds seats that replace tickets (`bookings.services.exchanging`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import Booking
from bookings.services.exchanging import Exchange, lock_for_exchange, plan_exchange
from bookings.services.holding.charging import charge
from bookings.services.holding.checks import check_limits, check_pay_by, check_seats
from bookings.services.holding.choosing import lock_best, lock_named
from bookings.services.holding.quoting import ExchangeQuote, Quote, quote, quote_exchange
from bookings.services.holding.reading import Stock
from bookings.services.holding.refusals import SeatsTaken, seats_unavailable
from bookings.services.holding.requests import Caller, Counter, SeatRequest
from bookings.services.holding.retrying import retry_on_contention
from bookings.services.holding.writing import new_reference, write
from bookings.services.transitions import confirm
from eventbooking_system.db.instances import new_instance
from eventbooking_system.db.lanes import HOLDS
from shows.errors import SeatsUnavailable
from shows.models import Show

__all__ = [
    "Caller",
    "Counter",
    "Exchange",
    "ExchangeQuote",
    "Quote",
    "SeatRequest",
    "hold",
    "hold_for_counter",
    "offering_others",
    "quote",
    "quote_exchange",
    "retry_on_contention",
]


@retry_on_contention
def hold(
    *,
    caller: Caller,
    wanted: SeatRequest,
    request: IdempotentRequest | None = None,
    exchange: Exchange | None = None,
) -> Booking:
    """
    Hold seats of a show for a customer while they pay.

    All seats are held or none. A booking that costs nothing is confirmed at once. With `exchange`
    the seats replace tickets of an older booking, which pay a part of them. Then hold also raises
    ExchangeNotAllowed and InvalidTransition. Raises TokenInvalid for a login that has ended,
    SeatsUnavailable, which lists the taken seats and alternatives, NotEnoughSeats for best seats
    and areas, Throttled for accounts that hold without paying, and KeyTaken for a repeated request.
    Also raises InvalidField, ShowNotOnSale, TooManySeats, SeatsNotInShow, LeavesSingleSeat,
    SplitsCouple and PromoCodeInvalid, and Busy if too many requests wait for the show's seats.
    """
    try:
        with HOLDS.enter(wanted.show_id):
            return _hold(caller, wanted, request or without_key(), exchange)
    except SeatsTaken as taken:
        raise _offering_others(taken, wanted) from None


@transaction.atomic(durable=True)
def _hold(
    caller: Caller, wanted: SeatRequest, request: IdempotentRequest, exchange: Exchange | None
) -> Booking:
    if exchange:
        lock_for_exchange(exchange, show_id=wanted.show_id, seat_ids=wanted.seat_ids)
    stock = _lock(caller, wanted)
    check_limits(stock)
    if exchange:
        plan = plan_exchange(exchange, show=stock.show, quantity=len(stock.seats))
        owner_id = plan.older.user_id
        booking = _priced(
            stock, wanted, user_id=owner_id, customer_id=owner_id, fixed_fees=plan.fees
        )
        plan.apply(booking)
    else:
        booking = _priced(stock, wanted, user_id=caller.user_id, customer_id=caller.user_id)
    write(booking, request, is_last=bool(booking.price_to_pay))
    if not booking.price_to_pay:
        reason = "exchanged, nothing due" if exchange else "free of charge"
        confirm(booking, by=booking.user, at=stock.now, reason=reason)
    return booking


def hold_for_counter(*, counter: Counter, wanted: SeatRequest) -> Booking:
    """
    Hold seats that staff sell at the counter.

    This is a step of the sale's transaction. Blocked seats are sold, and no limit of seats, of
    single seats or of unpaid holds applies. Run the transaction within `retry_on_contention` and
    `offering_others`. Raises as `hold` does, and InvalidField for a `pay_by` that is too late.
    """
    stock = _lock(counter.caller, wanted)
    if counter.pay_by:
        check_pay_by(stock.show, counter.pay_by)
    booking = _priced(
        stock,
        wanted,
        user_id=counter.account_id,
        # A promo code's limit per customer does not count walk-ins, who share an account.
        customer_id=None if counter.is_walk_in else counter.account_id,
        is_free=bool(counter.complimentary_reason),
        at_counter=True,
    )
    vars(booking).update(counter.columns)
    booking.expires_at = counter.pay_by or booking.expires_at
    write(booking, without_key(), is_last=False)
    return booking


@contextmanager
def offering_others(wanted: SeatRequest) -> Iterator[None]:
    """Refuse taken seats after their transaction has ended, and offer others."""
    try:
        yield
    except SeatsTaken as taken:
        raise _offering_others(taken, wanted) from None


def _offering_others(taken: SeatsTaken, wanted: SeatRequest) -> SeatsUnavailable:
    return seats_unavailable(taken, seat_ids=wanted.seat_ids, count=wanted.count)


def _lock(caller: Caller, wanted: SeatRequest) -> Stock:
    """Lock the wanted seats, and check that the caller may have them."""
    if wanted.quantity:
        return lock_best(caller, wanted)
    stock = lock_named(caller, wanted)
    check_seats(stock, wanted.seat_ids, caller)
    return stock


def _priced(
    stock: Stock,
    wanted: SeatRequest,
    *,
    user_id: int,
    customer_id: int | None,
    is_free: bool = False,
    at_counter: bool = False,
    fixed_fees: Decimal | None = None,
) -> Booking:
    """Make the unsaved booking with its lines and amounts. Locks the promo code."""
    show = stock.show
    lines, promo, charged = charge(
        show,
        stock.seats,
        wanted,
        user_id=customer_id,
        lock=True,
        is_free=is_free,
        at_counter=at_counter,
        fixed_fees=fixed_fees,
    )
    booking = new_instance(
        Booking,
        related={"show": show, "promo_code": promo},
        id=show.booking_id,
        reference=new_reference(),
        user_id=user_id,
        show_id=show.pk,
        booked_at=show.clock,
        expires_at=show.clock + timedelta(seconds=settings.BOOKINGS_HOLD_SECONDS),
        promo_code_id=promo and promo.pk,
        currency=show.currency,
        **_frozen_terms(show),
        **vars(charged),
    )
    # The same attributes as from a selector, so that the answer needs no further query.
    status = booking.status if booking.total else Booking.Status.CONFIRMED
    vars(booking).update(lines=lines, live_status=status, amount_refunded=Decimal(0))
    return booking


def _frozen_terms(show: Show) -> dict[str, Any]:
    """Return the terms of a show that its bookings keep."""
    return {
        "credit": Decimal(0),
        "refund_rules": show.rules,
        "fees_refundable": show.fees_refundable,
        "exchange_until": show.start_time - timedelta(minutes=show.exchange_cutoff_minutes),
    }
