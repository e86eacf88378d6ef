"""The questions that a list of cash sessions answers."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from box_office.models import CashSession
from eventbooking_system.api.filters import FilterSet, FlagFilter, IdFilter, StableOrderingFilter


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
