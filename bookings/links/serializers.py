"""The shapes of requests and responses about the links in mails."""

from rest_framework import serializers

from bookings.serializers import BookingResponseSerializer
from eventbooking_system.api.serializers import StrictCharField, StrictSerializer
from users.serializers import EmailField


class LinkSerializer(StrictSerializer):
    reference = StrictCharField(
        max_length=20, help_text="The number as people type it, such as K7QF-2MXD."
    )
    token = StrictCharField(max_length=100, help_text="The part of the link after `#`.")


class AddressSerializer(StrictSerializer):
    email = EmailField()


class OpenedBookingSerializer(serializers.Serializer):
    """The session of one booking, and the booking."""

    access = serializers.CharField(help_text="For `Authorization: Bearer …`.")
    expires_at = serializers.DateTimeField()
    booking = BookingResponseSerializer()
