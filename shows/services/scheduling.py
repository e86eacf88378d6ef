"""Putting events on screens: one show, or a week of them in as many statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from simple_history.utils import bulk_create_with_history

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


@dataclass(frozen=True)
class Plan:
    """A show to be scheduled, as `schedule_show` takes it."""

    event: Event
    screen: Screen
    prices: Prices
    fields: Mapping[str, Any]


@transaction.atomic(durable=True)
def schedule_show(*, event: Event, screen: Screen, prices: Prices, **fields: Any) -> Show:
    """
    Put an event on a screen: the show, its prices, and its stock of seats.

    `fields` are those of Show. Naive times are the venue's; the end defaults to the start plus
    the event's duration, the sales terms to the venue's. Raises ShowOverlap or InvalidField.
    """
    [result] = _schedule([Plan(event, screen, prices, fields)])
    if isinstance(result, DomainError):
        raise result
    return result


@transaction.atomic(durable=True)
def schedule_shows(*, plans: Sequence[Plan]) -> list[Show | DomainError]:
    """
    Schedule many shows in as many statements as one takes, each as `schedule_show` would.

    For each plan its show, or the ShowOverlap or InvalidField that refuses it and no other.
    """
    return _schedule(plans)


def _schedule(plans: Sequence[Plan]) -> list[Show | DomainError]:
    screens = lock_screens({plan.screen.pk for plan in plans})
    categories = categories_of(screens)
    results: list[Show | DomainError] = []
    for plan in plans:
        try:
            results.append(_new_show(plan, screens, categories))
        except DomainError as refusal:
            results.append(refusal)
    refused = _overlapping(results)
    accepted = [
        (show, plans[index].prices)
        for index, show in enumerate(results)
        if isinstance(show, Show) and index not in refused
    ]
    if shows := [show for show, _ in accepted]:
        bulk_create_with_history(shows, Show, batch_size=BATCH)
        write_prices(accepted, categories)
        _write_stock(shows)
    # Only now, as what is in the way may be one of these shows.
    for index, other in refused.items():
        results[index] = overlap(other)
    return results


def _new_show(
    plan: Plan, screens: Mapping[int, Screen], categories: Mapping[int, Categories]
) -> Show:
    """The show of a plan, unsaved, once all but its slot has been checked."""
    screen = found_screen(screens, plan.screen.pk)
    terms = {name: getattr(screen.venue, name) for name in SALES_TERMS}
    fields = {**terms, **in_zone_of(screen, plan.fields)}
    show = Show(event=plan.event, screen=screen, layout_id=screen.layout_id, **fields)
    set_end(show)
    check_times(show)
    check_fees(show)
    check_prices(show, plan.prices, categories[screen.pk])
    note_price_range(show, plan.prices)
    check_total(show)
    return show


def _overlapping(results: Sequence[Show | DomainError]) -> dict[int, Show]:
    """
    By its index, what is in the way of a show: one that is there, or an earlier one of these.

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
    """One row a seat, at the default price of its category, in one statement: halls are large."""
    for start in range(0, len(shows), BATCH):
        ids = [show.pk for show in shows[start : start + BATCH]]
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO shows_showseat
                    (show_id, seat_id, price, status, block_reason, block_owner,
                    sells_last_until)
                SELECT show.id, seat.id, price.amount, 'available', '', '',
                    CASE WHEN seat.id = max(seat.id) OVER (PARTITION BY show.id)
                        THEN show.end_time END
                FROM shows_show show
                JOIN shows_showprice price ON price.show_id = show.id AND price.position = 0
                JOIN venues_seat seat
                  ON seat.screen_id = show.screen_id AND seat.category_id = price.category_id
                WHERE show.id IN ({", ".join(["%s"] * len(ids))})
                ORDER BY show.id, seat.id
                """,
                ids,
            )
