"""The seats of one show, with prices and statuses."""

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, QuerySet, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from eventbooking_system.money import formatted
from shows.models import Show, ShowPrice, ShowSeat
from shows.querysets import IS_FREE
from shows.seating import Hall
from venues.models import Layout


@dataclass(frozen=True)
class PricedSeats:
    """The seats of a show with prices, and its general-admission areas."""

    show: Show
    categories: list[dict[str, Any]]
    seats: list[dict[str, Any]]
    areas: list[dict[str, Any]]


def priced_seats(show_id: int) -> PricedSeats | None:
    """
    Read a show's seats and prices.

    Return None if there is no such show.
    """
    show = Show.objects.select_related("event", "screen").filter(pk=show_id).first()
    if show is None:
        return None
    of_show = ShowSeat.objects.filter(show=show, seat__area="")
    rows = of_show.order_by("pk").values_list(
        "seat_id", "seat__section", "seat__row", "seat__number", "seat__category__name", "price",
        "seat__x", "seat__y", "seat__accessible", "seat__companion", "seat__restricted_view",
        "seat__couple",
    )  # fmt: skip
    texts: dict[Any, str] = {}
    seats, now = [], timezone.now()
    for (
        seat_id, section, row, number, category, price, x, y, accessible, companion, restricted_view,
        couple,
    ) in rows:  # fmt: skip
        # A show has few different prices, so each is formatted once.
        text = texts.get(price) or texts.setdefault(
            price, formatted(show.price_at(price, now), show.currency)
        )
        seats.append(
            {
                "id": seat_id, "section": section, "row": row, "number": number,
                "category": category, "price": text, "x": x, "y": y,
                "accessible": accessible, "companion": companion,
                "restricted_view": restricted_view, "couple": couple,
            }
        )  # fmt: skip
    areas = areas_of(show)
    return PricedSeats(show, _categories(show, seats, areas), seats, areas)


def layouts_of(show: Show) -> QuerySet[Layout]:
    """Select the seating plan that the show was scheduled with."""
    # Shows that are older than layout versions use the screen's layout.
    return Layout.objects.filter(pk=show.layout_id or show.screen.layout_id)


def areas_of(show: Show) -> list[dict[str, Any]]:
    """List a seat map's areas in the order of its plan."""
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
        # A cancelled show without bookings may have lost its stock.
        if drawing["name"] in counts:
            category, price, available, total = counts[drawing["name"]]
            price = formatted(show.price_at(price, timezone.now()), show.currency)
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
            "price": formatted(show.price_at(price.amount, timezone.now()), show.currency),
            "color": price.category.color,
            "available": 0,
            "total": totals[price.category.name],
        }
        for price in prices.order_by("category__position", "category_id")
    ]


def claims_of(show: Show, *, with_bookings: bool) -> dict[int, dict[str, Any]]:
    """
    Return the booking or block of each taken seat, by id.

    Without `with_bookings` the references of bookings are left out.
    """
    seats = ShowSeat.objects.filter(show=show, seat__area="").with_live_status()
    reference = F("booking__reference") if with_bookings else Value(None, CharField())
    rows = seats.exclude(live_status="available").values_list(
        "seat_id", "live_status", reference, "block_reason", "block_owner", "released_at"
    )
    names = ("status", "booking", "reason", "owner", "released_at")
    return {seat_id: dict(zip(names, values, strict=True)) for seat_id, *values in rows}


def unavailable_seats(show_id: int) -> Iterator[tuple[int, str, float | None]]:
    """
    Yield the id, status and remaining seconds of each taken seat.

    None stands for a seat that stays so until a person or a booking changes it. Places in areas of
    general admission are left out.
    """
    rows = ShowSeat.objects.filter(show=show_id, seat__area="").exclude(IS_FREE)
    ends_at = Coalesce("held_until", "released_at")
    for seat_id, status, end, clock in rows.values_list("seat_id", "status", ends_at, Now()):
        yield seat_id, status, end and (end - clock).total_seconds()


def categories_with_free_seats(show: Show) -> set[str]:
    """Return the names of a show's categories with free seats."""
    if show.final_counts is not None:
        counted = show.final_counts["categories"].items()
        return {category for category, counts in counted if counts.get("available")}
    free = ShowSeat.objects.free().filter(show=show).order_by()
    return set(free.values_list("seat__category__name", flat=True).distinct())


def counts_by_category(hall: Hall, free: Set[int]) -> dict[str, dict[str, int]]:
    """Count seats, free seats and the longest free run by category."""
    of_category: dict[str, set[int]] = {}
    for seat in hall.seats:
        of_category.setdefault(seat.category, set()).add(seat.seat_id)
    return {
        category: {
            "available": len(seat_ids & free),
            "total": len(seat_ids),
            "largest_adjacent": max(map(len, hall.runs(seat_ids & free)), default=0),
        }
        for category, seat_ids in of_category.items()
    }
