"""The lines and amounts of a booking for the wanted seats."""

from collections.abc import Sequence
from decimal import Decimal

from bookings.models import BookedSeat, PromoCode
from bookings.pricing import Amounts, amounts
from bookings.services.holding.checks import check_ticket_types
from bookings.services.holding.lines import lines_of
from bookings.services.holding.requests import SeatRequest
from bookings.services.promotions import usable_code
from eventbooking_system.money import allot, quantum
from shows import selectors
from shows.models import Show, ShowSeat


def charge(
    show: Show,
    seats: Sequence[ShowSeat],
    wanted: SeatRequest,
    *,
    user_id: int | None,
    lock: bool,
    is_free: bool = False,
    at_counter: bool = False,
    fixed_fees: Decimal | None = None,
) -> tuple[list[BookedSeat], PromoCode | None, Amounts]:
    """
    Return the unsaved lines, the promo code and the amounts.

    Locks the promo code if `lock` says so. `fixed_fees` are charged instead of the show's.
    """
    lines, promo = lines_of(seats, wanted.ticket_types, currency=show.currency), None
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
        "fixed_fees": fixed_fees,
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
