"""Seat maps, availability, best seats and blocking at the API."""

from typing import Any

from rest_framework import serializers

from eventbooking_system.api.serializers import (
    QueryTimeField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
)
from eventbooking_system.money import DECIMAL_PLACES, MAX_DIGITS
from shows.serializers.fields import AreasField, SeatIdsField
from shows.serializers.ticket_types import SoldTypeSerializer

MAX_BLOCKED_AT_ONCE = 2000


class SeatMapCategorySerializer(serializers.Serializer):
    name = serializers.CharField()
    price = serializers.CharField()
    color = serializers.CharField()
    available = serializers.IntegerField()
    total = serializers.IntegerField()


class SeatMapSeatSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    section = serializers.CharField()
    row = serializers.CharField()
    number = serializers.CharField()
    category = serializers.CharField()
    price = serializers.CharField()
    x = serializers.FloatField()
    y = serializers.FloatField()
    accessible = serializers.BooleanField()
    companion = serializers.BooleanField()
    restricted_view = serializers.BooleanField()
    couple = serializers.CharField(help_text="Seats with the same label are sold together.")
    status = serializers.ChoiceField(["available", "held", "booked", "blocked"])


class SeatMapAreaSerializer(serializers.Serializer):
    """An area of general admission, drawn as a rectangle."""

    name = serializers.CharField()
    category = serializers.CharField()
    price = serializers.CharField()
    available = serializers.IntegerField()
    total = serializers.IntegerField()
    x = serializers.FloatField()
    y = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()


class SeatMapSerializer(serializers.Serializer):
    """The seat map. `shows.seatmaps` writes it directly, because a screen may have thousands of seats."""

    show = serializers.IntegerField()
    currency = serializers.CharField()
    as_of = serializers.DateTimeField()
    categories = SeatMapCategorySerializer(many=True)
    ticket_types = SoldTypeSerializer(many=True)
    seats = SeatMapSeatSerializer(many=True)
    areas = SeatMapAreaSerializer(many=True)


class CategoryAvailabilitySerializer(serializers.Serializer):
    available = serializers.IntegerField()
    total = serializers.IntegerField()
    largest_adjacent = serializers.IntegerField()


class AreaAvailabilitySerializer(serializers.Serializer):
    name = serializers.CharField()
    category = serializers.CharField()
    available = serializers.IntegerField()
    total = serializers.IntegerField()


class AvailabilityRequestSerializer(serializers.Serializer):
    """Query parameters, which arrive as strings."""

    since = QueryTimeField(required=False)


class AvailabilityChangeSerializer(serializers.Serializer):
    available = serializers.ListField(child=serializers.IntegerField())
    unavailable = serializers.ListField(child=serializers.IntegerField())


class AvailabilitySerializer(serializers.Serializer):
    as_of = serializers.DateTimeField()
    available = serializers.IntegerField()
    total = serializers.IntegerField()
    categories = serializers.DictField(child=CategoryAvailabilitySerializer())
    unavailable_seat_ids = serializers.ListField(child=serializers.IntegerField(), required=False)
    changed = AvailabilityChangeSerializer(required=False)
    areas = AreaAvailabilitySerializer(many=True)


class BestSeatsRequestSerializer(serializers.Serializer):
    """Query parameters, which arrive as strings."""

    quantity = serializers.IntegerField(min_value=1, max_value=100)
    category = serializers.CharField(required=False, max_length=100)
    section = serializers.CharField(
        required=False, max_length=100, help_text="The name of a section or of an area."
    )
    max_price = serializers.DecimalField(
        required=False, max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, min_value=0
    )
    accessible = serializers.BooleanField(required=False, default=False)


class BestSeatsSerializer(serializers.Serializer):
    """The best free seats of a show, or places in its areas. Places are chosen if no seats suit."""

    seat_ids = serializers.ListField(child=serializers.IntegerField())
    areas = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Places by area, if no seats suit. Send them unchanged to book them.",
    )
    adjacent = serializers.BooleanField(help_text="Whether all seats are side by side.")


class BlockSeatsSerializer(StrictSerializer):
    block = SeatIdsField(required=False, max_length=MAX_BLOCKED_AT_ONCE)
    unblock = SeatIdsField(required=False, max_length=MAX_BLOCKED_AT_ONCE)
    block_areas = AreasField(
        required=False, help_text="The number of free places to block in each area."
    )
    unblock_areas = AreasField(
        required=False, help_text="The number of blocked places to unblock in each area."
    )
    reason = StrictCharField(required=False, allow_blank=True, max_length=200)
    owner = StrictCharField(
        required=False,
        allow_blank=True,
        max_length=100,
        help_text="The person or partner for whom the seats are blocked.",
    )
    release_minutes = StrictIntegerField(
        required=False,
        min_value=0,
        max_value=525_600,
        help_text="Minutes before the show at which the seats go on sale again.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        block, unblock = set(attrs.get("block", [])), set(attrs.get("unblock", []))
        if not (block | unblock or attrs.get("block_areas") or attrs.get("unblock_areas")):
            raise serializers.ValidationError("Name the seats to block or to unblock.", "required")
        if block & unblock:
            raise serializers.ValidationError({"unblock": ["A seat is in both lists."]})
        return attrs
