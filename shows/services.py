"""Scheduling shows and changing what is sold of them. Lock order: Screen, Show, ShowSeat."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext

from eventbooking_system.errors import InUse, InvalidField
from eventbooking_system.money import CURRENCY_DIGITS, has_excess_digits
from events.models import Event
from shows.errors import (
    BeingTaken,
    NotEnoughSeats,
    SeatsNotInShow,
    SeatsUnavailable,
    ShowOverlap,
)
from shows.models import Show, ShowPrice, ShowSeat
from shows.querysets import ShowSeatQuerySet
from venues.models import SALES_TERMS, Screen, Seat, SeatCategory
from venues.timezones import localised

# Amounts by category and ticket type, the default type first; "" is the only type of a plain price.
Prices = Mapping[str, Mapping[str, Decimal]]

_TIMES = ("start_time", "end_time", "sales_open_at", "sales_close_at")
# What a seat that is no longer blocked forgets.
UNBLOCKED = {"block_reason": "", "block_owner": "", "released_at": None}
_CHOICE = 1  # The class of our advisory locks for `queue_for_choice`.
LONGEST_SHOW = timedelta(days=7)


@transaction.atomic(durable=True)
def schedule_show(*, event: Event, screen: Screen, prices: Prices, **fields: Any) -> Show:
    """
    Put an event on a screen: the show, its prices, and its stock of seats.

    `fields` are those of Show. Naive times are the venue's; the end defaults to the start plus
    the event's duration, the sales terms to the venue's. Raises ShowOverlap or InvalidField.
    """
    screen = _lock_screen(screen.pk)
    terms = {name: getattr(screen.venue, name) for name in SALES_TERMS}
    show = Show(
        event=event,
        screen=screen,
        layout_id=screen.layout_id,
        **{**terms, **_in_zone_of(screen, fields)},
    )
    if show.end_time is None:
        show.end_time = show.start_time + timedelta(minutes=event.duration_minutes)
    _check_times(show)
    _check_fees(show)
    categories = _check_prices(show, prices)
    _check_slot(show)
    show.save()
    _write_prices(show, prices, categories)
    _write_stock(show)
    return show


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


def _places(show_id: int, areas: Mapping[str, int] | None, stock: ShowSeatQuerySet) -> list[int]:
    """The keys of so many places of areas, now locked."""
    return [
        place.pk
        for area, quantity in (areas or {}).items()
        for place in lock_places(
            show_id=show_id, area=area, quantity=quantity, places=stock.filter(seat__area=area)
        )
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
    *, show_id: int, area: str, quantity: int, places: ShowSeatQuerySet
) -> list[ShowSeat]:
    """
    Lock so many of these places of an area, whichever nobody else is taking: nobody waits.

    Raises NotEnoughSeats; BeingTaken where others may give some back; and InvalidField. The caller
    holds the transaction.
    """
    found = list(places.locked(skip_locked=True)[:quantity])
    if len(found) == quantity:
        return found
    # Asked in a statement of its own, whose snapshot is newer than what was passed over.
    check_left(show_id=show_id, area=area, quantity=quantity, left=places.count())
    raise BeingTaken


def check_left(*, show_id: int, area: str, quantity: int, left: int) -> None:
    """Raise NotEnoughSeats where less is left of an area, InvalidField where there is no such."""
    if left >= quantity:
        return
    if not ShowSeat.objects.filter(show_id=show_id, seat__area=area).exists():
        raise InvalidField(f"areas.{area}", gettext("The show has no such area."), "does_not_exist")
    raise NotEnoughSeats(quantity=quantity, available=left, area=area)


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


def _lock_screen(screen_id: int) -> Screen:
    # Two shows on one screen are planned one after the other; so is a change of its layout.
    screen = Screen.objects.locked().select_related("venue").filter(pk=screen_id).first()
    if screen is None:
        raise InvalidField("screen", "The screen has just been removed.", "does_not_exist")
    return screen


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
    others = Show.objects.filter(screen=show.screen).exclude(pk=show.pk).select_related("event")
    overlapping = others.filter(
        status=Show.Status.SCHEDULED,
        start_time__lt=show.occupied_until,
        occupied_until__gt=show.start_time,
    )
    if other := overlapping.order_by("start_time").first():
        raise ShowOverlap(
            f"“{other.event.title}” is on this screen from {other.start_time:%Y-%m-%d %H:%M} to "
            f"{other.occupied_until:%H:%M} UTC, cleaning included.",
            show_id=other.pk,
        )
    if other := others.filter(start_time=show.start_time).first():
        raise ShowOverlap(
            "A cancelled show keeps this exact start on this screen: choose another minute.",
            show_id=other.pk,
        )


def _check_prices(show: Show, prices: Prices) -> dict[str, SeatCategory]:
    """The categories to be sold, by name. Raises InvalidField unless each has valid prices."""
    # The screen may have got another layout since the show got its stock.
    seats = show.screen.seats if show.pk is None else Seat.objects.filter(show_seats__show=show)
    categories = {
        category.name: category
        for category in SeatCategory.objects.filter(pk__in=seats.values("category"))
    }
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
    return categories


def _check_fees(show: Show) -> None:
    if show.currency not in CURRENCY_DIGITS:
        raise InvalidField("currency", "This is not a currency of ISO 4217.")
    for name in ("fee_per_ticket", "fee_per_booking"):
        if has_excess_digits(Decimal(getattr(show, name)), show.currency):
            raise InvalidField(name, f"This is not an amount of {show.currency}.")


def _write_prices(show: Show, prices: Prices, categories: Mapping[str, SeatCategory]) -> None:
    ShowPrice.objects.bulk_create(
        ShowPrice(
            show=show,
            category=categories[name],
            ticket_type=ticket_type,
            amount=amount,
            position=position,
        )
        for name, amounts in prices.items()
        for position, (ticket_type, amount) in enumerate(amounts.items())
    )


def _write_stock(show: Show) -> None:
    """One row a seat, at the default price of its category, in one statement: halls are large."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO shows_showseat (show_id, seat_id, price, status, block_reason, block_owner)
            SELECT %s, seat.id, price.amount, 'available', '', ''
            FROM venues_seat seat
            JOIN shows_showprice price
              ON price.category_id = seat.category_id AND price.show_id = %s AND price.position = 0
            WHERE seat.screen_id = %s
            ORDER BY seat.id
            """,
            [show.pk, show.pk, show.screen_id],
        )


def _prices_now(show: Show) -> Prices:
    prices: dict[str, dict[str, Decimal]] = {}
    for price in show.show_prices.select_related("category").order_by("position"):
        prices.setdefault(price.category.name, {})[price.ticket_type] = price.amount
    return prices


def _replace_prices(show: Show, prices: Prices) -> None:
    categories = _check_prices(show, prices)
    show.show_prices.all().delete()
    _write_prices(show, prices, categories)
    # In the order of the keys, so as to meet buyers of several seats in theirs.
    list(ShowSeat.objects.locked().filter(show=show).values_list("pk"))
    for name, amounts in prices.items():
        ShowSeat.objects.filter(show=show, seat__category=categories[name]).update(
            price=next(iter(amounts.values()))
        )
