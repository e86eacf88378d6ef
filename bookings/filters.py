"""The questions that a list of bookings answers."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.db.models.functions import Now

from bookings.models import Booking, PromoCode
from eventbooking_system.filters import FlagFilter, IdFilter, SearchFilter, StableOrderingFilter


class BookingFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(field_name="live_status", choices=Booking.Status.choices)
    show = IdFilter(field_name="show")
    upcoming = FlagFilter(method="of_upcoming_shows", help_text="The show has yet to start.")
    ordering = StableOrderingFilter(fields=["booked_at"])
    all = FlagFilter(method="unfiltered", help_text="Staff with permission: everybody's.")
    user = IdFilter(field_name="user", help_text="Staff with permission, with `all=true`.")

    class Meta:
        model = Booking
        fields: list[str] = []

    def of_upcoming_shows(self, queryset: Any, _: str, value: bool) -> QuerySet[Booking]:
        lookup = {"show__start_time__gt": Now()}
        return queryset.filter(**lookup) if value else queryset.exclude(**lookup)

    def unfiltered(self, queryset: Any, _: str, value: bool) -> QuerySet[Booking]:
        return queryset


class PromoCodeFilter(django_filters.FilterSet):
    search = SearchFilter("code", help_text="A part of the code.")
    is_active = FlagFilter()
    ordering = StableOrderingFilter(fields=["code", "valid_until"])

    class Meta:
        model = PromoCode
        fields: list[str] = []
