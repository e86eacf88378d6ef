"""Changing a scheduled show's times, prices and terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext

from audit.recording import State, record, state_of
from eventbooking_system.errors import Busy, InUse
from eventbooking_system.money import formatted
from shows.models import Show, ShowSeat
from shows.querysets import IS_ON_SALE
from shows.services import stock
from shows.services.planning import (
    check_fees,
    check_give_back,
    check_screen_is_free,
    check_times,
    found_screen,
    in_zone_of,
    lock_screens,
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
from venues.models import Screen, Seat, SeatCategory
from venues.refund_rules import with_rules


@dataclass(frozen=True)
class Before:
    """A show as it was before a change, for the audit."""

    state: State
    start_time: datetime
    currency: str
    prices: Prices


@transaction.atomic(durable=True)
def change_show(*, show_id: int, prices: Prices | None = None, **fields: Any) -> Show:
    """
    Change a show that is neither cancelled nor archived.

    A new start moves the end, the close of sales and the end of the early bird by as much, unless they
    are given. Existing bookings keep their prices and terms. Raises ShowOverlap, InvalidField, and InUse if the change
    would contradict existing bookings.
    """
    show, _ = lock_show(show_id)
    before = apply_fields(show, fields)
    # A new currency may not allow the same amounts, so they are checked again.
    same_prices = before.prices if "currency" in fields else None
    to_write = same_prices if prices is None else prices
    write_change(show, before, prices=to_write, notes_prices=prices is not None)
    return show


def lock_show(show_id: int, *, screen_id: int | None = None) -> tuple[Show, Screen]:
    """
    Lock a show and its screen, and another screen if given.

    Return the show, with the database's time as `clock`, and the other screen, or its own. Expects
    an open transaction. Raises InUse for a cancelled or archived show, and Busy if the show has just
    been moved.
    """
    own_id = Show.objects.values_list("screen", flat=True).get(pk=show_id)
    screens = lock_screens({own_id, screen_id or own_id})
    show = Show.objects.locked().annotate(clock=Now()).get(pk=show_id)
    if show.screen_id != own_id:
        raise Busy(gettext("The show has just been moved to another screen."))
    show.screen = found_screen(screens, own_id)
    if show.status == Show.Status.CANCELLED:
        raise InUse("A cancelled show cannot be changed.")
    if show.final_counts is not None:
        raise InUse("An archived show cannot be changed.")
    return show, found_screen(screens, screen_id or own_id)


def apply_fields(show: Show, fields: Mapping[str, Any]) -> Before:
    """
    Set fields of a locked show, and check them. Nothing is written.

    Raises ShowOverlap, InvalidField and InUse.
    """
    fields = with_rules(in_zone_of(show.screen, fields))
    before = Before(state_of(show), show.start_time, show.currency, prices_now(show))
    if fields.get("currency", show.currency) != show.currency:
        _check_nobody_buys(show)
    if "start_time" in fields and "end_time" not in fields:
        fields["end_time"] = fields["start_time"] + (show.end_time - show.start_time)
    if "start_time" in fields and show.sales_close_at and "sales_close_at" not in fields:
        fields["sales_close_at"] = fields["start_time"] + (show.sales_close_at - show.start_time)
    if "start_time" in fields and show.early_bird_until and "early_bird_until" not in fields:
        shift = fields["start_time"] - show.start_time
        fields["early_bird_until"] = show.early_bird_until + shift
    if fields.get("publication") == Show.Publication.DRAFT and "publish_at" not in fields:
        # A past time would publish the draft at once.
        fields["publish_at"] = None
    for name, value in fields.items():
        setattr(show, name, value)
    set_end(show)
    check_times(show)
    if "give_back_until" in fields:
        check_give_back(show, now=show.clock)
    check_fees(show)
    check_screen_is_free(show)
    return before


def _note_move(show: Show, before: Before) -> None:
    """Store the show's earlier start, unless the show moves back to it."""
    if show.publication_at(show.clock) == Show.Publication.DRAFT:
        return
    is_back = show.previous_start_time == show.start_time
    show.previous_start_time = None if is_back else before.start_time


def write_change(
    show: Show, before: Before, *, prices: Prices | None, notes_prices: bool = True
) -> None:
    """Write a show that `apply_fields` has changed, and given prices."""
    if prices is not None:
        _replace_prices(show, prices)
    check_total(show)
    if show.start_time != before.start_time:
        _note_move(show, before)
        lock_stock(show)
        stock.move_releases(show_id=show.pk, by=show.start_time - before.start_time)
    _note_end(show)
    show.save()
    changed = {}
    if prices is not None and notes_prices:
        old = _written(before.prices, before.currency)
        changed = {"prices": [old, _written(prices, show.currency)]}
    record("shows.change", show, before=before.state, changes=changed)


def _check_nobody_buys(show: Show) -> None:
    """
    Check that no booking uses the currency. Raises InUse.

    A show on sale is refused, too, because a hold that waits for its seats would use the old currency
    with the new prices.
    """
    lock_stock(show)
    if show.bookings.exists():
        raise InUse("The currency of a show with bookings cannot change.")
    if Show.objects.filter(IS_ON_SALE, pk=show.pk).exists():
        raise InUse("The currency of a show on sale cannot change. Close its sales first.")


def lock_stock(show: Show) -> None:
    """Lock all of a show's seats, in the order of the keys."""
    list(ShowSeat.objects.locked().filter(show=show).values_list("pk"))


def _note_end(show: Show) -> None:
    noted = ShowSeat.objects.filter(show=show, sells_last_until__isnull=False)
    if noted.exclude(sells_last_until=show.end_time).update(sells_last_until=show.end_time):
        invalidate_stock(show.pk)


def prices_now(show: Show) -> Prices:
    """Return the show's prices by category and ticket type. The default type is first."""
    prices: dict[str, dict[str, Decimal]] = {}
    for price in show.show_prices.select_related("category").order_by("position"):
        prices.setdefault(price.category.name, {})[price.ticket_type] = price.amount
    return prices


def _written(prices: Prices, currency: str) -> dict[str, dict[str, str]]:
    """Return prices in the format of the audit."""
    return {
        category: {
            ticket_type: formatted(amount, currency) for ticket_type, amount in amounts.items()
        }
        for category, amounts in prices.items()
    }


def _replace_prices(show: Show, prices: Prices) -> None:
    """Replace a show's prices. Expects the show's lock, and that the show is saved afterwards."""
    # The screen may have another layout since, so the categories come from the stock.
    of_stock = SeatCategory.objects.filter(
        pk__in=Seat.objects.filter(show_seats__show=show).values("category")
    )
    categories = {category.name: category for category in of_stock}
    check_prices(show, prices, categories)
    note_price_range(show, prices)
    show.show_prices.all().delete()
    write_prices([(show, prices)], {show.screen_id: categories})
    lock_stock(show)
    for name, amounts in prices.items():
        price = next(iter(amounts.values()))
        of_category = ShowSeat.objects.filter(show=show, seat__category=categories[name])
        of_category.exclude(price=price).update(price=price)
