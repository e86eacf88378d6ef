"""The questions that a list of events answers."""

from typing import Any

import django_filters
from django.apps import apps
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from eventbooking_system.filters import (
    DayFilter,
    FlagFilter,
    IdFilter,
    SearchFilter,
    StableOrderingFilter,
)
from eventbooking_system.timezones import on_local_days
from events.models import Event


class EventSearchFilter(SearchFilter):
    def filter(self, queryset: Any, value: str) -> Any:
        for word in (value or "").split():
            queryset = queryset.matching(word)
        return queryset


class EventFilter(django_filters.FilterSet):
    """
    `city`, `venue` and the days ask for one scheduled show that meets them all.

    Without a day, only shows that have yet to start count.
    """

    search = EventSearchFilter(help_text="Words of the title, description, cast or genres.")
    kind = django_filters.ChoiceFilter(choices=Event.Kind.choices)
    genre = django_filters.CharFilter(
        method="of_genre", max_length=50, help_text="Its name, in any case."
    )
    language = django_filters.CharFilter(
        lookup_expr="iexact", max_length=50, help_text="In any case."
    )
    city = django_filters.CharFilter(
        method="in_city", max_length=100, help_text="Is shown in this city; in any case."
    )
    venue = IdFilter(method="at_venue", help_text="Is shown at the venue with this id.")
    date = DayFilter(method="on_date", help_text="Is shown on this day, in the venue's zone.")
    date_from = DayFilter(method="from_date", help_text="Is shown on this day or later.")
    date_to = DayFilter(method="to_date", help_text="Is shown on this day or earlier.")
    is_published = FlagFilter(help_text="Of use to staff, as others see published events only.")
    ordering = StableOrderingFilter(fields=["title", "release_date"])

    class Meta:
        model = Event
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Event]) -> QuerySet[Event]:
        self.shows = Q()
        self.asks_for_days = False
        queryset = super().filter_queryset(queryset)
        if not self.shows:
            return queryset
        if not self.asks_for_days:
            self.shows &= Q(start_time__gt=Now())
        return queryset.with_show(self.shows)

    def of_genre(self, queryset: Any, _: str, value: str) -> QuerySet[Event]:
        return queryset.of_genre("iexact", value)

    def in_city(self, queryset: Any, _: str, value: str) -> QuerySet[Event]:
        self.shows &= Q(screen__venue__city__iexact=value)
        return queryset

    def at_venue(self, queryset: Any, _: str, value: int) -> QuerySet[Event]:
        self.shows &= Q(screen__venue=value)
        return queryset

    def on_date(self, queryset: Any, _: str, value: Any) -> QuerySet[Event]:
        return self._on_days(queryset, value, value)

    def from_date(self, queryset: Any, _: str, value: Any) -> QuerySet[Event]:
        return self._on_days(queryset, value, None)

    def to_date(self, queryset: Any, _: str, value: Any) -> QuerySet[Event]:
        return self._on_days(queryset, None, value)

    def _on_days(self, queryset: Any, first: Any, last: Any) -> QuerySet[Event]:
        # By its name: events and venues know nothing of each other.
        venues = apps.get_model("venues.Venue").objects.order_by()
        zones = venues.values_list("timezone", flat=True).distinct()
        self.shows &= on_local_days(first, last, zones=zones)
        self.asks_for_days = True
        return queryset
