"""Serializers of bookings and quotes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.models import BookedSeat, Booking
from bookings.refund_shares import amounts_now
from eventbooking_system.api.direct_serializer import DirectSerializer
from eventbooking_system.api.serializers import AmountField
from eventbooking_system.money import formatted
from shows.serializers import ShowSerializer
from venues.serializers import RefundRulesField


class BookedSeatSerializer(DirectSerializer):
    """A seat of a booking at its booked price."""

    seat_id = serializers.IntegerField(source="show_seat.seat_id")
    section = serializers.CharField(source="show_seat.seat.section")
    row = serializers.CharField(
        source="show_seat.seat.row", help_text="The row, or the name of the area."
    )
    number = serializers.CharField(
        source="show_seat.seat.printed_number", help_text="Empty for a place in an area."
    )
    category = serializers.CharField(source="show_seat.seat.category.name")
    price = AmountField()

    class Meta:
        model = BookedSeat
        fields = ["seat_id", "section", "row", "number", "category", "ticket_type", "price"]


class AmountsSerializer(serializers.Serializer):
    """The amounts of some seats."""

    subtotal = AmountField()
    discount = AmountField()
    fees = AmountField()
    tax = AmountField()
    total = AmountField()


class BookingResponseSerializer(AmountsSerializer, DirectSerializer):
    """A booking with its seats, amounts and live status."""

    status = serializers.ChoiceField(source="live_status", choices=Booking.Status.choices)
    seat_ids = serializers.SerializerMethodField()
    seats = BookedSeatSerializer(source="lines", many=True)
    promo_code = serializers.CharField(source="promo_code.code", default=None, allow_null=True)
    current_amounts = serializers.SerializerMethodField(
        help_text="The amounts of the seats that are left, if some were given back, exchanged or "
        "got cheaper. The other amounts are those of the sale."
    )
    amount_refunded = AmountField()
    refund_rules = RefundRulesField(read_only=True)
    credit = AmountField(help_text="The part of the total that exchanged tickets pay.")
    amount_due = AmountField(help_text="The amount that is still to be paid.")

    class Meta:
        model = Booking
        fields = [
            "id", "reference", "user", "show", "status", "booked_at", "expires_at", "seat_ids",
            "seats", "subtotal", "discount", "fees", "tax", "total", "currency", "current_amounts",
            "amount_refunded", "promo_code", "sales_channel", "refund_rules", "fees_refundable", "exchange_until",
            "exchanged_from", "credit", "amount_due",
        ]  # fmt: skip

    def get_seat_ids(self, booking: Booking) -> list[int]:
        return [line.show_seat.seat_id for line in booking.lines]

    @extend_schema_field(AmountsSerializer(allow_null=True))
    def get_current_amounts(self, booking: Booking) -> dict[str, str] | None:
        now = amounts_now(booking, booking.lines)
        if (now.subtotal, now.discount) == (booking.subtotal, booking.discount):
            return None
        return {name: formatted(amount, booking.currency) for name, amount in vars(now).items()}


class ExpandedBookingSerializer(BookingResponseSerializer):
    """A booking with its show, if that was asked for."""

    show_details = ShowSerializer(source="show", help_text="With `?expand=show`.")
    sent_to_some = ["show_details"]

    class Meta(BookingResponseSerializer.Meta):
        fields = [*BookingResponseSerializer.Meta.fields, "show_details"]


class QuoteSerializer(AmountsSerializer):
    """The price of a booking. Nothing is held."""

    show = serializers.IntegerField(source="show.pk")
    seat_ids = serializers.SerializerMethodField()
    seats = BookedSeatSerializer(source="lines", many=True)
    currency = serializers.CharField()

    def get_seat_ids(self, quote: Any) -> list[int]:
        return [line.show_seat.seat_id for line in quote.lines]
