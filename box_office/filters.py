"""The questions that lists of bookings and cash sessions answer."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from bookings.filters import reference_from
from bookings.models import Booking
from box_office.models import CashSession
from eventbooking_system.api.filters import (
    FilterSet,
    FlagFilter,
    IdFilter,
    StableOrderingFilter,
    validate_word_count,
)

SEARCHED = [
    "customer_name", "customer_email", "customer_phone", "user__email", "user__contact_email",
    "user__first_name", "user__last_name", "user__phone",
]  # fmt: skip


class CounterBookingFilter(FilterSet):
    search = django_filters.CharFilter(
        method="of_words",
        max_length=200,
        validators=[validate_word_count],
        help_text="A reference with or without its dash; words of name, e-mail or phone number.",
    )
    show = IdFilter(field_name="show")
    status = django_filters.ChoiceFilter(method="of_status", choices=Booking.Status.choices)
    mine = FlagFilter(method="of_caller", help_text="Sales of the caller.")

    class Meta:
        model = Booking
        fields: list[str] = []

    def of_words(self, queryset: Any, _: str, value: str) -> QuerySet[Booking]:
        found = Q()
        for word in dict.fromkeys(value.split()):
            matches = Q(reference=reference_from(word))
            for column in SEARCHED:
                matches |= Q(**{f"{column}__icontains": word})
            found &= matches
        # A reference may be typed with a blank for its dash.
        return queryset.filter(Q(reference=reference_from(value)) | found)

    def of_status(self, queryset: Any, _: str, value: str) -> QuerySet[Booking]:
        return queryset.of_live_status(value)

    def of_caller(self, queryset: Any, _: str, value: bool) -> QuerySet[Booking]:
        own = {"sold_by": self.request.user}
        return queryset.filter(**own) if value else queryset.exclude(**own)


class CashSessionFilter(FilterSet):
    venue = IdFilter(field_name="venue")
    station = django_filters.CharFilter(max_length=50)
    open = FlagFilter(method="of_open", help_text="Sessions that nobody has closed yet.")
    mine = FlagFilter(method="of_caller", help_text="Sessions that the caller opened.")
    ordering = StableOrderingFilter(fields=["opened_at"])

    class Meta:
        model = CashSession
        fields: list[str] = []

    def of_open(self, queryset: Any, _: str, value: bool) -> QuerySet[CashSession]:
        return queryset.filter(closed_at__isnull=value)

    def of_caller(self, queryset: Any, _: str, value: bool) -> QuerySet[CashSession]:
        own = {"opened_by": self.request.user}
        return queryset.filter(**own) if value else queryset.exclude(**own)
