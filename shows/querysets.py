"""The query sets of shows and of their seats."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, Self

from django.db.models import (
    Aggregate,
    Case,
    CharField,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import JSONObject, Now

from eventbooking_system.cache.catalogue import CatalogueQuerySet
from eventbooking_system.db.compiled import is_one_of
from eventbooking_system.db.querysets import LockingQuerySet

# Expiry is compared with the database's clock, in the same statement.
WAYS_TO_BE_FREE = (
    Q(status="available"),
    Q(status="held", held_until__lte=Now()),
    Q(status="blocked", released_at__lte=Now()),
)
IS_FREE = reduce(or_, WAYS_TO_BE_FREE)


class _Joined(Aggregate):
    """An aggregate of ids in one text, separated by commas."""

    function = "string_agg"
    template = "coalesce(%(function)s(%(expressions)s::text, ','), '')"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        template = "coalesce(group_concat(%(expressions)s), '')"
        return self.as_sql(compiler, connection, template=template, **context)


# The columns of a seat's state.
STATE = frozenset(
    {"status", "booking", "booking_id", "held_until", "block_reason", "block_owner", "released_at"}
)


class _JSONRows(Func):
    """A query's rows as a JSON array, or NULL without any."""

    function = "jsonb_agg"
    output_field = JSONField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, function="json_group_array", **context)


class TicketTypeQuerySet(CatalogueQuerySet):
    def of_venue(self, venue: Any) -> Self:
        """Select the types of a venue, and those of every venue."""
        return self.filter(Q(venue=None) | Q(venue=venue))

    def as_rules(self) -> Self:
        """Select the rules as one JSON array for a hold's statement."""
        names = (
            "venue_id", "code", "name", "min_per_booking", "max_per_booking", "max_per_show",
            "per_needed", "no_fee", "on_web", "at_box_office",
        )  # fmt: skip
        needed = {"needs_code": "needs__code", "needs_name": "needs__name"}
        rule = JSONObject(**{name: name for name in names}, **needed)
        return self.order_by().values_list(_JSONRows(rule))


class ShowSeatQuerySet(LockingQuerySet):
    def update(self, **fields: Any) -> int:
        """
        Write columns other than those of a seat's state.

        Raises TypeError for them, because only `shows.services.stock` writes them.
        """
        if state := STATE & fields.keys():
            raise TypeError(f"shows.services.stock writes {', '.join(sorted(state))}.")
        return super().update(**fields)

    def free(self) -> Self:
        """Select free seats, including expired holds and blocks."""
        return self.filter(IS_FREE)

    def of_show(self, show_id: Any, seat_ids: Any) -> Self:
        """Select a show's seats by their ids."""
        return self.filter(is_one_of("seat_id", seat_ids), show=show_id)

    def to_sell(self) -> Self:
        """
        Read the columns that a sale needs.

        These are the seat, its category and price, `is_free`, and the category's default ticket type
        as `ticket_type`.
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
        """Select seats with ids in these ranges, ordered by id."""
        # The order of the keys is the same, but to find the first few of them, the database might
        # read the stock of all earlier shows.
        found = Q()
        for first, last in ranges:
            found |= Q(seat_id__gte=first, seat_id__lte=last)
        return self.filter(found).order_by("seat_id")

    def joined_seat_ids(self) -> Self:
        """
        Select the seat ids of a show as one text.

        This is several times faster than reading rows.
        """
        return self.order_by().values("show").annotate(ids=_Joined("seat_id")).values_list("ids")

    def joined_show_ids(self) -> str:
        """Return the ids of the seats' shows as one text."""
        return self.order_by().aggregate(ids=_Joined("show"))["ids"]

    def with_is_free(self) -> Self:
        return self.annotate(is_free=IS_FREE)

    def with_live_status(self) -> Self:
        """Annotate `live_status`, in which expired holds and blocks count as available."""
        return self.annotate(
            live_status=Case(
                When(IS_FREE, then=Value("available")),
                default=F("status"),
                output_field=CharField(),
            )
        )


class ShowQuerySet(CatalogueQuerySet):
    # Disjoint parts of the rows, if `either` made them. A queryset chained to this one has no parts.
    parts: Sequence[Self] = ()

    def either(self, alternatives: Sequence[Q]) -> Self:
        """
        Select shows that meet at least one of these conditions.

        Call it last, so that lists count the parts one by one. No index covers alternatives on
        several columns, but each part can use its own index.
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
        """Select shows that customers may book, including unlisted ones."""
        return self.filter(~IS_DRAFT, event__is_published=True)

    def listed(self) -> Self:
        """
        Select shows that lists have: neither drafts nor unlisted ones.

        Few shows are hidden, and they have indexes, so a list need not look at each show.
        """
        shows = self.model.objects.order_by()
        hidden = shows.filter(
            Q(publication="unlisted") | Q(publish_at=None), publication__in=["draft", "unlisted"]
        ).values("pk")
        later = shows.filter(publish_at__gt=Now()).values("pk")
        return self.exclude(pk__in=hidden).exclude(pk__in=later)

    def of_no_unpublished_event(self) -> Self:
        """
        Select shows of published events in a form that counts faster.

        It does not look up each show's event. Few events are unpublished, and they have an index.
        """
        events = self.model._meta.get_field("event").related_model.objects
        unpublished = events.filter(is_published=False).order_by().values("pk")
        return self.exclude(event__in=unpublished)


# A show is published by the database's clock, as it goes on sale. The conditions are never NULL, so
# that they can be negated.
_IS_PUBLISHED_LATER = Q(publish_at__isnull=False, publish_at__gt=Now())
IS_DRAFT = _IS_PUBLISHED_LATER | Q(publication="draft", publish_at=None)
IS_UNLISTED = Q(publication="unlisted") & ~_IS_PUBLISHED_LATER

IS_ON_SALE_IF_PUBLISHED = (
    Q(status="scheduled")
    & (Q(sales_open_at=None) | Q(sales_open_at__lte=Now()))
    # The first condition keeps the result from being NULL for a show without a closing time.
    & (
        Q(sales_close_at__isnull=False, sales_close_at__gt=Now())
        | Q(sales_close_at=None, start_time__gt=Now())
    )
)
IS_ON_SALE = Q(event__is_published=True) & ~IS_DRAFT & IS_ON_SALE_IF_PUBLISHED
