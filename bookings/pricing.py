"""
What a booking costs: plain computation, no database.

Everything is exact until one rounding per amount, half up, to the currency's digits. Tax is due on
tickets and fees; a price that contains its tax shows the part of it that is tax.
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
    The amounts of a booking of tickets at these prices, on the show's terms.

    A discount is on the tickets, never on the fees, and never more than they cost.
    """
    subtotal = sum(prices, Decimal(0))
    discount = rounded(subtotal * (percent_off or 0) / 100, show.currency)
    discount = min(subtotal, discount + (amount_off or 0))
    # What costs nothing has no fees either: fees are for selling.
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
    """What a customer gets back for a booking that they cancel in time."""
    return rounded(total * show.refund_percent / 100, show.currency)
