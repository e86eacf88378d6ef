"""Querysets and facts of shows for lists and details."""

from functools import cache
from typing import Any

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
from django.utils import timezone

from eventbooking_system.money import formatted
from shows.models import Show, ShowPrice, ShowSeat
from shows.querysets import IS_FREE, IS_ON_SALE, IS_ON_SALE_IF_PUBLISHED


def shows_visible_to(*, is_staff: bool) -> QuerySet[Show]:
    """
    Select shows with everything that the API shows.

    Only staff see drafts and shows of unpublished events.
    """
    return _shows_visible_to(is_staff).all()


def shows_listed_for(*, is_staff: bool, by_event: bool = False) -> QuerySet[Show]:
    """
    Select shows for a list. Customers' lists have no unlisted shows.

    With `by_event` the database begins with the events, and otherwise with the shows.
    """
    if is_staff:
        return _shows_visible_to(is_staff).all()
    return _shows_visible_to(is_staff).listed() if by_event else _listed_for_customers().all()


def films_with_shows() -> list[str]:
    """List the slugs of published events with a show to come."""
    shows = _shows_to_come()
    slugs = shows.order_by("event__slug").values_list("event__slug", flat=True)
    return list(slugs.distinct())


def shows_to_come() -> list[int]:
    """List the ids of published shows to come, the next ones first."""
    return list(_shows_to_come().order_by("start_time", "pk").values_list("pk", flat=True))


def _shows_to_come() -> QuerySet[Show]:
    shows = Show.objects.published().listed()
    return shows.filter(status=Show.Status.SCHEDULED, start_time__gt=Now())


# These querysets are only copied, never read. Building one takes several times as long as a copy.


@cache
def _shows_visible_to(is_staff: bool) -> QuerySet[Show]:
    shows = Show.objects.all() if is_staff else Show.objects.published()
    return _with_details(shows, is_on_sale=IS_ON_SALE)


@cache
def _listed_for_customers() -> QuerySet[Show]:
    # A filter on a column of the event would join the event to every show that is counted.
    shows = Show.objects.of_no_unpublished_event().listed()
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
# One query of the stock gives both counts.
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
    """Read one of `Show.final_counts`, which is NULL unless the show is archived."""
    return Cast(KT(f"final_counts__{name}"), IntegerField())


def prices_of(show: Show) -> dict[str, Any]:
    """
    Return the current prices by category, and by ticket type if any.

    They are `{category: "250.00"}` or `{category: {ticket type: "250.00"}}`.
    """
    prices: dict[str, Any] = {}
    now = timezone.now()
    for price in show.prices_in_order:
        amount = formatted(show.price_at(price.amount, now), show.currency)
        if price.ticket_type:
            prices.setdefault(price.category.name, {})[price.ticket_type] = amount
        else:
            prices[price.category.name] = amount
    return prices


def price_list_of(show: Show) -> list[dict[str, Any]]:
    """List a show's prices of now by category, each default price first."""
    prices, seen, now = [], set(), timezone.now()
    for price in show.prices_in_order:
        prices.append(
            {
                "category": price.category.name,
                "ticket_type": price.ticket_type,
                "amount": formatted(show.price_at(price.amount, now), show.currency),
                "is_default": price.category_id not in seen,
            }
        )
        seen.add(price.category_id)
    return prices
