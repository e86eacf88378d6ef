"""Serializers of query parameters of bookings."""

from rest_framework import serializers


class AllSerializer(serializers.Serializer):
    """Query parameters of the actions on a booking."""

    all = serializers.ChoiceField(
        ["true", "false"], required=False, help_text="For staff: bookings of all customers."
    )


class ExpandSerializer(serializers.Serializer):
    """The query parameter that adds a booking's show."""

    expand = serializers.ChoiceField(
        ["show"], required=False, help_text="Adds the show as `show_details`."
    )


class BookingQuerySerializer(ExpandSerializer, AllSerializer):
    """Query parameters of one booking."""


class DryRunSerializer(serializers.Serializer):
    """The query parameter `dry_run`, which is a string."""

    dry_run = serializers.BooleanField(required=False, default=False)
