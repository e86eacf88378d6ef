"""Serializers of payments."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.models import Booking, Payment
from eventbooking_system.api.serializers import (
    AmountField,
    StrictCharField,
    StrictSerializer,
)


class PaymentRequestSerializer(StrictSerializer):
    payment_method = StrictCharField(required=False, max_length=100)


class NextActionSerializer(serializers.Serializer):
    type = serializers.CharField()
    url = serializers.CharField()


class PaidBookingSerializer(serializers.Serializer):
    """The booking of a payment, in its state after the payment."""

    id = serializers.IntegerField()
    reference = serializers.CharField()
    status = serializers.ChoiceField(Booking.Status.choices)
    expires_at = serializers.DateTimeField()


class PaymentSerializer(serializers.ModelSerializer):
    booking = serializers.SerializerMethodField()
    amount = AmountField()
    amount_refunded = AmountField()
    next_action = serializers.SerializerMethodField()

    class Meta:
        model = Payment
        fields = [
            "id", "booking", "provider", "status", "amount", "currency", "amount_refunded",
            "client_secret", "next_action", "failure", "created_at",
        ]  # fmt: skip

    @extend_schema_field(PaidBookingSerializer)
    def get_booking(self, payment: Payment) -> dict[str, Any]:
        booking = payment.booking
        # A list of payments is read with the live status. After a payment the row itself has it.
        status = getattr(booking, "live_status", booking.status)
        return PaidBookingSerializer(
            {
                "id": booking.pk,
                "reference": booking.reference,
                "status": status,
                "expires_at": booking.expires_at,
            }
        ).data

    @extend_schema_field(NextActionSerializer(allow_null=True))
    def get_next_action(self, payment: Payment) -> dict[str, str] | None:
        if payment.status != Payment.Status.REQUIRES_ACTION or not payment.action_url:
            return None
        return {"type": "redirect", "url": payment.action_url}


class PaymentOfAnotherSerializer(PaymentSerializer):
    """A customer's payment for staff, without the secret that could complete it."""

    def to_representation(self, payment: Payment) -> dict[str, Any]:
        return {**super().to_representation(payment), "client_secret": "", "next_action": None}
