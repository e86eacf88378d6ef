"""Scheduling shows and changing what is sold of them. Lock order: Screen, Show, ShowSeat."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext
from simple_history.utils import bulk_create_with_history

from eventbooking_system.errors import DomainError, InUse, InvalidField
from eventbooking_system.money import CURRENCY_DIGITS, has_excess_digits
from events.models import Event
from shows.errors import (
    BeingTaken,
    NotEnoughSeats,
    SeatsNotInShow,
    SeatsUnavailable,
    ShowOverlap,
)
from shows.halls import the_hall_of
from shows.models import Show, ShowPrice, ShowSeat
from shows.querysets import ShowSeatQuerySet
from shows.stock import stock_changed
from venues.models import SALES_TERMS, Screen, Seat, SeatCategory
from venues.timezones import localised

# Amounts by category and ticket type, the default type first; "" is the only type of a plain price.
Prices = Mapping[str, Mapping[str, Decimal]]
Categories = dict[str, SeatCategory]

_TIMES = ("start_time", "end_time", "sales_open_at", "sales_close_at")
# What a seat that is no longer blocked forgets.
UNBLOCKED = {"block_reason": "", "block_owner": "", "released_at": None}
_CHOICE = 1  # The class of our advisory locks for `queue_for_choice`.
LONGEST_SHOW = timedelta(days=7)
_LONGEST_STAY = LONGEST_SHOW + timedelta(days=1)  # With the cleaning.
_BATCH = 500


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


@transaction.atomic(durable=True)
def change_show(*, show_id: int, prices: Prices | None = None, **fields: Any) -> Show:
    """
    Change a show that is not over or cancelled. Bookings made keep their prices and terms.

    Raises ShowOverlap, InvalidField, and InUse where the change would break what was sold.
    """
    screen = _lock_screen(Show.objects.values_list("screen", flat=True).get(pk=show_id))
    show = Show.objects.locked().get(pk=show_id)
    show.screen = screen
    if show.status == Show.Status.CANCELLED:
        raise InUse("A cancelled show stays as it is.")
    if show.final_counts is not None:
        raise InUse("An archived show stays as it is.")
    fields = _in_zone_of(screen, fields)
    if fields.get("currency", show.currency) != show.currency and show.bookings.exists():
        raise InUse("The currency of a show with bookings cannot change.")
    if "start_time" in fields and "end_time" not in fields:
        fields["end_time"] = fields["start_time"] + (show.end_time - show.start_time)
    for name, value in fields.items():
        setattr(show, name, value)
    _check_times(show)
    _check_fees(show)
    _check_slot(show)
    if prices is not None or "currency" in fields:
        _replace_prices(show, prices if prices is not None else _prices_now(show))
    show.save()
    return show


@transaction.atomic(durable=True)
def block_seats(
    *,
    show_id: int,
    block: Sequence[int] = (),
    unblock: Sequence[int] = (),
    block_areas: Mapping[str, int] | None = None,
    unblock_areas: Mapping[str, int] | None = None,
    reason: str = "",
    owner: str = "",
    release_minutes: int | None = None,
) -> None:
    """
    Take free seats off sale, and put blocked ones back on; of areas, so many places.

    Blocked ones go on sale by themselves so many minutes before the show, if that is said; staff
    may book them before.

    All or nothing: raises SeatsNotInShow, SeatsUnavailable for seats that somebody has, and
    NotEnoughSeats for places of areas.
    """
    wanted = [*block, *unblock]
    seats = lock_seats(show_id=show_id, seat_ids=wanted)
    # A show that is being cancelled has all of its seats locked, and is cancelled once they are ours.
    if Show.objects.filter(pk=show_id, status=Show.Status.CANCELLED).exists():
        raise InUse("The seats of a cancelled show stay blocked.")
    taken = [
        seat.seat_id
        for seat in seats
        if not seat.is_free and seat.status != ShowSeat.Status.BLOCKED
    ]
    if taken:
        raise SeatsUnavailable(taken, wanted=len(wanted))
    stock = ShowSeat.objects.filter(show=show_id)
    blocked = [seat.pk for seat in seats if seat.seat_id in set(block)]
    blocked += _places(show_id, block_areas, stock.free())
    freed = [seat.pk for seat in seats if seat.seat_id in set(unblock)]
    freed += _places(show_id, unblock_areas, stock.filter(status=ShowSeat.Status.BLOCKED))
    released_at = None
    if release_minutes is not None:
        start_time = Show.objects.values_list("start_time", flat=True).get(pk=show_id)
        released_at = start_time - timedelta(minutes=release_minutes)
    ShowSeat.objects.filter(pk__in=blocked).update(
        status=ShowSeat.Status.BLOCKED,
        booking=None,
        held_until=None,
        block_reason=reason,
        block_owner=owner,
        released_at=released_at,
    )
    ShowSeat.objects.filter(pk__in=freed).update(
        **UNBLOCKED, status=ShowSeat.Status.AVAILABLE, booking=None, held_until=None
    )
    stock_changed(show_id)


def _places(show_id: int, areas: Mapping[str, int] | None, stock: ShowSeatQuerySet) -> list[int]:
    """The keys of so many places of areas, now locked."""
    return [
        place.pk
        for area, quantity in (areas or {}).items()
        for place in lock_places(show_id=show_id, area=area, quantity=quantity, stock=stock)
    ]


def lock_seats(*, show_id: int, seat_ids: Sequence[int]) -> list[ShowSeat]:
    """
    Lock exactly these seats of a show, in the order of their keys, in one statement.

    They come as `ShowSeatQuerySet.to_sell` reads them. Raises SeatsNotInShow. The caller holds
    the transaction.
    """
    seats = list(ShowSeat.objects.to_sell(show_id=show_id, seat_ids=seat_ids).locked())
    check_all_found(seats, seat_ids)
    return seats


def lock_places(
    *, show_id: int, area: str, quantity: int, stock: ShowSeatQuerySet
) -> list[ShowSeat]:
    """
    Lock so many places of an area, of this stock of the show, that nobody else is taking.

    Nobody waits, so their order does not matter. Raises NotEnoughSeats; BeingTaken where others may
    give some back; and InvalidField. The caller holds the transaction.
    """
    places = _places_of(show_id, area, stock)
    found = list(places.locked(skip_locked=True).order_by("seat_id")[:quantity])
    if len(found) == quantity:
        return found
    # Asked in a statement of its own, whose snapshot is newer than what was passed over.
    if (left := places.count()) < quantity:
        raise NotEnoughSeats(quantity=quantity, available=left, area=area)
    raise BeingTaken


def free_places(
    *, show_id: int, area: str, quantity: int, stock: ShowSeatQuerySet
) -> list[ShowSeat]:
    """The same, locking nothing."""
    found = list(_places_of(show_id, area, stock)[:quantity])
    if len(found) < quantity:
        raise NotEnoughSeats(quantity=quantity, available=len(found), area=area)
    return found


def _places_of(show_id: int, area: str, stock: ShowSeatQuerySet) -> ShowSeatQuerySet:
    areas = the_hall_of(show_id).areas
    if area not in areas:
        raise InvalidField(f"areas.{area}", gettext("The show has no such area."), "does_not_exist")
    return stock.within(areas[area])


def queue_for_choice(show_id: int) -> None:
    """
    Wait, until the transaction ends, for those who choose among the same show's seats.

    Taken after the locks of seats, or before locks that skip what others have; never before one that
    waits. On SQLite all who write queue already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CHOICE, show_id % 2**31])


