"""
The price of a booking, computed without a database.

Each amount is computed exactly and rounded once, half up, to what can be paid in the currency, which
may be steps of ten of its smallest unit. So totals and refunds can always be paid. Tax is due on
tickets and fees. Tax that the prices include is a part of the total, and only stated: it has all of
the currency's digits. Other tax is added to the total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from eventbooking_system.money import payable, payable_part, rounded
from shows.models import Show


@dataclass(frozen=True)
class Amounts:
    subtotal: Decimal
    discount: Decimal
    fees: Decimal
    tax: Decimal
    total: Decimal


def amounts(
    *,
    show: Show,
    prices: Sequence[Decimal],
    percent_off: Decimal | None = None,
    amount_off: Decimal | None = None,
    without_fee: int = 0,
    fixed_fees: Decimal | None = None,
) -> Amounts:
    """
    Compute a booking's amounts from prices and the show's terms.

    `without_fee` is the number of tickets that have no fee, and `fixed_fees` are charged instead of
    the show's. A discount applies to the tickets and not to the fees, and is at most their price.
    """
    subtotal = sum(prices, Decimal(0))
    discount = payable(subtotal * (percent_off or 0) / 100, show.currency)
    discount = min(subtotal, discount + (amount_off or 0))
    # Older prices and fees may not be payable amounts. The part below a step is not charged.
    discount = subtotal - payable_part(subtotal - discount, show.currency)
    # Free tickets have no fees, because fees are for selling.
    sells = subtotal > discount
    fees = (
        show.fee_per_booking + show.fee_per_ticket * (len(prices) - without_fee)
        if sells
        else Decimal(0)
    )
    fees = payable_part(fees if fixed_fees is None else fixed_fees, show.currency)
    net = subtotal - discount + fees
    rate = show.tax_rate / 100
    if show.tax_inclusive:
        tax = rounded(net * rate / (1 + rate), show.currency)
        total = net
    else:
        tax = payable(net * rate, show.currency)
        total = net + tax
    return Amounts(subtotal, discount, fees, tax, total)
