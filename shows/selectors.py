"""Questions about shows and their seats."""

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Count,
    IntegerField,
    JSONField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, JSONObject, Now

from eventbooking_system.db.compiled import CompiledQuery
from eventbooking_system.money import formatted
from shows.errors import NotEnoughSeats
from shows.halls import get_hall
from shows.models import Show, ShowPrice, ShowSeat
from shows.querysets import IS_FREE, IS_ON_SALE, IS_ON_SALE_IF_PUBLISHED
from shows.seating import ALTERNATIVES, Hall, Party, choose_seats
from venues.models import Layout
from venues.timezones import day_bounds


def shows_visible_to(*, is_staff: bool) -> QuerySet[Show]:
    """Shows with what the API says of each; those of unpublished events are for staff only."""
    return _shows_visible_to(is_staff).all()


def shows_listed_for(*, is_staff: bool) -> QuerySet[Show]:
    """The same, for lists: to find one show, `shows_visible_to` is quicker, and to count many, this."""
    return (_shows_visible_to(is_staff) if is_staff else _shows_listed_for_customers()).all()


# Querysets that are never read themselves, only copied: to put them together takes several times as long.


@cache
def _shows_visible_to(is_staff: bool) -> QuerySet[Show]:
    shows = Show.objects.all() if is_staff else Show.objects.published()
    return _with_details(shows, is_on_sale=IS_ON_SALE)


@cache
def _shows_listed_for_customers() -> QuerySet[Show]:
    # What asked for the event's own column would join it to every show that is counted.
    shows = Show.objects.of_no_unpublished_event()
    return _with_details(shows, is_on_sale=IS_ON_SALE_IF_PUBLISHED)


def _with_details(shows: QuerySet[Show], *, is_on_sale: Q) -> QuerySet[Show]:
    return (
        shows.select_related("event", "screen__venue")
        .prefetch_related(
            "event__genres",
            Prefetch("show_prices", ShowPrice.objects.select_related("category").order_by(
                "category__position", "category_id", "position"
            ), to_attr="prices_in_order")
        )
        .annotate(
            is_on_sale=is_on_sale,
            seat_counts=Coalesce("final_counts", _SEAT_COUNTS, Value(_NO_SEATS, JSONField())),
        )
    )  # fmt: skip


_NO_SEATS = {"available": 0, "total": 0}
# Both in one look at the stock.
_SEAT_COUNTS = Subquery(
    ShowSeat.objects.filter(show=OuterRef("pk"))
    .order_by()
    .values("show")
    .annotate(counts=JSONObject(available=Count("pk", filter=IS_FREE), total=Count("pk")))
    .values("counts")
)


def count_of_seats(condition: Q) -> Coalesce:
    seats = ShowSeat.objects.filter(condition, show=OuterRef("pk")).order_by()
    counted = seats.values("show").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def final_count(name: str) -> Cast:
    """One of `Show.final_counts`; None of a show that is not archived."""
    return Cast(KT(f"final_counts__{name}"), IntegerField())


def prices_of(show: Show) -> dict[str, Any]:
    """`{category: "250.00"}`, or `{category: {ticket type: "250.00"}}` where there are types."""
    prices: dict[str, Any] = {}
    for price in show.prices_in_order:
        amount = formatted(price.amount, show.currency)
        if price.ticket_type:
            prices.setdefault(price.category.name, {})[price.ticket_type] = amount
        else:
            prices[price.category.name] = amount
    return prices


def price_list_of(show: Show) -> list[dict[str, Any]]:
    """Every price of a show, by category; the default of a category comes first."""
    prices, seen = [], set()
    for price in show.prices_in_order:
        prices.append(
            {
                "category": price.category.name,
                "ticket_type": price.ticket_type,
                "amount": formatted(price.amount, show.currency),
                "is_default": price.category_id not in seen,
            }
        )
        seen.add(price.category_id)
    return prices


