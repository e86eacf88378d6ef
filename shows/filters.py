"""Filters and ordering of the list of shows."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache, reduce
from operator import or_
from typing import Any

import django_filters
from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from eventbooking_system.api.filters import (
    DayFilter,
    FilterSet,
    FlagFilter,
    IdFilter,
    StableOrderingFilter,
    is_among,
    validate_word_count,
)
from eventbooking_system.cache.catalogue import CATALOGUE
from eventbooking_system.cache.json_document import digest_of
from eventbooking_system.cache.versioned import Versions, get_or_compute
from eventbooking_system.db.querysets import ids_or_others
from eventbooking_system.db.text_search import fold, has_word
from eventbooking_system.timezones import day_bounds, on_local_days
from events.models import Event
from shows import services
from shows.models import PriceList, PriceWindow, Show, ShowPrice, ShowSeat, TicketType
from shows.querysets import IS_DRAFT, IS_UNLISTED, WAYS_TO_BE_FREE, ShowQuerySet
from venues.models import Screen, Venue


def _has_stock(show: str) -> Q:
    """
    Check each way to be free separately.

    The usual way can then use its index.
    """
    of_show = ShowSeat.objects.filter(show=OuterRef(show))
    return reduce(or_, (Q(Exists(of_show.filter(way))) for way in WAYS_TO_BE_FREE))


HAS_FREE_SEATS = Q(_has_stock("pk"), final_counts__isnull=True) | Q(final_counts__available__gt=0)
# Only these shows can be sold out among those not over, and a partial index has these seats.
_SOLD_LAST = ShowSeat.objects.filter(~Q(status="available"), sells_last_until__gt=Now())
_OF_SOLD_OUT = _SOLD_LAST.exclude(_has_stock("show"))
MAX_IDS_OF_WORD = 600
"""The number of ids above which a search uses a condition."""

WORD_SECONDS = 60
# A stand-in for the word in a statement that is built once. No word contains it.
_ANY_WORD = "\0"
# A column of Show, ids joined in one text, and whether all other ids have the word instead.
_Found = list[tuple[str, str, bool]]


class AmountFilter(django_filters.NumberFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=10**11, **kwargs)


def _with_words(queryset: ShowQuerySet, words: Sequence[str]) -> ShowQuerySet:
    """
    Filter shows by words of the event, the venue or its city.

    A show must have every word. This filter comes after all others, and the rarest word comes last,
    because shows are counted by the last one.
    """
    words = list(dict.fromkeys(map(fold, words)))
    versions = Versions.now(CATALOGUE) if words else None
    known = []
    for word in words:
        found = _found(word, versions)
        if not found:
            alternatives = [
                Q((f"{name}__in", rows.filter(way).values("pk")))
                for name, rows, way in _where_words_are(word)
            ]
            queryset = queryset.filter(reduce(or_, alternatives))
        elif not any(
            negated and not ids for _, ids, negated in found
        ):  # Skip a word that every show has.
            known.append(found)
    known.sort(key=_how_common, reverse=True)
    for found in known:
        alternatives = [
            Q(is_among(name, ids), _negated=negated) for name, ids, negated in found if ids
        ]
        queryset = queryset.either(alternatives)
    return queryset


def _how_common(found: _Found) -> tuple[bool, int]:
    return any(negated for _, _, negated in found), sum(len(ids) for _, ids, _ in found)


def _where_words_are(word: str) -> list[tuple[str, QuerySet[Any], Q]]:
    return [
        ("event", Event.objects.order_by(), has_word("title_folded", word)),
        ("screen", Screen.objects.order_by(), has_word("venue__name_folded", word)),
    ]


def _found(word: str, versions: Versions) -> _Found:
    """
    Find the events and screens that have a word.

    Return an empty list if, for either of them, both the rows with the word and those without are many.
    No index covers words of several tables, but one on Show's own columns covers a few ids.
    """

    def look_up() -> _Found:
        using = Event.objects.all().db
        found = []
        sql, parameters = _look_up_of_a_word(MAX_IDS_OF_WORD, using)
        with connections[using].cursor() as cursor:
            cursor.execute(sql, [word if value == _ANY_WORD else value for value in parameters])
            rows = cursor.fetchall()
        for name, number, ids, others in rows:
            if number <= MAX_IDS_OF_WORD:
                found.append((name, ids, False))
            elif len(others.split(",")) <= MAX_IDS_OF_WORD or not others:
                found.append((name, others, True))
            else:
                return []
        return found

    if not versions.shared:
        # Without a shared cache, the page itself is cached for as long as this answer may be.
        return look_up()
    return get_or_compute(
        f"ids-of-word:{digest_of([word.encode()])}",
        look_up,
        versions=versions,
        seconds=WORD_SECONDS,
        size=lambda found: 500 + sum(len(ids) for _, ids, _ in found),
    )


@cache
def _look_up_of_a_word(few: int, using: str) -> tuple[str, list[Any]]:
    """
    Return SQL that finds events and screens by a word.

    If most rows have the word, it finds the others.
    """
    selects, parameters = [], []
    for name, rows, way in _where_words_are(_ANY_WORD):
        sql, values = ids_or_others(rows.filter(way), rows.filter(~way), few=few, using=using)
        selects.append(f"SELECT '{name}', found.* FROM ({sql}) AS found")
        parameters += values
    return " UNION ALL ".join(selects), parameters


class ShowFilter(FilterSet):
    """Filters of shows; past and cancelled shows are left out by default."""

    search = django_filters.CharFilter(
        method="leave_to_the_end",
        max_length=200,
        validators=[validate_word_count],
        help_text="Words from the event's title, the venue's name or its city.",
    )
    event = IdFilter(field_name="event")
    venue = IdFilter(field_name="screen__venue")
    screen = IdFilter(field_name="screen")
    city = django_filters.CharFilter(
        method="in_city", max_length=100, help_text="Case and accents do not matter."
    )
    kind = django_filters.ChoiceFilter(field_name="event__kind", choices=Event.Kind.choices)
    genre = django_filters.CharFilter(method="of_genre", max_length=50)
    language = django_filters.CharFilter(lookup_expr="iexact", max_length=50)
    format = django_filters.CharFilter(lookup_expr="iexact", max_length=30)
    date = DayFilter(method="on_date", help_text="A day in the venue's time zone.")
    date_from = DayFilter(method="from_date", help_text="On this day or later.")
    date_to = DayFilter(method="to_date", help_text="On this day or earlier.")
    business_date = DayFilter(
        method="on_business_date",
        help_text="The business day of the venue: a show at 00:30 belongs to the evening before.",
    )
    captions = FlagFilter(help_text="With the sound as text.")
    audio_description = FlagFilter(help_text="With a described picture.")
    signed = FlagFilter(help_text="In sign language, too.")
    relaxed = FlagFilter(help_text="With softer sound and light.")
    min_price = AmountFilter(
        field_name="highest_price",
        lookup_expr="gte",
        help_text="At least one price is this amount or more.",
    )
    max_price = AmountFilter(
        field_name="lowest_price",
        lookup_expr="lte",
        help_text="At least one price is this amount or less.",
    )
    available = FlagFilter(method="with_seats_left", help_text="Whether seats are free.")
    status = django_filters.ChoiceFilter(choices=Show.Status.choices)
    publication = django_filters.ChoiceFilter(
        method="of_publication",
        choices=Show.Publication.choices,
        help_text="For staff: others see only public shows in a list.",
    )
    include_past = FlagFilter(method="unfiltered", help_text="Include shows that are over.")
    ordering = StableOrderingFilter(
        fields={"start_time": "start_time", "event__title": "title", "screen__venue__name": "venue"}
    )

    class Meta:
        model = Show
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Show]) -> QuerySet[Show]:
        queryset = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        least, most = asked.get("min_price"), asked.get("max_price")
        if least is not None and most is not None:
            queryset = queryset.filter(_has_price_within(least, most))
        if not asked.get("status"):
            queryset = queryset.filter(status=Show.Status.SCHEDULED)
        if not asked.get("include_past"):
            # A show that began longer ago than any show lasts is over, and `start_time` has an index.
            queryset = queryset.filter(
                end_time__gt=Now(), start_time__gt=Now() - services.MAX_SHOW_DURATION
            )
        return _with_words(queryset, asked.get("search", "").split())

    def unfiltered(self, queryset: Any, _: str, value: Any) -> QuerySet[Show]:
        return queryset

    def leave_to_the_end(self, queryset: Any, _: str, value: str) -> QuerySet[Show]:
        """Leave the words to `filter_queryset`, which applies them last."""
        return queryset

    def of_publication(self, queryset: Any, _: str, value: str) -> QuerySet[Show]:
        if value == Show.Publication.PUBLIC:
            return queryset.listed()
        is_draft = value == Show.Publication.DRAFT
        return queryset.filter(IS_DRAFT if is_draft else IS_UNLISTED)

    def of_genre(self, queryset: Any, _: str, value: str) -> QuerySet[Show]:
        return queryset.filter(event__in=Event.objects.of_genre(value))

    def in_city(self, queryset: Any, _: str, value: str) -> QuerySet[Show]:
        return queryset.filter(screen__venue__city_folded=fold(value))

    def on_date(self, queryset: Any, _: str, value: date) -> QuerySet[Show]:
        return queryset.filter(_on_days(value, value))

    def from_date(self, queryset: Any, _: str, value: date) -> QuerySet[Show]:
        return queryset.filter(_on_days(value, None))

    def to_date(self, queryset: Any, _: str, value: date) -> QuerySet[Show]:
        return queryset.filter(_on_days(None, value))

    def on_business_date(self, queryset: Any, _: str, value: date) -> QuerySet[Show]:
        return queryset.filter(_on_business_day(value))

    def with_seats_left(self, queryset: Any, _: str, value: bool) -> QuerySet[Show]:
        asked = self.form.cleaned_data
        if asked.get("include_past") or asked.get("status") == Show.Status.CANCELLED:
            # Archived shows may have lost their stock.
            return queryset.filter(HAS_FREE_SEATS if value else ~HAS_FREE_SEATS)
        is_sold_out = is_among("id", _OF_SOLD_OUT.joined_show_ids())
        return queryset.filter(Q(is_sold_out, _negated=value))


def _has_price_within(least: Decimal, most: Decimal) -> Q:
    """
    Require one price within both limits.

    Most often it is the lowest or the highest.
    """
    within = (least, most)
    prices = ShowPrice.objects.filter(amount__range=within, show=OuterRef("pk"))
    return Q(lowest_price__range=within) | Q(highest_price__range=within) | Q(Exists(prices))


def _in_zones(names: list[str]) -> Q:
    return Q(screen__in=Screen.objects.filter(venue__timezone__in=names).order_by().values("pk"))


def _on_days(first: date | None, last: date | None) -> Q:
    zones = Venue.objects.order_by().values_list("timezone", flat=True).distinct()
    return on_local_days(first, last, zones=zones, in_zones=_in_zones)


def _on_business_day(day: date) -> Q:
    """Select the shows of a business day by each venue's clocks."""
    venues = Venue.objects.order_by().values_list("timezone", "business_day_starts_at").distinct()
    matches = Q(pk__in=[])
    for zone, starts_at in venues:
        since, until = day_bounds(day, zone, starts_at)
        there = Screen.objects.filter(venue__timezone=zone, venue__business_day_starts_at=starts_at)
        matches |= Q(start_time__gte=since, start_time__lt=until, screen__in=there.order_by())
    return matches


class TicketTypeFilter(FilterSet):
    venue = IdFilter(method="of_venue", help_text="Types of this venue, and types of every venue.")

    class Meta:
        model = TicketType
        fields: list[str] = []

    def of_venue(self, queryset: Any, _: str, value: int) -> QuerySet[TicketType]:
        return queryset.of_venue(value)


class PriceListFilter(FilterSet):
    venue = IdFilter(field_name="venue")

    class Meta:
        model = PriceList
        fields: list[str] = []


class PriceWindowFilter(FilterSet):
    venue = IdFilter(field_name="venue")
    price_list = IdFilter(field_name="price_list")

    class Meta:
        model = PriceWindow
        fields: list[str] = []
