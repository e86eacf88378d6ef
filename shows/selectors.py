"""Questions about shows and their seats."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from eventbooking_system.money import formatted
from shows.errors import NotEnoughSeats
from shows.models import Show, ShowPrice, ShowSeat
from shows.querysets import IS_FREE, IS_ON_SALE
from shows.seating import Hall, Place, centre, disjoint
from venues.models import Screen
from venues.timezones import day_bounds

ALTERNATIVES = 3


def shows_visible_to(*, is_staff: bool) -> QuerySet[Show]:
    """Shows with what a list says of each; those of unpublished events are for staff only."""
    shows = Show.objects.all() if is_staff else Show.objects.published()
    return (
        shows.select_related("event", "screen__venue")
        .prefetch_related(
            Prefetch("show_prices", ShowPrice.objects.select_related("category").order_by(
                "category__position", "category_id", "position"
            ))
        )
        .annotate(
            is_on_sale=IS_ON_SALE,
            total_seats=Coalesce(final_count("total"), count_of_seats(Q())),
            available_seats=Coalesce(final_count("available"), count_of_seats(IS_FREE)),
        )
    )  # fmt: skip


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
    for price in show.show_prices.all():
        amount = formatted(price.amount, show.currency)
        if price.ticket_type:
            prices.setdefault(price.category.name, {})[price.ticket_type] = amount
        else:
            prices[price.category.name] = amount
    return prices


def seat_map(show: Show) -> dict[str, Any]:
    """Every seat of a show with its price and whether it can be had."""
    rows = ShowSeat.objects.filter(show=show).with_live_status().order_by("pk").values_list(
        "seat_id", "seat__section", "seat__row", "seat__number", "seat__category__name", "price",
        "seat__x", "seat__y", "seat__accessible", "seat__companion", "live_status",
    )  # fmt: skip
    as_of = timezone.now()
    texts: dict[Any, str] = {}
    seats = []
    for seat_id, section, row, number, category, price, x, y, accessible, companion, status in rows:
        # A hall has few prices: each is written out once.
        text = texts.get(price) or texts.setdefault(price, formatted(price, show.currency))
        seats.append(
            {
                "id": seat_id, "section": section, "row": row, "number": number,
                "category": category, "price": text, "x": x, "y": y,
                "accessible": accessible, "companion": companion, "status": status,
            }
        )  # fmt: skip
    return {
        "show": show.pk,
        "currency": show.currency,
        "as_of": as_of,
        "categories": _categories(show, seats),
        "seats": seats,
    }


def _categories(show: Show, seats: list[dict[str, Any]]) -> list[dict[str, Any]]:
    defaults = {
        price.category.name: {
            "name": price.category.name,
            "price": formatted(price.amount, show.currency),
            "color": price.category.color,
            "available": 0,
            "total": 0,
        }
        for price in show.show_prices.all()
        if price.position == 0
    }
    for seat in seats:
        category = defaults[seat["category"]]
        category["total"] += 1
        category["available"] += seat["status"] == "available"
    return list(defaults.values())


def availability(show: Show) -> dict[str, Any]:
    """The seat map's small sister: counts, and which seats cannot be had."""
    hall, free = hall_of(show.pk)
    categories: dict[str, dict[str, int]] = {}
    for place in hall.places:
        counts = categories.setdefault(
            place.category, {"available": 0, "total": 0, "largest_adjacent": 0}
        )
        counts["total"] += 1
        counts["available"] += place.seat_id in free
    for category, counts in categories.items():
        of_category = {place.seat_id for place in hall.places if place.category == category}
        runs = hall.runs(of_category & free)
        counts["largest_adjacent"] = max(map(len, runs), default=0)
    return {
        "as_of": timezone.now(),
        "available": len(free),
        "total": len(hall.places),
        "categories": categories,
        "unavailable_seat_ids": [p.seat_id for p in hall.places if p.seat_id not in free],
    }


