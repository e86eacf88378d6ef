"""Choosing seats to offer: best seats, areas, and other shows."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone

from eventbooking_system.db.compiled import CompiledQuery
from eventbooking_system.timezones import day_bounds
from shows.errors import NotEnoughSeats
from shows.halls import get_hall
from shows.models import Show, ShowPrice, ShowSeat
from shows.querysets import IS_ON_SALE
from shows.seating import ALTERNATIVES, Hall, Party, choose_seats
from shows.selectors.seat_map import areas_of


def hall_with_free_seats(show_id: int) -> tuple[Hall, set[int]]:
    """
    Return a show's hall and its free seats, without locks.

    Places in areas of general admission are left out.
    """
    hall = get_hall(show_id)
    return hall, free_in(hall, show_id)


def free_in(hall: Hall, show_id: int) -> set[int]:
    """Return the ids of the show's seats that are free now."""
    found = _free_seat_ids(show_id)
    return split_ids(found[0][0]) & hall.seat_ids if found else set()


def split_ids(joined: str) -> set[int]:
    """Parse the ids from a text that `joined_seat_ids` wrote."""
    return set(map(int, joined.split(",")))


@CompiledQuery
def _free_seat_ids(show_id: int) -> QuerySet[ShowSeat]:
    return ShowSeat.objects.filter(show=show_id).free().joined_seat_ids()


def party_of(
    show: Show,
    *,
    quantity: int,
    category: str | None = None,
    max_price: Decimal | None = None,
    **wishes: Any,
) -> Party:
    """Describe a party for this show. It has the categories that cost at most `max_price`."""
    categories = None if category is None else frozenset([category])
    if max_price is not None:
        prices = ShowPrice.objects.filter(show=show, position=0)
        now = timezone.now()
        affordable = frozenset(
            category
            for category, amount in prices.values_list("category__name", "amount")
            if show.price_at(amount, now) <= max_price
        )
        categories = affordable if categories is None else affordable & categories
    return Party(quantity, categories, rule=show.single_seat_rule, **wishes)


@dataclass(frozen=True)
class Choice:
    """Seats for a party, or a number of places in areas."""

    seat_ids: list[int] = field(default_factory=list)
    adjacent: bool = False
    areas: dict[str, int] = field(default_factory=dict)


def best_seats(*, show: Show, party: Party) -> Choice:
    """
    Choose the best free seats, or places in areas.

    Raises NotEnoughSeats.
    """
    hall, free = hall_with_free_seats(show.pk)
    try:
        return Choice(*choose_seats(hall, free, party))
    except NotEnoughSeats as refusal:
        return Choice(areas=choose_places(show, party, refusal))


def choose_places(show: Show, party: Party, refusal: NotEnoughSeats) -> dict[str, int]:
    """
    Choose how many places to book in which area.

    One area that has room for the whole party comes first; otherwise several areas, the one with most
    places left first. Raises NotEnoughSeats if the areas have too few places as well.
    """
    areas = [area for area in areas_of(show) if party.admits(area)]
    left = {area["name"]: area["available"] for area in areas}
    for name, available in left.items():
        if available >= party.quantity:
            return {name: party.quantity}
    if sum(left.values()) < party.quantity:
        available = max(refusal.members["available"], sum(left.values()))
        raise NotEnoughSeats(
            quantity=party.quantity, available=available, in_couples=refusal.in_couples
        ) from refusal
    chosen: dict[str, int] = {}
    for name in sorted(left, key=left.__getitem__, reverse=True):
        if part := min(left[name], party.quantity - sum(chosen.values())):
            chosen[name] = part
    return chosen


def other_shows(*, show_id: int, quantity: int) -> list[dict[str, Any]]:
    """
    List other shows that day with enough free seats.

    They are of the same event at the same venue.
    """
    show = Show.objects.select_related("screen__venue").get(pk=show_id)
    zone = show.screen.venue.timezone
    start, end = day_bounds(show.start_time.astimezone(ZoneInfo(zone)).date(), zone)
    same_day = (
        Show.objects.listed()
        .filter(
            IS_ON_SALE,
            event=show.event_id,
            screen__venue=show.screen.venue_id,
            start_time__gte=start,
            start_time__lt=end,
        )
        .exclude(pk=show.pk)
    )
    found = []
    for other in same_day.order_by("start_time")[:ALTERNATIVES]:
        try:
            choice = best_seats(show=other, party=party_of(other, quantity=quantity))
        except NotEnoughSeats:
            continue
        found.append(
            {
                "show": other.pk,
                "start_time": other.start_time,
                "seat_ids": choice.seat_ids,
                "areas": choice.areas,
            }
        )
    return found
