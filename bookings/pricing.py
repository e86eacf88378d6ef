"""
The price of a booking, computed without a database.

Each amount is computed exactly and rounded once, half up, to the currency's digits. Tax is due on
tickets and fees. Tax that the prices include is a part of the total; other tax is added to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from eventbooking_system.money import rounded
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
) -> Amounts:
    """
    Compute the amounts of a booking with these prices, on the show's terms.

    A discount applies to the tickets and not to the fees, and is at most their price.
    """
    subtotal = sum(prices, Decimal(0))
    discount = rounded(subtotal * (percent_off or 0) / 100, show.currency)
    discount = min(subtotal, discount + (amount_off or 0))
    # Free tickets have no fees, because fees are for selling.
    sells = subtotal > discount
    fees = show.fee_per_booking + show.fee_per_ticket * len(prices) if sells else Decimal(0)
    net = subtotal - discount + fees
    rate = show.tax_rate / 100
    if show.tax_inclusive:
        tax = rounded(net * rate / (1 + rate), show.currency)
        total = net
    else:
        tax = rounded(net * rate, show.currency)
        total = net + tax
    return Amounts(subtotal, discount, fees, tax, total)


def refundable(*, show: Show, total: Decimal) -> Decimal:
    """Compute the refund for a booking that its customer cancels before the cutoff."""
    return rounded(total * show.refund_percent / 100, show.currency)
