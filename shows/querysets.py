"""What can be said about shows and their seats in a query."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, Self

from django.db.models import (
    Aggregate,
    Case,
    CharField,
    F,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Now

from eventbooking_system.cache.catalogue import CatalogueQuerySet
from eventbooking_system.db.compiled import is_one_of
from eventbooking_system.db.querysets import LockingQuerySet

# The database's clock decides, in the statement that asks.
WAYS_TO_BE_FREE = (
    Q(status="available"),
    Q(status="held", held_until__lte=Now()),
    Q(status="blocked", released_at__lte=Now()),
)
IS_FREE = reduce(or_, WAYS_TO_BE_FREE)


class _Joined(Aggregate):
    """Ids in one text, with commas between them."""

    function = "string_agg"
    template = "coalesce(%(function)s(%(expressions)s::text, ','), '')"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        template = "coalesce(group_concat(%(expressions)s), '')"
        return self.as_sql(compiler, connection, template=template, **context)


# Who has a seat, until when, and whether it is on sale.
STATE = frozenset(
    {"status", "booking", "booking_id", "held_until", "block_reason", "block_owner", "released_at"}
)


class ShowSeatQuerySet(LockingQuerySet):
    def update(self, **fields: Any) -> int:
        """Write any columns but those of a seat's state: only `shows.services.stock` does that."""
        if state := STATE & fields.keys():
            raise TypeError(f"shows.services.stock writes {', '.join(sorted(state))}.")
        return super().update(**fields)

    def free(self) -> Self:
        """Seats that anyone may take now: an expired hold or block keeps nothing."""
        return self.filter(IS_FREE)

    def of_show(self, show_id: Any, seat_ids: Any) -> Self:
        """These seats of a show."""
        return self.filter(is_one_of("seat_id", seat_ids), show=show_id)

    def to_sell(self) -> Self:
        """
        Seats with all that a sale needs: seat, category, price, `is_free`, and the default ticket
        type of the category as `ticket_type`.
        """
        prices = self.model._meta.get_field("show").related_model.show_prices.rel.related_model
        default_type = Subquery(
            prices.objects.filter(
                show=OuterRef("show"), category=OuterRef("seat__category"), position=0
            )
            .order_by()
            .values("ticket_type")
        )
        return (
            self.select_related("seat__category")
            .only(
                "show", "status", "price", "seat", "seat__category", "seat__section", "seat__row", "seat__number", "seat__area",
                "seat__couple", "seat__category__name",
            )
            .with_is_free()
            .annotate(ticket_type=default_type)
        )  # fmt: skip

    def within(self, ranges: Sequence[tuple[int, int]]) -> Self:
        """Those of seats whose ids are in one of these ranges, in the order of the seats."""
        # Not of the keys, which is the same: to find the first few, the database might then read the
        # stock of all earlier shows.
        found = Q()
        for first, last in ranges:
            found |= Q(seat_id__gte=first, seat_id__lte=last)
        return self.filter(found).order_by("seat_id")

    def joined_seat_ids(self) -> Self:
        """The ids of a show's seats in one text, which is several times faster than as rows."""
        return self.order_by().values("show").annotate(ids=_Joined("seat_id")).values_list("ids")

    def joined_show_ids(self) -> str:
        """The shows of these seats, as `joined_seat_ids` has seats."""
        return self.order_by().aggregate(ids=_Joined("show"))["ids"]

    def with_is_free(self) -> Self:
        return self.annotate(is_free=IS_FREE)

    def with_live_status(self) -> Self:
        """Annotate `live_status`: the status, with what has expired read as available."""
        return self.annotate(
            live_status=Case(
                When(IS_FREE, then=Value("available")),
                default=F("status"),
                output_field=CharField(),
            )
        )


class ShowQuerySet(CatalogueQuerySet):
    # The same rows in parts that have none in common. What is chained to this queryset has no parts.
    parts: Sequence[Self] = ()

    def either(self, alternatives: Sequence[Q]) -> Self:
        """
        Shows that meet at least one of these, to be said last: lists then count by one after the
        other. No index serves alternatives on several columns at once, but one serves each.
        """
        if not alternatives:
            return self.none()
        found = self.filter(reduce(or_, alternatives))
        found.parts = [
            self.filter(alternative, *(~earlier for earlier in alternatives[:index]))
            for index, alternative in enumerate(alternatives)
        ]
        return found

    def published(self) -> Self:
        return self.filter(event__is_published=True)

    def of_no_unpublished_event(self) -> Self:
        """
        The same, put so that a count does not look up the event of each show: what is not published is
        little, and has an index.
        """
        events = self.model._meta.get_field("event").related_model.objects
        unpublished = events.filter(is_published=False).order_by().values("pk")
        return self.exclude(event__in=unpublished)


IS_ON_SALE_IF_PUBLISHED = (
    Q(status="scheduled")
    & (Q(sales_open_at=None) | Q(sales_open_at__lte=Now()))
    # The first condition keeps the whole from being NULL once a show without a closing time begins.
    & (
        Q(sales_close_at__isnull=False, sales_close_at__gt=Now())
        | Q(sales_close_at=None, start_time__gt=Now())
    )
)
IS_ON_SALE = Q(event__is_published=True) & IS_ON_SALE_IF_PUBLISHED