@dataclass(frozen=True)
class PlannedSeats:
    """What staff decide about the seats of a show, and the areas of general admission beside them."""

    show: Show
    categories: list[dict[str, Any]]
    seats: list[dict[str, Any]]
    areas: list[dict[str, Any]]


def planned_seats(show_id: int) -> PlannedSeats | None:
    """The seats of a show with their prices, but not who has them; None without such a show."""
    show = Show.objects.select_related("event").filter(pk=show_id).first()
    if show is None:
        return None
    of_show = ShowSeat.objects.filter(show=show, seat__area="")
    rows = of_show.order_by("pk").values_list(
        "seat_id", "seat__section", "seat__row", "seat__number", "seat__category__name", "price",
        "seat__x", "seat__y", "seat__accessible", "seat__companion", "seat__restricted_view",
        "seat__couple",
    )  # fmt: skip
    texts: dict[Any, str] = {}
    seats = []
    for (
        seat_id, section, row, number, category, price, x, y, accessible, companion, restricted_view,
        couple,
    ) in rows:  # fmt: skip
        # A hall has few prices: each is written out once.
        text = texts.get(price) or texts.setdefault(price, formatted(price, show.currency))
        seats.append(
            {
                "id": seat_id, "section": section, "row": row, "number": number,
                "category": category, "price": text, "x": x, "y": y,
                "accessible": accessible, "companion": companion,
                "restricted_view": restricted_view, "couple": couple,
            }
        )  # fmt: skip
    areas = areas_of(show)
    return PlannedSeats(show, _categories(show, seats, areas), seats, areas)


def layouts_of(show: Show) -> QuerySet[Layout]:
    """The show's version of its hall's seating plan, if there is one."""
    # Shows from before there were versions have none of their own.
    return Layout.objects.filter(pk=show.layout_id or show.screen.layout_id)


def areas_of(show: Show) -> list[dict[str, Any]]:
    """The areas of general admission as a seat map shows them, in the order of the plan."""
    layouts = Layout.objects.filter(pk=show.layout_id)
    drawings = layouts.values_list("areas", flat=True).first() if show.layout_id else None
    if not drawings:
        return []
    counted = (
        ShowSeat.objects.filter(show=show)
        .exclude(seat__area="")
        .order_by()
        .values_list("seat__area", "seat__category__name", "price")
        .annotate(available=Count("pk", filter=IS_FREE), total=Count("pk"))
    )
    counts = {name: values for name, *values in counted}
    areas = []
    for drawing in drawings:
        # A cancelled show that nobody booked may have lost its stock.
        if drawing["name"] in counts:
            category, price, available, total = counts[drawing["name"]]
            price = formatted(price, show.currency)
            counted = {"category": category, "price": price, "available": available, "total": total}
            areas.append({**drawing, **counted})
    return areas


