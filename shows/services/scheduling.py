"""
Scheduling of one or many shows.

The number of statements does not grow with the number of shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from simple_history.utils import bulk_create_with_history

from audit.recording import record_all
from eventbooking_system.errors import DomainError
from events.models import Event
from shows.models import Show
from shows.services.planning import (
    check_fees,
    check_times,
    found_screen,
    in_the_way,
    in_zone_of,
    lock_screens,
    others_around,
    overlap,
    set_end,
)
from shows.services.price_lists import ListedPrices, apply_price_list, read_price_lists
from shows.services.pricing import (
    BATCH,
    Categories,
    Prices,
    categories_of,
    check_prices,
    check_total,
    note_price_range,
    write_prices,
)
from venues.models import SALES_TERMS, Screen
from venues.refund_rules import with_rules


@dataclass(frozen=True)
class NewShow:
    """A show to be scheduled, with the arguments of `schedule_show`."""

    event: Event
    screen: Screen
    prices: Prices | None
    fields: Mapping[str, Any]
    # The id of the list that the prices are taken from, instead of `prices`.
    price_list: int | None = None


@transaction.atomic(durable=True)
def schedule_show(
    *,
    event: Event,
    screen: Screen,
    prices: Prices | None = None,
    price_list: int | None = None,
    **fields: Any,
) -> Show:
    """
    Schedule an event on a screen, with prices and stock.

    The prices are given, or taken from a price list, with its currency and its windows. `fields`
    are fields of Show. A time without an offset is the venue's local time. The end defaults to the
    start plus the event's duration, and the sales terms default to the venue's.

    Raises ShowOverlap or InvalidField.
    """
    [result] = schedule_within([NewShow(event, screen, prices, fields, price_list)])
    if isinstance(result, DomainError):
        raise result
    return result


@transaction.atomic(durable=True)
def schedule_shows(*, new_shows: Sequence[NewShow]) -> list[Show | DomainError]:
    """
    Schedule many shows by the rules of `schedule_show`.

    It takes as many statements as one show. Return for each one its show, or the ShowOverlap or
    InvalidField that refused only this one.
    """
    return schedule_within(new_shows)


def schedule_within(new_shows: Sequence[NewShow]) -> list[Show | DomainError]:
    """Schedule many shows in the caller's transaction. Lock each screen."""
    screens = lock_screens({new_show.screen.pk for new_show in new_shows})
    categories = categories_of(screens)
    lists = read_price_lists(each.price_list for each in new_shows if each.price_list is not None)
    results: list[Show | DomainError] = []
    prices: dict[int, Prices] = {}
    for index, new_show in enumerate(new_shows):
        try:
            show, prices[index] = planned_show(new_show, screens, categories, lists)
            results.append(show)
        except DomainError as refusal:
            results.append(refusal)
    refused = _overlapping(results)
    accepted = [
        (show, prices[index])
        for index, show in enumerate(results)
        if isinstance(show, Show) and index not in refused
    ]
    if shows := [show for show, _ in accepted]:
        bulk_create_with_history(shows, Show, batch_size=BATCH)
        write_prices(accepted, categories)
        _write_stock(shows)
        record_all("shows.schedule", [(show, {}) for show in shows])
    # The overlapping show may be a new one, which has its id only now.
    for index, other in refused.items():
        results[index] = overlap(other)
    return results


def planned_show(
    new_show: NewShow,
    screens: Mapping[int, Screen],
    categories: Mapping[int, Categories],
    lists: Mapping[int, ListedPrices],
) -> tuple[Show, Prices]:
    """Build and check a show with its prices, except for overlaps. Raises InvalidField."""
    screen = found_screen(screens, new_show.screen.pk)
    terms = {name: getattr(screen.venue, name) for name in SALES_TERMS}
    fields = {**terms, **with_rules(in_zone_of(screen, new_show.fields))}
    show = Show(event=new_show.event, screen=screen, layout_id=screen.layout_id, **fields)
    set_end(show)
    prices = new_show.prices
    if new_show.price_list is not None:
        prices = apply_price_list(show, lists.get(new_show.price_list), categories[screen.pk])
    check_times(show)
    check_fees(show)
    check_prices(show, prices, categories[screen.pk])
    note_price_range(show, prices)
    check_total(show)
    return show, prices


def _overlapping(results: Sequence[Show | DomainError]) -> dict[int, Show]:
    """
    Find the existing or earlier show that each one overlaps.

    Expects the screens' locks.
    """
    shows = {index: show for index, show in enumerate(results) if isinstance(show, Show)}
    taken = others_around(list(shows.values()))
    refused = {}
    for index, show in shows.items():
        if other := in_the_way(show, taken[show.screen_id]):
            refused[index] = other
        else:
            taken[show.screen_id].append(show)
    return refused


def _write_stock(shows: Sequence[Show]) -> None:
    """
    Insert the stock of the shows in one statement.

    Each seat has its category's default price. The house seats of the screen are blocked.
    """
    for start in range(0, len(shows), BATCH):
        ids = [show.pk for show in shows[start : start + BATCH]]
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO shows_showseat
                    (show_id, seat_id, price, status, block_reason, block_owner,
                    sells_last_until)
                SELECT show.id, seat.id, price.amount,
                    CASE WHEN house.id IS NULL THEN 'available' ELSE 'blocked' END,
                    coalesce(house.reason, ''), CASE WHEN house.id IS NULL THEN '' ELSE 'house' END,
                    CASE WHEN seat.id = max(seat.id) OVER (PARTITION BY show.id)
                        THEN show.end_time END
                FROM shows_show show
                JOIN shows_showprice price ON price.show_id = show.id AND price.position = 0
                JOIN venues_seat seat
                  ON seat.screen_id = show.screen_id AND seat.category_id = price.category_id
                LEFT JOIN venues_houseseat house ON house.seat_id = seat.id
                WHERE show.id IN ({", ".join(["%s"] * len(ids))})
                ORDER BY show.id, seat.id
                """,
                ids,
            )
