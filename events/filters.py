"""Filters of the list of events."""

from typing import Any

import django_filters
from django import forms
from django.apps import apps
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from eventbooking_system.api.filters import (
    DayFilter,
    FilterSet,
    FlagFilter,
    IdFilter,
    SearchFilter,
    StableOrderingFilter,
)
from eventbooking_system.db.text_search import fold
from eventbooking_system.timezones import on_local_days
from events.models import Event

MAX_EXPANDED_DAYS = 31


class EventFilterForm(forms.Form):
    """
    A check that shows are expanded only within bounds.

    A page of events may have thousands of shows.
    """

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("expand") and not self.errors:
            first, last = cleaned.get("date_from"), cleaned.get("date_to")
            has_place = cleaned.get("venue") or cleaned.get("city")
            has_days = cleaned.get("date") or (first and last)
            if not (has_place and has_days):
                detail = "Give a venue or a city, and a date or both of its limits, as well."
                self.add_error("expand", forms.ValidationError(detail, "required"))
            elif first and last and (last - first).days > MAX_EXPANDED_DAYS:
                detail = f"At most {MAX_EXPANDED_DAYS} days at once."
                self.add_error("date_to", forms.ValidationError(detail, "max_value"))
        return cleaned


class EventFilter(FilterSet):
    """
    Filters of events, by their own fields and by their shows.

    One scheduled show must match `city`, `venue` and the days together. Without a day, only shows
    that have not started count.
    """

    search = SearchFilter(help_text="Words in the title, description, cast or genres.")
    slug = django_filters.CharFilter(max_length=300)
    kind = django_filters.ChoiceFilter(choices=Event.Kind.choices)
    genre = django_filters.CharFilter(
        method="of_genre",
        max_length=50,
        help_text="The name of a genre. Case and accents do not matter.",
    )
    language = django_filters.CharFilter(
        lookup_expr="iexact", max_length=50, help_text="Upper and lower case are equal."
    )
    city = django_filters.CharFilter(
        method="in_city",
        max_length=100,
        help_text="Events with a show in this city. Case and accents do not matter.",
    )
    venue = IdFilter(method="at_venue", help_text="Events with a show at the venue with this id.")
    date = DayFilter(
        method="on_date", help_text="Events with a show on this day, in the time zone of the venue."
    )
    date_from = DayFilter(method="from_date", help_text="Events with a show on this day or later.")
    date_to = DayFilter(method="to_date", help_text="Events with a show on this day or earlier.")
    is_published = FlagFilter(help_text="For staff: others see only published events.")
    expand = django_filters.ChoiceFilter(
        method="unfiltered",
        choices=[("shows", "shows")],
        help_text="Adds the coming `shows` of each event there and then, by time. Needs `venue` or "
        f"`city`, and `date` or `date_from` and `date_to`, {MAX_EXPANDED_DAYS} days apart at most.",
    )
    ordering = StableOrderingFilter(fields=["title", "release_date"])

    class Meta:
        model = Event
        fields: list[str] = []
        form = EventFilterForm

    def filter_queryset(self, queryset: QuerySet[Event]) -> QuerySet[Event]:
        self.places, self.days = Q(), Q()
        queryset = super().filter_queryset(queryset)
        if self.places:
            return queryset.with_show(self.places & (self.days or Q(start_time__gt=Now())))
        if not self.days:
            return queryset
        asked = self.form.cleaned_data
        first, last = asked.get("date_from"), asked.get("date_to")
        if asked.get("date") or (first and last):
            return queryset.with_show(self.days)
        if first:
            return queryset.with_show_since(first, self.days)
        return queryset.with_show_until(last, self.days)

    def unfiltered(self, queryset: Any, _: str, value: str) -> QuerySet[Event]:
        return queryset

    def of_genre(self, queryset: Any, _: str, value: str) -> QuerySet[Event]:
        return queryset.of_genre(value)

    def in_city(self, queryset: Any, _: str, value: str) -> QuerySet[Event]:
        self.places &= Q(screen__venue__city_folded=fold(value))
        return queryset

    def at_venue(self, queryset: Any, _: str, value: int) -> QuerySet[Event]:
        self.places &= Q(screen__venue=value)
        return queryset

    def on_date(self, queryset: Any, _: str, value: Any) -> QuerySet[Event]:
        return self._on_days(queryset, value, value)

    def from_date(self, queryset: Any, _: str, value: Any) -> QuerySet[Event]:
        return self._on_days(queryset, value, None)

    def to_date(self, queryset: Any, _: str, value: Any) -> QuerySet[Event]:
        return self._on_days(queryset, None, value)

    def _on_days(self, queryset: Any, first: Any, last: Any) -> QuerySet[Event]:
        # By name, because events must not import venues.
        venues = apps.get_model("venues.Venue").objects.order_by()
        screens = apps.get_model("venues.Screen").objects.order_by()

        def in_zones(names: list[str]) -> Q:
            return Q(screen__in=screens.filter(venue__timezone__in=names).values("pk"))

        zones = venues.values_list("timezone", flat=True).distinct()
        self.days &= on_local_days(first, last, zones=zones, in_zones=in_zones)
        return queryset
