"""
Holding seats for a customer while they pay.

There is one entry for all kinds of requests. `hold` locks and reads (`reading`, `choosing`), checks
(`checks`), prices (`lines`, `bookings.pricing`) and writes (`writing`). Taken seats are refused by
`refusals`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import BookedSeat, Booking, PromoCode
from bookings.pricing import Amounts, amounts
from bookings.services.holding.checks import (
    check_limits,
    check_pay_by,
    check_sale,
    check_seats,
    check_ticket_types,
)
from bookings.services.holding.choosing import lock_best, lock_named, places_of
from bookings.services.holding.lines import lines_of
from bookings.services.holding.reading import Stock, read_seats, terms
from bookings.services.holding.refusals import SeatsTaken, seats_unavailable
from bookings.services.holding.requests import Caller, Counter, SeatRequest
from bookings.services.holding.retrying import retry_on_contention
from bookings.services.holding.writing import new_reference, write
from bookings.services.promotions import usable_code
from bookings.services.transitions import confirm
from eventbooking_system.db.instances import new_instance
from eventbooking_system.db.lanes import HOLDS
from eventbooking_system.money import allot, quantum
from shows import selectors
from shows.models import Show, ShowSeat
from shows.services import check_all_found, free_places

__all__ = [
    "Caller",
    "Counter",
    "Quote",
    "SeatRequest",
    "hold",
    "hold_for_counter",
    "offering_others",
    "quote",
    "retry_on_contention",
]


@retry_on_contention
def hold(
    *, caller: Caller, wanted: SeatRequest, request: IdempotentRequest | None = None
) -> Booking:
    """
    Hold seats of a show for a customer while they pay.

    All seats are held or none. A booking that costs nothing is confirmed at once. Raises
    TokenInvalid for a login that has ended, SeatsUnavailable, which lists the taken seats and
    alternatives, NotEnoughSeats for best seats and areas, Throttled for accounts that hold without
    paying, and KeyTaken for a repeated request. Also raises InvalidField, ShowNotOnSale,
    TooManySeats, SeatsNotInShow, LeavesSingleSeat, SplitsCouple and PromoCodeInvalid, and Busy if
    too many requests wait for the show's seats.
    """
    with offering_others(wanted), HOLDS.enter(wanted.show_id):
        return _hold(caller, wanted, request or without_key())


@transaction.atomic(durable=True)
def _hold(caller: Caller, wanted: SeatRequest, request: IdempotentRequest) -> Booking:
    stock = _lock(caller, wanted)
    check_limits(stock)
    booking = _priced(stock, wanted, user_id=caller.user_id, customer_id=caller.user_id)
    write(booking, request, is_last=bool(booking.total))
    if not booking.total:
        confirm(booking, by=booking.user, at=stock.now, reason="free of charge")
    return booking


def hold_for_counter(*, counter: Counter, wanted: SeatRequest) -> Booking:
    """
    Hold seats that staff sell at the counter, as a step of the sale's transaction.

    Blocked seats are sold, and no limit of seats, of single seats or of unpaid holds applies. Run
    the transaction within `retry_on_contention` and `offering_others`. Raises as `hold` does, and
    InvalidField for a `pay_by` that is too late.
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
        raise seats_unavailable(taken, seat_ids=wanted.seat_ids, count=wanted.count) from None


def _lock(caller: Caller, wanted: SeatRequest) -> Stock:
    """Lock the seats that are wanted, and check that the caller may have them."""
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
) -> Booking:
    """Make the unsaved booking with its lines and amounts. Locks the promo code."""
    show = stock.show
    lines, promo, charged = _charge(
        show,
        stock.seats,
        wanted,
        user_id=customer_id,
        lock=True,
        is_free=is_free,
        at_counter=at_counter,
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
    for line in lines:
        line._state.fields_cache["booking"] = booking
    # The same attributes as from a selector, so that the answer needs no further query.
    status = booking.status if booking.total else Booking.Status.CONFIRMED
    vars(booking).update(lines=lines, live_status=status, amount_refunded=Decimal(0))
    return booking


def _frozen_terms(show: Show) -> dict[str, Any]:
    """Return the terms of a show that its bookings keep, whatever staff change later."""
    return {
        "credit": Decimal(0),
        "refund_rules": show.rules,
        "fees_refundable": show.fees_refundable,
        "exchange_until": show.start_time - timedelta(minutes=show.exchange_cutoff_minutes),
    }


def _charge(
    show: Show,
    seats: Sequence[ShowSeat],
    wanted: SeatRequest,
    *,
    user_id: int | None,
    lock: bool,
    is_free: bool = False,
    at_counter: bool = False,
) -> tuple[list[BookedSeat], PromoCode | None, Amounts]:
    lines, promo = lines_of(seats, wanted.ticket_types), None
    if show.early_bird_until:
        for line in lines:
            line.price = show.price_at(line.price, show.clock)
    rules = selectors.TicketRules.of(show.ticket_rules)
    if rules:
        check_ticket_types(show, lines, rules, at_counter=at_counter, lock=lock)
    if is_free:
        for line in lines:
            line.price = Decimal(0)
    costs = {
        "show": show,
        "prices": [line.price for line in lines],
        "without_fee": sum(_has_no_fee(line, rules) for line in lines),
    }
    if wanted.promo_code is None:
        return lines, None, amounts(**costs)
    promo = usable_code(
        wanted.promo_code,
        show=show,
        user_id=user_id,
        subtotal=sum(costs["prices"], Decimal(0)),
        now=show.clock,
        lock=lock,
    )
    charged = amounts(**costs, percent_off=promo.percent, amount_off=promo.amount)
    parts = allot(charged.discount, costs["prices"], quantum(show.currency))
    for line, discount in zip(lines, parts, strict=True):
        line.discount = discount
    return lines, promo, charged


def _has_no_fee(line: BookedSeat, rules: selectors.TicketRules) -> bool:
    return line.ticket_type in rules and bool(rules[line.ticket_type].no_fee)


@dataclass(frozen=True)
class Quote:
    """The price of a booking, line by line."""

    show: Show
    currency: str
    lines: list[BookedSeat]
    subtotal: Decimal
    discount: Decimal
    fees: Decimal
    tax: Decimal
    total: Decimal


def quote(*, user_id: int | None, wanted: SeatRequest, at_counter: bool = False) -> Quote:
    """
    Return the price that `hold` would charge, without holding.

    Taken seats have a price, too. Raises the same errors as `hold`, except for the ones about taken
    seats and limits.
    """
    show = check_sale(terms(wanted.show_id).first(), wanted, at_counter=at_counter)
    seat_ids, areas = wanted.seat_ids, wanted.areas
    if wanted.quantity:
        party = selectors.party_of(show, **wanted.wishes)
        choice = selectors.best_seats(show=show, party=party)
        seat_ids, areas = choice.seat_ids, choice.areas
    places = places_of(areas, free_places, show_id=show.pk, besides=seat_ids)
    seat_ids = [*seat_ids, *places]
    seats = read_seats(show_id=show.pk, seat_ids=seat_ids)
    check_all_found(seats, seat_ids)
    lines, _, charged = _charge(
        show, seats, wanted, user_id=user_id, lock=False, at_counter=at_counter
    )
    for line in lines:
        line.booking = Booking(currency=show.currency)
    return Quote(show=show, currency=show.currency, lines=lines, **vars(charged))
