"""The prices of a show's seats, by category and ticket type."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.conf import settings
from django.db.models import Exists, OuterRef

from eventbooking_system.errors import InvalidField
from eventbooking_system.money import MAX_AMOUNT, why_not_payable
from shows.models import Show, ShowPrice
from venues.models import Seat, SeatCategory

# Amounts by category and ticket type, the default type first; "" is the only type of a plain price.
Prices = Mapping[str, Mapping[str, Decimal]]
Categories = dict[str, SeatCategory]

BATCH = 500


def categories_of(screens: Iterable[int]) -> dict[int, Categories]:
    """Return for each screen its categories that have seats, by name."""
    found = SeatCategory.objects.filter(
        Exists(Seat.objects.filter(screen=OuterRef("screen"), category=OuterRef("pk"))),
        screen__in=screens,
    )
    categories: dict[int, Categories] = defaultdict(dict)
    for category in found:
        categories[category.screen_id][category.name] = category
    return categories


def check_prices(show: Show, prices: Prices, categories: Categories) -> None:
    """Raise InvalidField unless each category has valid prices."""
    if not categories:
        raise InvalidField("screen", "This screen has no seats. Give it a layout first.")
    if missing := categories.keys() - prices.keys():
        raise InvalidField("prices", f"No price for {', '.join(sorted(missing))}.", "required")
    if unknown := prices.keys() - categories.keys():
        raise InvalidField("prices", f"The screen has no category {', '.join(sorted(unknown))}.")
    check_amounts(prices, show.currency)


def check_amounts(prices: Prices, currency: str) -> None:
    """Refuse amounts that cannot be paid, and types without a name. Raises InvalidField."""
    for name, amounts in prices.items():
        if not amounts:
            raise InvalidField(f"prices.{name}", "No ticket type.", "required")
        if "" in amounts and len(amounts) > 1:
            raise InvalidField(f"prices.{name}", "Each of several ticket types needs a name.")
        for ticket_type, amount in amounts.items():
            reason = why_not_payable(amount, currency)
            if amount < 0 or reason:
                place = ".".join(part for part in ("prices", name, ticket_type) if part)
                detail = reason or f"{amount} is not an amount of {currency}."
                raise InvalidField(place, detail)


def note_price_range(show: Show, prices: Prices) -> None:
    amounts = [amount for by_type in prices.values() for amount in by_type.values()]
    show.lowest_price, show.highest_price = min(amounts), max(amounts)


def check_total(show: Show) -> None:
    """Check that a booking's total fits into its column. Raises InvalidField."""
    seats = show.max_seats_per_booking or settings.BOOKINGS_MAX_SEATS
    tickets = seats * (show.highest_price + Decimal(show.fee_per_ticket))
    net = tickets + Decimal(show.fee_per_booking)
    if net * (1 + Decimal(show.tax_rate) / 100) >= MAX_AMOUNT:
        raise InvalidField(
            "prices", f"{seats} seats, with fees and tax, must cost less than {MAX_AMOUNT:,}."
        )


def write_prices(
    shows: Iterable[tuple[Show, Prices]], categories: Mapping[int, Categories]
) -> None:
    ShowPrice.objects.bulk_create(
        [
            ShowPrice(
                show=show,
                category=categories[show.screen_id][name],
                ticket_type=ticket_type,
                amount=amount,
                position=position,
            )
            for show, prices in shows
            for name, amounts in prices.items()
            for position, (ticket_type, amount) in enumerate(amounts.items())
        ],
        batch_size=BATCH,
    )
