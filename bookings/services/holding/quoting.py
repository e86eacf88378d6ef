"""The price of a booking or an exchange, without a hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bookings.models import BookedSeat
from bookings.services.exchanging import Exchange, plan_exchange
from bookings.services.holding.charging import charge
from bookings.services.holding.checks import check_sale
from bookings.services.holding.choosing import places_of
from bookings.services.holding.reading import read_seats, terms
from bookings.services.holding.requests import SeatRequest
from shows import selectors
from shows.models import Show, ShowSeat
from shows.services import check_all_found, free_places


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


@dataclass(frozen=True)
class ExchangeQuote(Quote):
    """The price of an exchange, with the amount due and the refund."""

    exchanged_from: int
    credit: Decimal
    amount_due: Decimal
    refund: Decimal


def quote(*, user_id: int | None, wanted: SeatRequest, at_counter: bool = False) -> Quote:
    """
    Return the price that `hold` would charge, without holding.

    Taken seats have a price, too. Raises the same errors as `hold`, except for the ones about taken
    seats and limits.
    """
    show, seats = _found(wanted, at_counter=at_counter)
    return _quoted(show, seats, wanted, user_id=user_id, at_counter=at_counter)


def quote_exchange(*, exchange: Exchange, wanted: SeatRequest) -> ExchangeQuote:
    """
    Return the price of an exchange, without holding.

    Raises the same errors as `hold`, except for the ones about taken seats and limits.
    """
    show, seats = _found(wanted)
    plan = plan_exchange(exchange, show=show, quantity=len(seats), lock=False)
    quoted = _quoted(show, seats, wanted, user_id=plan.older.user_id, fixed_fees=plan.fees)
    credit = min(plan.worth, quoted.total)
    return ExchangeQuote(
        **vars(quoted),
        exchanged_from=plan.older.pk,
        credit=credit,
        amount_due=quoted.total - credit,
        refund=plan.refund(quoted.total),
    )


def _found(wanted: SeatRequest, *, at_counter: bool = False) -> tuple[Show, list[ShowSeat]]:
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
    return show, seats


def _quoted(
    show: Show, seats: Sequence[ShowSeat], wanted: SeatRequest, **terms_of_sale: Any
) -> Quote:
    lines, _, charged = charge(show, seats, wanted, lock=False, **terms_of_sale)
    return Quote(show=show, currency=show.currency, lines=lines, **vars(charged))
