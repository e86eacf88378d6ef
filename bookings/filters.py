"""The questions that a list of bookings answers."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.db.models.functions import Now

from bookings.models import Booking, PromoCode
from eventbooking_system.api.filters import (
    FilterSet,
    FlagFilter,
    IdFilter,
    SearchFilter,
    StableOrderingFilter,
)


class BookingFilter(FilterSet):
    status = django_filters.ChoiceFilter(method="of_status", choices=Booking.Status.choices)
    show = IdFilter(field_name="show")
    upcoming = FlagFilter(method="of_upcoming_shows", help_text="The show has yet to start.")
    before = IdFilter(
        field_name="pk",
        lookup_expr="lt",
        help_text="Older than the booking with this id: reads on in a list of any length.",
    )
    ordering = StableOrderingFilter(fields=["booked_at"])
    all = FlagFilter(method="unfiltered", help_text="Staff with permission: everybody's.")
    user = IdFilter(field_name="user", help_text="Staff with permission, with `all=true`.")

    class Meta:
        model = Booking
        fields: list[str] = []

    def of_status(self, queryset: Any, _: str, value: str) -> QuerySet[Booking]:
        return queryset.of_live_status(value)

    def of_upcoming_shows(self, queryset: Any, _: str, value: bool) -> QuerySet[Booking]:
        return queryset.filter(**{f"show__start_time__{'gt' if value else 'lte'}": Now()})

    def unfiltered(self, queryset: Any, _: str, value: bool) -> QuerySet[Booking]:
        return queryset


class PromoCodeFilter(FilterSet):
    search = SearchFilter("code", help_text="A part of the code.")
    is_active = FlagFilter()
    ordering = StableOrderingFilter(fields=["code", "valid_until"])

    class Meta:
        model = PromoCode
        fields: list[str] = []
