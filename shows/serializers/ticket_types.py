"""Ticket types at the API."""

from typing import Any

from rest_framework import serializers

from eventbooking_system.api.serializers import (
    IdRelatedField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictModelSerializer,
    StrictSlugField,
)
from shows.models import TicketType
from venues.models import Venue

CHANNELS = {"web": "on_web", "box_office": "at_box_office"}


class TicketTypeSerializer(StrictModelSerializer):
    venue = IdRelatedField(
        queryset=Venue.objects.all(),
        required=False,
        allow_null=True,
        help_text="Null for every venue. A venue's own type comes before it.",
    )
    code = StrictSlugField(max_length=50)
    name = StrictCharField(max_length=50, help_text="The ticket type of prices.")
    min_per_booking = StrictIntegerField(required=False, min_value=1, max_value=500)
    max_per_booking = StrictIntegerField(
        required=False, allow_null=True, min_value=1, max_value=500
    )
    max_per_show = StrictIntegerField(
        required=False, allow_null=True, min_value=1, max_value=100_000
    )
    needs = IdRelatedField(
        queryset=TicketType.objects.all(),
        required=False,
        allow_null=True,
        help_text="A ticket of this type must be in the same booking.",
    )
    per_needed = StrictIntegerField(
        required=False,
        min_value=1,
        max_value=500,
        help_text="How many of these tickets one ticket of the needed type allows.",
    )
    no_fee = StrictBooleanField(required=False)
    channels = serializers.ListField(
        child=serializers.ChoiceField(list(CHANNELS)),
        required=False,
        min_length=1,
        max_length=len(CHANNELS),
        help_text="Where it is sold. Both, if missing.",
    )
    proof_text = StrictCharField(required=False, allow_blank=True, max_length=200)
    minimum_age = StrictIntegerField(required=False, allow_null=True, min_value=0, max_value=120)
    position = StrictIntegerField(required=False, min_value=0, max_value=32_767)

    class Meta:
        model = TicketType
        fields = [
            "id", "venue", "code", "name", "min_per_booking", "max_per_booking", "max_per_show",
            "needs", "per_needed", "no_fee", "channels", "proof_text", "minimum_age", "position",
        ]  # fmt: skip
        # The service finds a name in use, and names the field.
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "channels" in attrs:
            channels = attrs.pop("channels")
            attrs |= {column: channel in channels for channel, column in CHANNELS.items()}
        return attrs

    def to_representation(self, kind: TicketType) -> dict[str, Any]:
        kind.channels = [name for name, column in CHANNELS.items() if getattr(kind, column)]
        return super().to_representation(kind)


class NeededTypeSerializer(serializers.Serializer):
    ticket_type = serializers.CharField()
    ratio = serializers.IntegerField(help_text="How many tickets one of the needed type allows.")


class SoldTypeSerializer(serializers.Serializer):
    """A ticket type of a show, with its rules for a buyer."""

    ticket_type = serializers.CharField(help_text="As in the prices.")
    code = serializers.CharField()
    name = serializers.CharField()
    min_per_booking = serializers.IntegerField()
    max_per_booking = serializers.IntegerField(allow_null=True)
    max_per_show = serializers.IntegerField(allow_null=True)
    needs = NeededTypeSerializer(allow_null=True)
    no_fee = serializers.BooleanField()
    channels = serializers.ListField(child=serializers.ChoiceField(list(CHANNELS)))
    proof_text = serializers.CharField()
    minimum_age = serializers.IntegerField(allow_null=True)
