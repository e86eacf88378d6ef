"""The shapes of requests and responses about tickets that are passed on."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.check_in.serializers import TicketSerializer
from bookings.models import Ticket, TicketTransfer
from bookings.selectors import payload_of
from bookings.tickets.qr import qr_svg
from eventbooking_system.api.serializers import StrictCharField, StrictSerializer, StrictTextField
from shows.models import Show
from users.names import validate_name
from users.serializers import EmailField

# A mail to a stranger must not carry links.
_WEB_ADDRESS = re.compile(r"//|@|www\.|[^\W_]\.[^\W\d_]{2,}", re.IGNORECASE)


class TransferRequestSerializer(StrictSerializer):
    email = EmailField(help_text="Where the recipient gets the offer.")
    message = StrictTextField(
        required=False, allow_blank=True, max_length=500, help_text="Without web addresses."
    )

    def validate_message(self, text: str) -> str:
        if _WEB_ADDRESS.search(text):
            raise serializers.ValidationError(
                gettext_lazy("The message cannot have a web address in it."), "invalid"
            )
        return text


class TransferTokenSerializer(StrictSerializer):
    token = StrictCharField(max_length=100, help_text="The part of the link after `#`.")


class AcceptSerializer(TransferTokenSerializer):
    name = StrictCharField(
        required=False,
        allow_blank=True,
        max_length=200,
        validators=[validate_name],
        help_text="The person who comes with the ticket. Without it, the name of the account.",
    )


class HeldQuerySerializer(serializers.Serializer):
    """Query parameters of the list of held tickets."""

    page = serializers.IntegerField(required=False, min_value=1)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100)


class TransferSerializer(serializers.ModelSerializer):
    """An offer as its sender sees it."""

    expires_at = serializers.DateTimeField(source="ticket.show.start_time")

    class Meta:
        model = TicketTransfer
        fields = ["id", "ticket", "email", "message", "created_at", "expires_at"]


class VenueOfTicketSerializer(serializers.Serializer):
    name = serializers.CharField()
    address = serializers.CharField()
    city = serializers.CharField()
    timezone = serializers.CharField()


class ShowOfTicketSerializer(serializers.Serializer):
    """The show of a ticket for a person without a booking."""

    id = serializers.IntegerField()
    title = serializers.CharField(source="event.title")
    venue = VenueOfTicketSerializer(source="screen.venue")
    screen = serializers.CharField(source="screen.name")
    start_time = serializers.DateTimeField()
    end_time = serializers.DateTimeField()
    local_start_time = serializers.SerializerMethodField(help_text="With the venue's offset.")
    status = serializers.ChoiceField(Show.Status.choices)

    def get_local_start_time(self, show: Show) -> str:
        return show.start_time.astimezone(ZoneInfo(show.screen.venue.timezone)).isoformat()


class HeldTicketSerializer(TicketSerializer):
    """A ticket for its holder, with everything that the door asks for."""

    booking = serializers.IntegerField(source="booking_id")
    show = ShowOfTicketSerializer()
    section = serializers.CharField(source="seat.section")
    category = serializers.CharField(source="seat.category.name")
    ticket_type = serializers.CharField(source="booked_seat.ticket_type")
    qr_svg = serializers.SerializerMethodField(help_text="The QR code as an SVG image.")

    class Meta(TicketSerializer.Meta):
        fields = [
            *TicketSerializer.Meta.fields, "booking", "show", "section", "category", "ticket_type",
            "qr_svg",
        ]  # fmt: skip

    def is_shown(self, ticket: Ticket) -> bool:
        return True

    def get_qr_svg(self, ticket: Ticket) -> str:
        svg = qr_svg(payload_of(ticket))
        return svg.decode() if isinstance(svg, bytes) else svg


class OfferedSeatSerializer(serializers.Serializer):
    section = serializers.CharField()
    row = serializers.CharField()
    number = serializers.CharField(source="printed_number")
    category = serializers.CharField(source="category.name")


class OpenedTransferSerializer(serializers.Serializer):
    """The offer that a mailed link opens, or the accepted ticket."""

    email = serializers.CharField()
    sender = serializers.CharField(source="sender.name_in_messages")
    message = serializers.CharField()
    expires_at = serializers.DateTimeField(source="ticket.show.start_time")
    accepted_at = serializers.DateTimeField(allow_null=True)
    show = ShowOfTicketSerializer(source="ticket.show")
    seat = OfferedSeatSerializer(source="ticket.seat")
    ticket = serializers.SerializerMethodField()

    @extend_schema_field(HeldTicketSerializer(allow_null=True))
    def get_ticket(self, transfer: TicketTransfer) -> dict[str, Any] | None:
        return HeldTicketSerializer(transfer.ticket).data if transfer.accepted_at else None