def _categories(
    show: Show, seats: list[dict[str, Any]], areas: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    totals = Counter(seat["category"] for seat in seats)
    for area in areas:
        totals[area["category"]] += area["total"]
    prices = ShowPrice.objects.filter(show=show, position=0).select_related("category")
    return [
        {
            "name": price.category.name,
            "price": formatted(price.amount, show.currency),
            "color": price.category.color,
            "available": 0,
            "total": totals[price.category.name],
        }
        for price in prices.order_by("category__position", "category_id")
    ]


def claims_of(show: Show) -> dict[int, dict[str, Any]]:
    """What staff know of each seat that is not free, by its id: who has it, or why nobody may."""
    seats = ShowSeat.objects.filter(show=show, seat__area="").with_live_status()
    rows = seats.exclude(live_status="available").values_list(
        "seat_id", "live_status", "booking__reference", "block_reason", "block_owner", "released_at"
    )
    names = ("status", "booking", "reason", "owner", "released_at")
    return {seat_id: dict(zip(names, values, strict=True)) for seat_id, *values in rows}


def unavailable_seats(show_id: int) -> Iterator[tuple[int, str, float | None]]:
    """
    The seats of a show that cannot be had: id, status, and for how many seconds at the most.

    None stands for those that stay so until somebody changes it. Places of areas are not among them.
    """
    rows = ShowSeat.objects.filter(show=show_id, seat__area="").exclude(IS_FREE)
    ends_at = Coalesce("held_until", "released_at")
    for seat_id, status, end, clock in rows.values_list("seat_id", "status", ends_at, Now()):
        yield seat_id, status, end and (end - clock).total_seconds()


def counts_by_category(hall: Hall, free: Set[int]) -> dict[str, dict[str, int]]:
    """For each category: how many seats there are, how many are free, how many side by side."""
    of_category: dict[str, set[int]] = {}
    for place in hall.places:
        of_category.setdefault(place.category, set()).add(place.seat_id)
    return {
        category: {
            "available": len(seat_ids & free),
            "total": len(seat_ids),
            "largest_adjacent": max(map(len, hall.runs(seat_ids & free)), default=0),
        }
        for category, seat_ids in of_category.items()
    }


def hall_with_free_seats(show_id: int) -> tuple[Hall, set[int]]:
    """
    The hall of a show, and the ids of the seats that are free: read anew, locking nothing.

    Places of areas are not among them.
    """
    hall = get_hall(show_id)
    return hall, free_in(hall, show_id)


def free_in(hall: Hall, show_id: int) -> set[int]:
    """The ids of the show's seats that are free now."""
    found = _free_seat_ids(show_id)
    return split_ids(found[0][0]) & hall.seat_ids if found else set()


def split_ids(joined: str) -> set[int]:
    """Those of a text as `joined_seat_ids` makes it."""
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
    """The party at this show: its rule, and the categories that cost no more than `max_price`."""
    categories = None if category is None else frozenset([category])
    if max_price is not None:
        prices = ShowPrice.objects.filter(show=show, position=0, amount__lte=max_price)
        affordable = frozenset(prices.values_list("category__name", flat=True))
        categories = affordable if categories is None else affordable & categories
    return Party(quantity, categories, rule=show.single_seat_rule, **wishes)


@dataclass(frozen=True)
class Choice:
    """Seats for a party, or else so many places of areas."""

    seat_ids: list[int] = field(default_factory=list)
    adjacent: bool = False
    areas: dict[str, int] = field(default_factory=dict)


def best_seats(*, show: Show, party: Party) -> Choice:
    """What `choose_seats` chooses now, by the show's single-seat rule, or else places of areas."""
    hall, free = hall_with_free_seats(show.pk)
    try:
        return Choice(*choose_seats(hall, free, party))
    except NotEnoughSeats as refusal:
        return Choice(areas=choose_places(show, party, refusal))


def choose_places(show: Show, party: Party, refusal: NotEnoughSeats) -> dict[str, int]:
    """
    How many places to take in which area: all in one that has so many left, or else in several,
    the emptiest first. Raises the refusal, for want of seats, where areas cannot help.
    """
    areas = [area for area in areas_of(show) if party.admits(area)]
    left = {area["name"]: area["available"] for area in areas}
    for name, available in left.items():
        if available >= party.quantity:
            return {name: party.quantity}
    if sum(left.values()) < party.quantity:
        available = max(refusal.members["available"], sum(left.values()))
        raise NotEnoughSeats(quantity=party.quantity, available=available) from refusal
    chosen: dict[str, int] = {}
    for name in sorted(left, key=left.__getitem__, reverse=True):
        if part := min(left[name], party.quantity - sum(chosen.values())):
            chosen[name] = part
    return chosen


def other_shows(*, show_id: int, quantity: int) -> list[dict[str, Any]]:
    """Other shows of the event at the venue that day, and seats for as many people in each."""
    show = Show.objects.select_related("screen__venue").get(pk=show_id)
    zone = show.screen.venue.timezone
    start, end = day_bounds(show.start_time.astimezone(ZoneInfo(zone)).date(), zone)
    same_day = Show.objects.filter(
        IS_ON_SALE,
        event=show.event_id,
        screen__venue=show.screen.venue_id,
        start_time__gte=start,
        start_time__lt=end,
    ).exclude(pk=show.pk)
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
