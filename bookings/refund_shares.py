"""
The shares of lines in a booking's amounts, without a database.

A line is worth what was paid for it: its price, less its part of the discount, with its part of tax
that was added. The worth of a set of lines is rounded once, and a refund is the difference between
the worth before and after. So the parts add up to the whole, in any order of refunds. Fees are
refunded with the last line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bookings.models import BookedSeat, Booking
from bookings.pricing import Amounts
from eventbooking_system.money import allot, payable, quantum, rounded

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class LineShare:
    """The part of a refund that belongs to one line."""

    line: BookedSeat
    paid: Decimal
    refund: Decimal


@dataclass(frozen=True)
class Division:
    """
    The amounts if some lines of a booking are given back.

    `worth` is what was paid for them, and `refund` is the percentage of it that is refunded. Both
    include refunded fees. `discount_kept` is the discount of the lines that stay, if they alone would
    not have got it. It reduces both amounts. `discounts` are the new discounts of the lines that stay.
    """

    lines: list[LineShare]
    percent: Decimal
    worth: Decimal
    fees: Decimal
    discount_kept: Decimal
    refund: Decimal
    discounts: dict[BookedSeat, Decimal]

    @property
    def is_all(self) -> bool:
        """Whether no line stays."""
        return not self.discounts


def divide(
    booking: Booking,
    active: Sequence[BookedSeat],
    chosen: Sequence[BookedSeat],
    *,
    percent: Decimal,
    with_fees: bool,
) -> Division:
    """
    Divide a booking's amounts between the chosen lines and those that stay.

    `active` are all lines of the booking that were not given back, the chosen ones included.
    `with_fees` says whether the fees come back with the last line.
    """
    rest = [line for line in active if line not in chosen]
    kept = _discount_kept(booking, rest, chosen)
    fees = booking.total - worth_of(booking, booking.subtotal - booking.discount)
    held_fees = fees if with_fees else Decimal(0)
    before = worth_of(booking, _net(active)) + held_fees
    after = worth_of(booking, _net(rest) + kept) + held_fees if rest else Decimal(0)
    refund = _percentage(booking, before, percent) - _percentage(booking, after, percent)
    returned_fees = Decimal(0) if rest else held_fees
    shares = [_net([line]) for line in chosen]
    *parts, fee_part = allot(refund, [*shares, returned_fees], quantum(booking.currency))
    paid = allot(before - after - returned_fees + kept, shares, quantum(booking.currency))
    return Division(
        lines=[LineShare(*share) for share in zip(chosen, paid, parts, strict=True)],
        percent=percent,
        worth=before - after,
        fees=fee_part,
        discount_kept=kept,
        refund=refund,
        discounts=_discounts(booking, rest, kept),
    )


def _discount_kept(
    booking: Booking, rest: Sequence[BookedSeat], chosen: Sequence[BookedSeat]
) -> Decimal:
    """Return the discount that the remaining lines alone would not have got."""
    promo = booking.promo_code
    if not rest or promo is None or promo.min_total is None:
        return Decimal(0)
    if sum(line.price for line in rest) >= promo.min_total:
        return Decimal(0)
    return min(sum((line.discount for line in rest), Decimal(0)), _net(chosen))


def _discounts(
    booking: Booking, rest: Sequence[BookedSeat], kept: Decimal
) -> dict[BookedSeat, Decimal]:
    discounts = [line.discount for line in rest]
    if kept:
        left = sum(discounts, Decimal(0)) - kept
        discounts = allot(left, discounts, quantum(booking.currency))
    return dict(zip(rest, discounts, strict=True))


def _net(lines: Sequence[BookedSeat]) -> Decimal:
    return sum((line.price - line.discount for line in lines), Decimal(0))


def worth_of(booking: Booking, net: Decimal) -> Decimal:
    """Return what was paid for lines, with their part of the tax."""
    sold = booking.subtotal - booking.discount + booking.fees
    if not sold:
        return Decimal(0)
    return min(booking.total, payable(net * booking.total / sold, booking.currency))


def amounts_now(booking: Booking, lines: Sequence[BookedSeat]) -> Amounts:
    """
    Return the amounts of a booking's active lines, with the fees.

    They are the amounts of the sale until lines are given back, exchanged or get cheaper seats.
    """
    subtotal = sum((line.price for line in lines), Decimal(0))
    discount = sum((line.discount for line in lines), Decimal(0))
    if (subtotal, discount) == (booking.subtotal, booking.discount):
        return Amounts(subtotal, discount, booking.fees, booking.tax, booking.total)
    if not lines:
        return Amounts(*[Decimal(0)] * 5)
    net = booking.subtotal - booking.discount
    fees_with_tax = booking.total - worth_of(booking, net)
    total = worth_of(booking, subtotal - discount) + fees_with_tax
    if booking.total != net + booking.fees:
        tax = total - (subtotal - discount) - booking.fees
    else:
        # The total is rounded to what can be paid, which the discount of single lines is not.
        discount = subtotal + booking.fees - total
        share = total / booking.total if booking.total else 0
        tax = rounded(booking.tax * share, booking.currency)
    return Amounts(subtotal, discount, booking.fees, tax, total)


def _percentage(booking: Booking, amount: Decimal, percent: Decimal) -> Decimal:
    return min(amount, payable(amount * percent / HUNDRED, booking.currency))
