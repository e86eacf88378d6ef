"""Fields that the serializers of shows and of bookings share."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from eventbooking_system.api.serializers import (
    IdField,
    MoneyField,
    StrictCharField,
    StrictIntegerField,
    StrictTimeField,
)


@extend_schema_field({"type": "string", "example": "2026-12-01T19:30"})
class VenueTimeField(StrictTimeField):
    """An ISO 8601 time. Without an offset it is the venue's local time."""

    def enforce_timezone(self, value: datetime) -> datetime:
        return value


@extend_schema_field(
    {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {
            "oneOf": [
                {"type": "string", "example": "250.00"},
                {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
            ]
        },
        "example": {"Gold": {"Adult": "250.00", "Child": "150.00"}, "Silver": "180.00"},
    }
)
class PricesField(serializers.Field):
    """`{category: amount}` or `{category: {ticket type: amount}}`, the default type first."""

    default_error_messages = {
        "shape": "Send an object with an amount for each category.",
        "size": "Too many entries.",
        "name": "A category has 1 to 100 characters, and a ticket type 1 to 50.",
        "twice": "A name appears twice.",
    }
    max_entries = 100

    def to_internal_value(self, data: Any) -> dict[str, dict[str, Decimal]]:
        if not isinstance(data, dict) or not data:
            self.fail("shape")
        categories = self._named(data, max_length=100)
        return {category: self._amounts(category, value) for category, value in categories.items()}

    def _amounts(self, category: str, value: Any) -> dict[str, Decimal]:
        if not isinstance(value, dict):
            return {"": self._amount(value, category)}
        if not value:
            raise serializers.ValidationError({category: [self.error_messages["shape"]]})
        types = self._named(value, max_length=50)
        return {name: self._amount(amount, category, name) for name, amount in types.items()}

    def _amount(self, value: Any, *path: str) -> Decimal:
        try:
            return MoneyField().run_validation(value)
        except serializers.ValidationError as error:
            detail: Any = error.detail
            for name in reversed(path):
                detail = {name: detail}
            raise serializers.ValidationError(detail) from error

    def _named(self, data: dict[str, Any], *, max_length: int) -> dict[str, Any]:
        if len(data) > self.max_entries:
            self.fail("size")
        field = StrictCharField(max_length=max_length)
        try:
            named = {field.run_validation(name): value for name, value in data.items()}
        except serializers.ValidationError:
            self.fail("name")
        if len(named) < len(data):  # Two names differ only in the spaces around them.
            self.fail("twice")
        return named

    def to_representation(self, value: Any) -> Any:
        return value


class SeatIdsField(serializers.ListField):
    """A list of seat ids without duplicates."""

    child = IdField()
    default_error_messages = {"duplicate": "A seat appears twice."}

    def to_internal_value(self, data: Any) -> list[int]:
        seat_ids = super().to_internal_value(data)
        if len(set(seat_ids)) < len(seat_ids):
            self.fail("duplicate")
        return seat_ids


class AreasField(serializers.DictField):
    """An object with a number of places for each area."""

    child = StrictIntegerField(min_value=1, max_value=100_000)
    max_entries = 100
    default_error_messages = {
        "name": "A name has 1 to 100 characters.",
        "size": "Too many entries.",
    }

    def to_internal_value(self, data: Any) -> dict[str, int]:
        counts = super().to_internal_value(data)
        if len(counts) > self.max_entries:
            self.fail("size")
        for name in counts:
            try:
                StrictCharField(max_length=100).run_validation(name)
            except serializers.ValidationError:
                self.fail("name")
        return counts
