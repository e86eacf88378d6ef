"""Price lists and their windows at the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from eventbooking_system.api.serializers import (
    CurrencyField,
    IdRelatedField,
    StrictCharField,
    StrictIntegerField,
    StrictModelSerializer,
)
from eventbooking_system.money import formatted
from shows.models import PriceList, PriceWindow
from shows.models.price_lists import MAX_PERCENT, WEEKDAYS
from shows.serializers.fields import PricesField
from venues.models import Venue
from venues.serializers import PercentField


@extend_schema_field({"type": "string", "example": "17:00:00"})
class WallTimeField(serializers.TimeField):
    """A time of day on the venue's clocks."""


class PriceListSerializer(StrictModelSerializer):
    venue = IdRelatedField(queryset=Venue.objects.all())
    name = StrictCharField(max_length=100)
    currency = CurrencyField()
    prices = PricesField()

    class Meta:
        model = PriceList
        fields = ["id", "venue", "name", "currency", "prices"]
        # The service finds a name in use, and names the field.
        validators: list[Any] = []

    def to_representation(self, listed: PriceList) -> dict[str, Any]:
        prices: dict[str, Any] = {}
        for price in listed.prices.all():
            amount = formatted(price.amount, listed.currency)
            if price.ticket_type:
                prices.setdefault(price.category, {})[price.ticket_type] = amount
            else:
                prices[price.category] = amount
        own = {name: getattr(listed, name) for name in ("id", "name", "currency")}
        return {**own, "venue": listed.venue_id, "prices": prices}


class PriceWindowSerializer(StrictModelSerializer):
    venue = IdRelatedField(queryset=Venue.objects.all())
    price_list = IdRelatedField(
        queryset=PriceList.objects.all(),
        required=False,
        allow_null=True,
        help_text="Null for all lists of the venue.",
    )
    name = StrictCharField(max_length=100)
    weekdays = serializers.ListField(
        child=serializers.ChoiceField(WEEKDAYS),
        required=False,
        max_length=len(WEEKDAYS),
        help_text="Business days of the show. Every day of the week, if empty.",
    )
    from_time = WallTimeField(required=False, allow_null=True)
    to_time = WallTimeField(required=False, allow_null=True)
    days_before = StrictIntegerField(required=False, allow_null=True, min_value=1, max_value=365)
    percent = PercentField(max_digits=6, decimal_places=3, max_value=MAX_PERCENT)
    position = StrictIntegerField(required=False, min_value=0, max_value=32_767)

    class Meta:
        model = PriceWindow
        fields = [
            "id", "venue", "price_list", "name", "weekdays", "from_time", "to_time", "days_before",
            "percent", "position",
        ]  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "weekdays" in attrs:
            attrs["weekdays"] = ",".join(attrs["weekdays"])
        return attrs

    def to_representation(self, window: PriceWindow) -> dict[str, Any]:
        data = super().to_representation(_with_days(window))
        return data


def _with_days(window: PriceWindow) -> PriceWindow:
    """Return the window with its days as a list."""
    if isinstance(window.weekdays, str):
        window.weekdays = window.weekdays.split(",") if window.weekdays else []
    return window
