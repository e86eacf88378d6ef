"""The shapes of requests and responses about other seats."""

from typing import Any

from rest_framework import serializers

from bookings.check_in.serializers import TicketSerializer
from bookings.services import ShowMove
from eventbooking_system.api.direct_serializer import DirectSerializer
from eventbooking_system.api.serializers import (
    IdField,
    StrictBooleanField,
    StrictSerializer,
)
from shows.serializers import ShowDetailSerializer
from shows.serializers.fields import PricesField, VenueTimeField
from venues.models import Seat


class MoveRequestSerializer(StrictSerializer):
    """Another screen, another start, or both."""

    screen = IdField(required=False, help_text="Another screen of the same venue.")
    start_time = VenueTimeField(required=False)
    prices = PricesField(
        required=False, help_text="Prices of categories that the show has no price for."
    )
    give_back_until = VenueTimeField(
        required=False,
        allow_null=True,
        help_text="Until when customers get a full refund. The default is the new start.",
    )
    dry_run = StrictBooleanField(required=False, help_text="Only report the effects.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"screen", "start_time"} & attrs.keys():
            message = "Send another screen, another start, or both."
            raise serializers.ValidationError({"start_time": [message]}, "required")
        return attrs


class ReseatRequestSerializer(StrictSerializer):
    seat_id = IdField(help_text="A free seat or a house seat of the same show.")
    reprice = StrictBooleanField(
        required=False, help_text="Take a seat of another category at its price."
    )


class SwapRequestSerializer(StrictSerializer):
    ticket_ids = serializers.ListField(
        child=IdField(), min_length=2, max_length=2, help_text="Two tickets of the show."
    )

    def validate_ticket_ids(self, ids: list[int]) -> list[int]:
        if ids[0] == ids[1]:
            raise serializers.ValidationError("Name two tickets.")
        return ids


class SwappedSerializer(serializers.Serializer):
    tickets = TicketSerializer(many=True)


class SeatLabelSerializer(DirectSerializer):
    """A seat as people name it."""

    seat_id = serializers.IntegerField(source="pk")
    number = serializers.CharField(source="printed_number")
    category = serializers.CharField(source="category.name")

    class Meta:
        model = Seat
        fields = ["seat_id", "section", "row", "number", "category"]


class ReseatedSerializer(serializers.Serializer):
    """A seat of a booking, before and after."""

    booking = serializers.IntegerField()
    reference = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        # `from` is a keyword of Python, so the class body cannot name it.
        before, after = SeatLabelSerializer(source="before"), SeatLabelSerializer(source="after")
        return {**super().get_fields(), "from": before, "to": after}


class ShowMoveSerializer(ShowDetailSerializer):
    """A show after its move, with every seat that changed."""

    dry_run = serializers.BooleanField()
    reseated = ReseatedSerializer(many=True)
    unblocked = SeatLabelSerializer(many=True, help_text="House seats that were lost.")

    class Meta(ShowDetailSerializer.Meta):
        fields = [*ShowDetailSerializer.Meta.fields, "dry_run", "reseated", "unblocked"]

    def to_representation(self, move: ShowMove) -> dict[str, Any]:
        return {
            **ShowDetailSerializer(move.show).data,
            "dry_run": move.dry_run,
            "reseated": ReseatedSerializer(move.reseated, many=True).data,
            "unblocked": SeatLabelSerializer(move.unblocked, many=True).data,
        }
