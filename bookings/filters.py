"""Filters of the lists of bookings and promo codes."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from bookings.models import Booking, PromoCode
from eventbooking_system.api.filters import (
    FilterSet,
    FlagFilter,
    IdFilter,
    SearchFilter,
    StableOrderingFilter,
    validate_word_count,
)
from eventbooking_system.db.text_search import has_word

FOLDED = ["show__event__title_folded", "show__screen__venue__name_folded", "user__name_folded"]


def reference_from(text: str) -> str:
    """Read a reference in any letter case, with or without its dash."""
    letters = "".join(filter(str.isalnum, text.upper()))
    return f"{letters[:4]}-{letters[4:]}"


class BookingFilter(FilterSet):
    status = django_filters.ChoiceFilter(method="of_status", choices=Booking.Status.choices)
    show = IdFilter(field_name="show")
    reference = django_filters.CharFilter(
        method="of_reference", max_length=20, help_text="In any letter case, with or without dash."
    )
    search = django_filters.CharFilter(
        method="of_words",
        max_length=200,
        validators=[validate_word_count],
        help_text="Words of the reference, the event, the venue or the customer.",
    )
    upcoming = FlagFilter(method="of_upcoming_shows", help_text="The show has yet to start.")
    before = IdFilter(
        field_name="pk",
        lookup_expr="lt",
        help_text="Only bookings with a smaller id, to continue a long list.",
    )
    ordering = StableOrderingFilter(fields=["booked_at"])
    all = FlagFilter(
        method="unfiltered", help_text="For staff with permission: bookings of all customers."
    )
    expand = django_filters.ChoiceFilter(
        method="unfiltered",
        choices=[("show", "show")],
        help_text="Adds the show of each booking as `show_details`.",
    )
    user = IdFilter(
        field_name="user", help_text="For staff with permission, together with `all=true`."
    )

    class Meta:
        model = Booking
        fields: list[str] = []

    def of_status(self, queryset: Any, _: str, value: str) -> QuerySet[Booking]:
        return queryset.of_live_status(value)

    def of_reference(self, queryset: Any, _: str, value: str) -> QuerySet[Booking]:
        return queryset.filter(reference=reference_from(value))

    def of_words(self, queryset: Any, _: str, value: str) -> QuerySet[Booking]:
        for word in dict.fromkeys(value.split()):
            matches = Q(reference=reference_from(word)) | Q(reference__icontains=word)
            matches |= Q(user__email__icontains=word)
            for column in FOLDED:
                matches |= has_word(column, word)
            queryset = queryset.filter(matches)
        return queryset

    def of_upcoming_shows(self, queryset: Any, _: str, value: bool) -> QuerySet[Booking]:
        return queryset.filter(**{f"show__start_time__{'gt' if value else 'lte'}": Now()})

    def unfiltered(self, queryset: Any, _: str, value: bool) -> QuerySet[Booking]:
        return queryset


class PromoCodeFilter(FilterSet):
    search = SearchFilter("code", help_text="Part of the code.")
    is_active = FlagFilter()
    ordering = StableOrderingFilter(fields=["code", "valid_until"])

    class Meta:
        model = PromoCode
        fields: list[str] = []