def check_all_found(seats: Sequence[ShowSeat], seat_ids: Sequence[int]) -> None:
    """Raise SeatsNotInShow, naming the seats that were asked for and are not there."""
    if missing := set(seat_ids) - {seat.seat_id for seat in seats}:
        raise SeatsNotInShow(sorted(missing))


def _schedule(plans: Sequence[Plan]) -> list[Show | DomainError]:
    screens = _lock_screens({plan.screen.pk for plan in plans})
    categories = _categories_of(screens)
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
        bulk_create_with_history(shows, Show, batch_size=_BATCH)
        _write_prices(accepted, categories)
        _write_stock(shows)
    # Only now, as what is in the way may be one of these shows.
    for index, other in refused.items():
        results[index] = _overlap(other)
    return results


def _new_show(
    plan: Plan, screens: Mapping[int, Screen], categories: Mapping[int, Categories]
) -> Show:
    """The show of a plan, unsaved, once all but its slot has been checked."""
    screen = _found(screens, plan.screen.pk)
    terms = {name: getattr(screen.venue, name) for name in SALES_TERMS}
    fields = {**terms, **_in_zone_of(screen, plan.fields)}
    show = Show(event=plan.event, screen=screen, layout_id=screen.layout_id, **fields)
    if show.end_time is None:
        show.end_time = show.start_time + timedelta(minutes=plan.event.duration_minutes)
    _check_times(show)
    _check_fees(show)
    _check_prices(show, plan.prices, categories[screen.pk])
    _note_price_range(show, plan.prices)
    return show


