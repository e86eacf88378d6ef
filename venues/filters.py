"""Filters of the list of venues."""

import re
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from eventbooking_system.api.filters import FilterSet, SearchFilter, StableOrderingFilter
from eventbooking_system.db.text_search import fold
from venues.countries import countries
from venues.models import Venue
from venues.querysets import MAX_DISTANCE_KM

DEFAULT_RADIUS_KM = 25
_DEGREES = r"[+-]?\d{1,3}(?:\.\d{1,20})?"
_POSITION = re.compile(rf"\s*({_DEGREES})\s*,\s*({_DEGREES})\s*", re.ASCII)


class PositionField(forms.CharField):
    """A position `latitude,longitude` in degrees, parsed into two floats."""

    def to_python(self, value: Any) -> tuple[float, float] | None:
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        match = _POSITION.fullmatch(text)
        if match is None:
            raise forms.ValidationError(
                "Give latitude and longitude in degrees, such as 51.507,-0.115.", "invalid"
            )
        latitude, longitude = map(float, match.groups())
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise forms.ValidationError(
                "A latitude is at most 90 degrees, and a longitude at most 180.", "out_of_range"
            )
        return latitude, longitude


@extend_schema_field(OpenApiTypes.STR)
class PositionFilter(django_filters.Filter):
    field_class = PositionField


class CountryField(forms.CharField):
    def to_python(self, value: Any) -> str:
        code = super().to_python(value).upper()
        if code and code not in countries():
            raise forms.ValidationError(
                "This is not a country code of ISO 3166-1, such as IN.", "invalid"
            )
        return code


@extend_schema_field(OpenApiTypes.STR)
class CountryFilter(django_filters.CharFilter):
    field_class = CountryField


class VenueFilterForm(forms.Form):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        has_radius = cleaned.get("radius_km") is not None
        if has_radius and not cleaned.get("near") and "near" not in self.errors:
            detail = "A radius needs a center: give `near` as well."
            self.add_error("radius_km", forms.ValidationError(detail, "invalid"))
        return cleaned


class VenueFilter(FilterSet):
    search = SearchFilter(help_text="Words in the name, city or address.")
    city = django_filters.CharFilter(
        method="in_city", max_length=100, help_text="Case and accents do not matter."
    )
    country = CountryFilter(
        max_length=2, help_text="ISO 3166-1 alpha-2. Upper and lower case are equal."
    )
    near = PositionFilter(
        method="leave_to_filter_queryset",
        help_text="`latitude,longitude` in degrees. The nearest venue comes first.",
    )
    radius_km = django_filters.NumberFilter(
        method="leave_to_filter_queryset",
        min_value=0,
        max_value=MAX_DISTANCE_KM,
        help_text=f"The greatest distance from `near`. Default: {DEFAULT_RADIUS_KM}.",
    )
    ordering = StableOrderingFilter(fields=["name", "city"])

    class Meta:
        model = Venue
        fields: list[str] = []
        form = VenueFilterForm

    def filter_queryset(self, queryset: QuerySet[Venue]) -> QuerySet[Venue]:
        queryset = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        if not asked.get("near"):
            return queryset
        latitude, longitude = asked["near"]
        radius_km = asked.get("radius_km")
        radius_km = DEFAULT_RADIUS_KM if radius_km is None else float(radius_km)
        found = queryset.within(latitude=latitude, longitude=longitude, radius_km=radius_km)
        return found if asked.get("ordering") else found.order_by("distance_km", "pk")

    def in_city(self, queryset: QuerySet[Venue], _: str, value: str) -> QuerySet[Venue]:
        return queryset.filter(city_folded=fold(value))

    def leave_to_filter_queryset(self, queryset: QuerySet[Venue], *_: Any) -> QuerySet[Venue]:
        """Change nothing here: `filter_queryset` filters by position and radius together."""
        return queryset