def hall_of(show_id: int) -> tuple[Hall, set[int]]:
    """The hall of a show, and the ids of the seats that are free: read anew, locking nothing."""
    rows = ShowSeat.objects.filter(show_id=show_id).annotate(is_free=IS_FREE).order_by("pk")
    places, free = [], set()
    for *place, is_free in rows.values_list(
        "seat_id", "seat__section", "seat__row", "seat__x", "seat__y", "seat__category__name",
        "price", "seat__accessible", "seat__companion", "is_free",
    ):  # fmt: skip
        places.append(Place(*place))
        if is_free:
            free.add(place[0])
    return Hall(places), free


@dataclass(frozen=True)
class Party:
    """Who wants seats: how many, and which will do. `rule` is the show's single-seat rule."""

    quantity: int
    category: str | None = None
    section: str | None = None
    max_price: Decimal | None = None
    accessible: bool = False
    rule: str = "off"

    def wants(self, place: Place) -> bool:
        return (
            self.category in (None, place.category)
            and self.section in (None, place.section)
            and (self.max_price is None or place.price <= self.max_price)
            and (self.accessible or not place.is_special)
        )


def choose_seats(hall: Hall, free: set[int], party: Party) -> tuple[list[int], bool]:
    """
    The best free seats for a party, and whether they are side by side. Raises NotEnoughSeats.

    Wheelchair places and the seats beside them are kept for parties that ask for them.
    """

    def allowed(seat_ids: list[int]) -> bool:
        chosen = hall.of(seat_ids)
        return (not party.accessible or any(place.accessible for place in chosen)) and not (
            forbidden_singles(hall, free, seat_ids, rule=party.rule)
        )

    found = hall.places and hall.choose(free, party.quantity, hall.stage, party.wants, allowed)
    if found:
        return found
    left = sum(place.seat_id in free and party.wants(place) for place in hall.places)
    raise NotEnoughSeats(quantity=party.quantity, available=left)


def best_seats(*, show: Show, party: Party) -> tuple[list[int], bool]:
    """What `choose_seats` chooses now, by the show's single-seat rule."""
    hall, free = hall_of(show.pk)
    return choose_seats(hall, free, replace(party, rule=show.single_seat_rule))


def forbidden_singles(
    hall: Hall, free: set[int], seat_ids: Sequence[int], *, rule: str
) -> list[Place]:
    """The seats that taking these would leave alone, against the show's single-seat rule."""
    if rule == Show.SingleSeatRule.OFF:
        return []
    return hall.left_alone(free, set(seat_ids), lenient=rule == Show.SingleSeatRule.LENIENT)


def alternatives(*, show: Show, seat_ids: Sequence[int]) -> list[list[int]]:
    """
    Up to three sets of as many free seats that may be taken, side by side: in the same category
    first, nearest to these.
    """
    hall, free = hall_of(show.pk)
    asked = hall.of(seat_ids)
    accessible = any(place.is_special for place in asked)
    categories = {place.category for place in asked}
    found = hall.groups(
        free, len(asked), centre(asked), Party(len(asked), accessible=accessible).wants
    )
    found.sort(key=lambda group: not categories.issuperset(p.category for p in group.places))
    may_be_taken = (
        group
        for group in found
        if not forbidden_singles(hall, free, group.seat_ids, rule=show.single_seat_rule)
    )
    return [group.seat_ids for group in disjoint(may_be_taken, ALTERNATIVES)]


def other_shows(*, show: Show, quantity: int) -> list[dict[str, Any]]:
    """Other shows of the event at the venue that day, and seats for as many people in each."""
    screen = Screen.objects.select_related("venue").get(pk=show.screen_id)
    zone = screen.venue.timezone
    start, end = day_bounds(show.start_time.astimezone(ZoneInfo(zone)).date(), zone)
    same_day = Show.objects.filter(
        IS_ON_SALE,
        event=show.event_id,
        screen__venue=screen.venue_id,
        start_time__gte=start,
        start_time__lt=end,
    ).exclude(pk=show.pk)
    found = []
    for other in same_day.order_by("start_time")[:ALTERNATIVES]:
        try:
            seat_ids, _ = best_seats(show=other, party=Party(quantity))
        except NotEnoughSeats:
            continue
        found.append({"show": other.pk, "start_time": other.start_time, "seat_ids": seat_ids})
    return found
