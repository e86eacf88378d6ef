"""Price lists: their writing by staff, and prices for new shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from audit.recording import record, state_of
from eventbooking_system.errors import InvalidField, NotFound
from eventbooking_system.money import payable
from shows.models import ListPrice, PriceList, PriceWindow, Show
from shows.models.price_lists import WEEKDAYS
from shows.services.pricing import Categories, Prices, check_amounts
from venues.business_days import calendar_of


@dataclass(frozen=True)
class ListedPrices:
    """A price list with its prices and windows."""

    price_list: PriceList
    prices: Prices
    windows: Sequence[PriceWindow]


# ---- Writing


@transaction.atomic(durable=True)
def save_price_list(
    *, price_list_id: int | None = None, prices: Prices | None = None, **fields: Any
) -> PriceList:
    """
    Add a price list, or change one. Shows that were scheduled keep their prices.

    Raises NotFound, and InvalidField for a name in use and for amounts of no such currency.
    """
    listed = _found(PriceList, price_list_id)
    before = state_of(listed)
    for name, value in fields.items():
        setattr(listed, name, value)
    if price_list_id is not None and "venue" in fields and fields["venue"].pk != before["venue_id"]:
        raise InvalidField("venue", "A price list stays at its venue.")
    check_amounts(prices if prices is not None else prices_of_list(listed), listed.currency)
    try:
        with transaction.atomic():
            listed.save()
    except IntegrityError as error:
        raise InvalidField("name", "The name of this price list is in use.", "unique") from error
    if prices is not None:
        listed.prices.all().delete()
        ListPrice.objects.bulk_create(
            ListPrice(
                price_list=listed,
                category=category,
                ticket_type=ticket_type,
                amount=amount,
                position=position,
            )
            for category, amounts in prices.items()
            for position, (ticket_type, amount) in enumerate(amounts.items())
        )
    verb = "add" if price_list_id is None else "change"
    record(f"price_lists.{verb}", listed, before=None if verb == "add" else before)
    return listed


@transaction.atomic(durable=True)
def delete_price_list(*, price_list_id: int) -> None:
    """Delete a price list. Shows that were scheduled keep their prices. Raises NotFound."""
    listed = _found(PriceList, price_list_id)
    record("price_lists.delete", listed)
    listed.delete()


@transaction.atomic(durable=True)
def save_price_window(*, window_id: int | None = None, **fields: Any) -> PriceWindow:
    """Add a price window, or change one. Raises NotFound and InvalidField."""
    window = _found(PriceWindow, window_id)
    before = state_of(window)
    for name, value in fields.items():
        setattr(window, name, value)
    check_window(window)
    window.save()
    verb = "add" if window_id is None else "change"
    record(f"price_windows.{verb}", window, before=None if verb == "add" else before)
    return window


@transaction.atomic(durable=True)
def delete_price_window(*, window_id: int) -> None:
    """Delete a price window. Raises NotFound."""
    window = _found(PriceWindow, window_id)
    record("price_windows.delete", window)
    window.delete()


def check_window(window: PriceWindow) -> None:
    """Check that a window says when it applies, at its own venue. Raises InvalidField."""
    if window.price_list and window.price_list.venue_id != window.venue_id:
        raise InvalidField("price_list", "This price list belongs to another venue.")
    days = window.weekdays.split(",") if window.weekdays else []
    if not set(days) <= set(WEEKDAYS) or len(set(days)) < len(days):
        raise InvalidField("weekdays", f"Name days such as {','.join(WEEKDAYS[:2])}, each once.")
    times = (window.from_time, window.to_time)
    if not days and times == (None, None) and window.days_before is None:
        raise InvalidField("weekdays", "Name days, times, or days before the show.", "required")
    if window.days_before is not None and window.percent > Decimal(100):
        raise InvalidField("percent", "An early-bird price cannot be higher than the usual one.")
    if window.from_time is not None and window.from_time == window.to_time:
        raise InvalidField("to_time", "The end must differ from the beginning.")


def _found(model: Any, pk: int | None) -> Any:
    if pk is None:
        return model()
    row = model.objects.locked().filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


# ---- Scheduling by a list


def prices_of_list(price_list: PriceList) -> Prices:
    prices: dict[str, dict[str, Decimal]] = {}
    if price_list.pk is not None:
        for price in price_list.prices.all():
            prices.setdefault(price.category, {})[price.ticket_type] = price.amount
    return prices


def read_price_lists(ids: Iterable[int]) -> dict[int, ListedPrices]:
    """Read these price lists with their windows, in three statements at most."""
    wanted = set(ids)
    if not wanted:
        return {}
    lists = list(PriceList.objects.filter(pk__in=wanted).prefetch_related("prices"))
    windows = list(PriceWindow.objects.filter(venue__in={each.venue_id for each in lists}))
    return {
        listed.pk: ListedPrices(
            listed,
            prices_of_list(listed),
            [
                window
                for window in windows
                if window.venue_id == listed.venue_id and window.price_list_id in (None, listed.pk)
            ],
        )
        for listed in lists
    }


def apply_price_list(show: Show, listed: ListedPrices | None, categories: Categories) -> Prices:
    """
    Return a new show's prices by a list. Set its currency and early bird.

    Prices of categories that the screen has not are left out. Raises InvalidField for a list of
    another venue or currency, and for a list without a price for one of the screen's categories.
    """
    if listed is None:
        raise InvalidField("price_list", "There is no such price list.", "does_not_exist")
    if listed.price_list.venue_id != show.screen.venue_id:
        raise InvalidField("price_list", "This price list belongs to another venue.")
    currency = listed.price_list.currency
    if show.currency and show.currency != currency:
        raise InvalidField("price_list", f"The prices of this list are in {currency}.")
    show.currency = currency
    if missing := categories.keys() - listed.prices.keys():
        detail = f"The list has no price for {', '.join(sorted(missing))}."
        raise InvalidField("price_list", detail, "required")
    fitting = [window for window in listed.windows if _fits(window, show)]
    usual = next((each.percent for each in fitting if each.days_before is None), Decimal(100))
    if early := next((each for each in fitting if each.days_before is not None), None):
        show.early_bird_percent = early.percent
        show.early_bird_until = show.start_time - timedelta(days=early.days_before)
    return {
        category: {
            ticket_type: payable(amount * usual / 100, currency)
            for ticket_type, amount in amounts.items()
        }
        for category, amounts in listed.prices.items()
        if category in categories
    }


def _fits(window: PriceWindow, show: Show) -> bool:
    """Tell whether a show starts within a window, by its venue's clocks."""
    calendar = calendar_of(show.screen.venue)
    day = calendar.day_of(show.start_time)
    if window.weekdays and WEEKDAYS[day.weekday()] not in window.weekdays.split(","):
        return False
    return _is_within(show.start_time.astimezone(calendar.tz), window.from_time, window.to_time)


def _is_within(start: datetime, first: time | None, last: time | None) -> bool:
    """Tell whether a time of day is within limits. They may enclose midnight."""
    at = start.time()
    if first is not None and last is not None and first > last:
        return at >= first or at < last
    return (first is None or at >= first) and (last is None or at < last)
