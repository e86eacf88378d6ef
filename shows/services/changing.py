"""Changing what is said and asked of a show that is scheduled."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from eventbooking_system.errors import InUse
from shows.models import Show, ShowSeat
from shows.querysets import IS_ON_SALE
from shows.services import stock
from shows.services.planning import (
    check_fees,
    check_slot,
    check_times,
    in_zone_of,
    lock_screen,
    set_end,
)
from shows.services.pricing import (
    Prices,
    check_prices,
    check_total,
    note_price_range,
    write_prices,
)
from shows.stock_version import invalidate_stock
from venues.models import Seat, SeatCategory


@transaction.atomic(durable=True)
def change_show(*, show_id: int, prices: Prices | None = None, **fields: Any) -> Show:
    """
    Change a show that is neither cancelled nor archived. Bookings made keep their prices and terms.

    Raises ShowOverlap, InvalidField, and InUse where the change would break what was sold.
    """
    screen = lock_screen(Show.objects.values_list("screen", flat=True).get(pk=show_id))
    show = Show.objects.locked().get(pk=show_id)
    show.screen = screen
    if show.status == Show.Status.CANCELLED:
        raise InUse("A cancelled show stays as it is.")
    if show.final_counts is not None:
        raise InUse("An archived show stays as it is.")
    fields, start_before = in_zone_of(screen, fields), show.start_time
    if fields.get("currency", show.currency) != show.currency:
        _check_nobody_buys(show)
    if "start_time" in fields and "end_time" not in fields:
        fields["end_time"] = fields["start_time"] + (show.end_time - show.start_time)
    for name, value in fields.items():
        setattr(show, name, value)
    set_end(show)
    check_times(show)
    check_fees(show)
    check_slot(show)
    if prices is not None or "currency" in fields:
        _replace_prices(show, prices if prices is not None else _prices_now(show))
    check_total(show)
    if show.start_time != start_before:
        _lock_stock(show)
        stock.move_releases(show_id=show.pk, by=show.start_time - start_before)
    _note_end(show)
    show.save()
    return show


def _check_nobody_buys(show: Show) -> None:
    """
    Raise InUse where the currency must stay.

    While a show is on sale a buyer may be waiting for its seats: they would read the old currency
    before they wait, and the new prices afterwards.
    """
    _lock_stock(show)
    if show.bookings.exists():
        raise InUse("The currency of a show with bookings cannot change.")
    if Show.objects.filter(IS_ON_SALE, pk=show.pk).exists():
        raise InUse("The currency of a show that is on sale cannot change: close its sales before.")


def _lock_stock(show: Show) -> None:
    # In the order of the keys, so as to meet buyers of several seats in theirs.
    list(ShowSeat.objects.locked().filter(show=show).values_list("pk"))


def _note_end(show: Show) -> None:
    noted = ShowSeat.objects.filter(show=show, sells_last_until__isnull=False)
    if noted.exclude(sells_last_until=show.end_time).update(sells_last_until=show.end_time):
        invalidate_stock(show.pk)


def _prices_now(show: Show) -> Prices:
    prices: dict[str, dict[str, Decimal]] = {}
    for price in show.show_prices.select_related("category").order_by("position"):
        prices.setdefault(price.category.name, {})[price.ticket_type] = price.amount
    return prices


def _replace_prices(show: Show, prices: Prices) -> None:
    """Expects the show's lock, and that it is saved afterwards."""
    # Of its stock: the screen may have got another layout since.
    of_stock = SeatCategory.objects.filter(
        pk__in=Seat.objects.filter(show_seats__show=show).values("category")
    )
    categories = {category.name: category for category in of_stock}
    check_prices(show, prices, categories)
    note_price_range(show, prices)
    show.show_prices.all().delete()
    write_prices([(show, prices)], {show.screen_id: categories})
    _lock_stock(show)
    for name, amounts in prices.items():
        ShowSeat.objects.filter(show=show, seat__category=categories[name]).update(
            price=next(iter(amounts.values()))
        )
