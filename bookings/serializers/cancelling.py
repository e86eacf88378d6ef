"""Serializers of cancellations."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from bookings.serializers.holding import MAX_SEATS
from bookings.serializers.queries import AllSerializer, DryRunSerializer
from eventbooking_system.api.serializers import (
    AmountField,
    IdField,
    StrictBooleanField,
    StrictSerializer,
    StrictTextField,
)
from eventbooking_system.money import formatted


class TicketIdsField(serializers.ListField):
    """A list of ticket ids without duplicates."""

    child = IdField()
    default_error_messages = {"duplicate": "A ticket appears twice."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"allow_empty": False, "max_length": MAX_SEATS, **kwargs})

    def to_internal_value(self, data: Any) -> list[int]:
        ticket_ids = super().to_internal_value(data)
        if len(set(ticket_ids)) < len(ticket_ids):
            self.fail("duplicate")
        return ticket_ids


class CancelSerializer(StrictSerializer):
    ticket_ids = TicketIdsField(required=False, help_text="All tickets, if left out.")
    reason = StrictTextField(required=False, allow_blank=True, max_length=500)
    dry_run = StrictBooleanField(required=False, help_text="Only report the effects.")


class CancelledLineSerializer(serializers.Serializer):
    """A line of a booking that would be cancelled."""

    ticket_id = serializers.IntegerField(allow_null=True)
    seat_id = serializers.IntegerField()
    row = serializers.CharField()
    number = serializers.CharField()
    price = serializers.CharField()
    discount = serializers.CharField()
    paid = serializers.CharField(help_text="The price with its part of the tax, less its discount.")
    refund = serializers.CharField()


class CancellationSerializer(serializers.Serializer):
    """The effects of cancelling a booking or some of its tickets."""

    booking = serializers.IntegerField(source="booking.pk")
    dry_run = serializers.SerializerMethodField()
    percent = serializers.SerializerMethodField(
        help_text="The percentage of the rule that holds now."
    )
    lines = serializers.SerializerMethodField()
    fees = AmountField(help_text="The refunded fees. Fees are refunded with the last ticket.")
    discount_kept = AmountField(
        help_text="The discount of the tickets that stay, if they alone would not have got it. The "
        "refund is reduced by it."
    )
    refund = AmountField(
        help_text="The whole refund. Earlier refunds of amounts count towards the last ticket."
    )
    currency = serializers.CharField()
    give_back_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the refund is full, because the show has moved."
    )

    def get_dry_run(self, cancellation: Any) -> bool:
        return True

    def get_percent(self, cancellation: Any) -> str:
        return f"{cancellation.percent.normalize():f}"

    @extend_schema_field(CancelledLineSerializer(many=True))
    def get_lines(self, cancellation: Any) -> list[dict[str, Any]]:
        currency = cancellation.currency
        return [
            {
                "ticket_id": getattr(getattr(line, "ticket", None), "pk", None),
                "seat_id": line.show_seat.seat_id,
                "row": line.show_seat.seat.row,
                "number": line.show_seat.seat.printed_number,
                "price": formatted(line.price, currency),
                "discount": formatted(line.discount, currency),
                "paid": formatted(paid, currency),
                "refund": formatted(refund, currency),
            }
            for line, paid, refund in cancellation.lines
        ]


class CancelQuerySerializer(DryRunSerializer, AllSerializer):
    """Query parameters of a cancellation."""


def is_dry_run(request: Request, query: dict[str, Any]) -> bool:
    """Tell whether a request asks only for the effects. Its query or body may say so."""
    body = request.data
    return query["dry_run"] or (isinstance(body, dict) and body.get("dry_run") is True)


class ShowCancelRequestSerializer(StrictSerializer):
    reason = StrictTextField(required=False, allow_blank=True, max_length=500)
    dry_run = StrictBooleanField(required=False, help_text="Only report the effects.")


class ShowCancellationSerializer(serializers.Serializer):
    show = serializers.IntegerField(source="show_id")
    status = serializers.CharField()
    dry_run = serializers.BooleanField()
    pending_bookings = serializers.IntegerField()
    confirmed_bookings = serializers.IntegerField()
    refund_total = serializers.SerializerMethodField()
    currency = serializers.CharField()

    def get_refund_total(self, cancellation: Any) -> str:
        return formatted(cancellation["refund_total"], cancellation["currency"])
