"""Filters of the list of closings."""

import django_filters

from eventbooking_system.api.filters import FilterSet, IdFilter
from reports.models import DayClosing


class ClosingFilter(FilterSet):
    venue = IdFilter(field_name="venue")
    business_date = django_filters.DateFilter()

    class Meta:
        model = DayClosing
        fields: list[str] = []