def _overlapping(results: Sequence[Show | DomainError]) -> dict[int, Show]:
    """
    By its index, what is in the way of a show: one that is there, or an earlier one of these.

    Expects the screens' locks.
    """
    shows = {index: show for index, show in enumerate(results) if isinstance(show, Show)}
    taken = _others_around(list(shows.values()))
    refused = {}
    for index, show in shows.items():
        if other := _in_the_way(show, taken[show.screen_id]):
            refused[index] = other
        else:
            taken[show.screen_id].append(show)
    return refused


def _lock_screen(screen_id: int) -> Screen:
    return _found(_lock_screens({screen_id}), screen_id)


def _lock_screens(ids: Set[int]) -> dict[int, Screen]:
    # Two shows on one screen are planned one after the other; so is a change of its layout.
    locked = Screen.objects.locked().select_related("venue").filter(pk__in=ids)
    return {screen.pk: screen for screen in locked}


def _found(screens: Mapping[int, Screen], screen_id: int) -> Screen:
    if screen_id not in screens:
        raise InvalidField("screen", "The screen has just been removed.", "does_not_exist")
    return screens[screen_id]


def _in_zone_of(screen: Screen, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with naive times read in the venue's zone."""
    return {
        name: localised(value, screen.venue.timezone, field=name)
        if name in _TIMES and isinstance(value, datetime)
        else value
        for name, value in fields.items()
    }


def _check_times(show: Show) -> None:
    if show.end_time <= show.start_time:
        raise InvalidField("end_time", "The end is not after the start.")
    if show.end_time - show.start_time > LONGEST_SHOW:
        raise InvalidField("end_time", f"A show lasts {LONGEST_SHOW.days} days at the most.")
    if show.sales_open_at and show.sales_open_at >= (show.sales_close_at or show.start_time):
        raise InvalidField("sales_open_at", "Sales would open after they close.")
    if show.sales_close_at and show.sales_close_at > show.end_time:
        raise InvalidField("sales_close_at", "Sales would close after the show's end.")
    show.occupied_until = show.end_time + timedelta(minutes=show.cleaning_minutes)


def _check_slot(show: Show) -> None:
    """Refuse a slot that another show has. Expects the screen's lock."""
    if other := _in_the_way(show, _others_around([show])[show.screen_id]):
        raise _overlap(other)


def _others_around(shows: Sequence[Show]) -> dict[int, list[Show]]:
    """The other shows of their screens that may be in their way, by screen, in the order of starts."""
    others: dict[int, list[Show]] = defaultdict(list)
    if not shows:
        return others
    first = min(show.start_time for show in shows)
    found = Show.objects.filter(
        screen__in={show.screen_id for show in shows},
        # Whatever began before has left the screen by then: the index need not be read further.
        start_time__gt=first - _LONGEST_STAY,
        start_time__lt=max(show.occupied_until for show in shows),
        occupied_until__gt=first,
    ).exclude(pk__in=[show.pk for show in shows if show.pk])
    for other in found.select_related("event").order_by("start_time"):
        others[other.screen_id].append(other)
    return others


def _in_the_way(show: Show, others: Sequence[Show]) -> Show | None:
    scheduled = [other for other in others if other.status == Show.Status.SCHEDULED]
    overlapping = (
        other
        for other in scheduled
        if other.start_time < show.occupied_until and other.occupied_until > show.start_time
    )
    same_start = (other for other in others if other.start_time == show.start_time)
    return next(overlapping, None) or next(same_start, None)


def _overlap(other: Show) -> ShowOverlap:
    if other.status == Show.Status.CANCELLED:
        detail = "A cancelled show keeps this exact start on this screen: choose another minute."
    else:
        detail = (
            f"“{other.event.title}” is on this screen from {other.start_time:%Y-%m-%d %H:%M} to "
            f"{other.occupied_until:%H:%M} UTC, cleaning included."
        )
    return ShowOverlap(detail, show_id=other.pk)


def _categories_of(screens: Iterable[int]) -> dict[int, Categories]:
    """The categories by name that have seats, of each screen."""
    found = SeatCategory.objects.filter(
        Exists(Seat.objects.filter(screen=OuterRef("screen"), category=OuterRef("pk"))),
        screen__in=screens,
    )
    categories: dict[int, Categories] = defaultdict(dict)
    for category in found:
        categories[category.screen_id][category.name] = category
    return categories


def _check_prices(show: Show, prices: Prices, categories: Categories) -> None:
    """Raise InvalidField unless each category has valid prices."""
    if not categories:
        raise InvalidField("screen", "This screen has no seats: give it a layout first.")
    if missing := categories.keys() - prices.keys():
        raise InvalidField("prices", f"No price for {', '.join(sorted(missing))}.", "required")
    if unknown := prices.keys() - categories.keys():
        raise InvalidField("prices", f"The screen has no category {', '.join(sorted(unknown))}.")
    for name, amounts in prices.items():
        if not amounts:
            raise InvalidField(f"prices.{name}", "No ticket type.", "required")
        if "" in amounts and len(amounts) > 1:
            raise InvalidField(f"prices.{name}", "Where there are ticket types, each has a name.")
        for ticket_type, amount in amounts.items():
            if amount < 0 or has_excess_digits(amount, show.currency):
                place = ".".join(part for part in ("prices", name, ticket_type) if part)
                raise InvalidField(place, f"{amount} is not an amount of {show.currency}.")


def _check_fees(show: Show) -> None:
    if show.currency not in CURRENCY_DIGITS:
        raise InvalidField("currency", "This is not a currency of ISO 4217.")
    for name in ("fee_per_ticket", "fee_per_booking"):
        if has_excess_digits(Decimal(getattr(show, name)), show.currency):
            raise InvalidField(name, f"This is not an amount of {show.currency}.")


def _note_price_range(show: Show, prices: Prices) -> None:
    amounts = [amount for by_type in prices.values() for amount in by_type.values()]
    show.lowest_price, show.highest_price = min(amounts), max(amounts)


def _write_prices(
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
        batch_size=_BATCH,
    )


def _write_stock(shows: Sequence[Show]) -> None:
    """One row a seat, at the default price of its category, in one statement: halls are large."""
    for start in range(0, len(shows), _BATCH):
        ids = [show.pk for show in shows[start : start + _BATCH]]
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO shows_showseat
                    (show_id, seat_id, price, status, block_reason, block_owner, sells_last)
                SELECT show.id, seat.id, price.amount, 'available', '', '',
                    seat.id = max(seat.id) OVER (PARTITION BY show.id)
                FROM shows_show show
                JOIN shows_showprice price ON price.show_id = show.id AND price.position = 0
                JOIN venues_seat seat
                  ON seat.screen_id = show.screen_id AND seat.category_id = price.category_id
                WHERE show.id IN ({", ".join(["%s"] * len(ids))})
                ORDER BY show.id, seat.id
                """,
                ids,
            )


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
    _check_prices(show, prices, categories)
    _note_price_range(show, prices)
    show.show_prices.all().delete()
    _write_prices([(show, prices)], {show.screen_id: categories})
    # In the order of the keys, so as to meet buyers of several seats in theirs.
    list(ShowSeat.objects.locked().filter(show=show).values_list("pk"))
    for name, amounts in prices.items():
        ShowSeat.objects.filter(show=show, seat__category=categories[name]).update(
            price=next(iter(amounts.values()))
        )
