"""Serializers of tickets and check-ins."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from bookings.models import Ticket, TicketScan
from bookings.selectors import payload_of
from bookings.tickets.signing import MAX_LENGTH
from eventbooking_system.api.serializers import (
    BIGINT,
    IdField,
    StrictCharField,
    StrictSerializer,
    StrictTimeField,
)
from shows.models import Show
from users.models import User

# The limit for one request; a scanner sends a larger hall in several requests.
MAX_SCANS = 500


class TicketSerializer(serializers.ModelSerializer):
    seat_id = serializers.IntegerField(source="seat.pk")
    row = serializers.CharField(source="seat.row")
    number = serializers.CharField(source="seat.printed_number")
    code = serializers.SerializerMethodField(help_text="Empty for a ticket that was passed on.")
    payload = serializers.SerializerMethodField(
        help_text="The text of the QR code. Empty for a ticket that was passed on."
    )
    holder_name = serializers.CharField(
        help_text="The person who accepted the ticket from the customer, otherwise empty."
    )
    offered_to = serializers.SerializerMethodField(
        help_text="The address that the ticket is offered to, otherwise empty."
    )

    class Meta:
        model = Ticket
        fields = [
            "id", "seat_id", "row", "number", "code", "payload", "checked_in_at", "holder_name",
            "offered_to",
        ]  # fmt: skip

    def is_shown(self, ticket: Ticket) -> bool:
        """Tell whether the caller may show the ticket at the door."""
        return ticket.holder_id is None

    def get_code(self, ticket: Ticket) -> str:
        return ticket.code if self.is_shown(ticket) else ""

    def get_payload(self, ticket: Ticket) -> str:
        return payload_of(ticket) if self.is_shown(ticket) else ""

    def get_offered_to(self, ticket: Ticket) -> str:
        # The customer does not see to whom a holder passes the ticket on.
        offers = getattr(ticket, "offers", ()) if self.is_shown(ticket) else ()
        return offers[0].email if offers else ""


class PayloadField(StrictCharField):
    """The text of a QR code, or a ticket's short code. The service reads it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=2 * MAX_LENGTH, **kwargs)


class ScanIdField(serializers.UUIDField):
    """A UUID that the scanner chose for this scan."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class CheckInRequestSerializer(StrictSerializer):
    payload = PayloadField(help_text="The text of the QR code, or the short code.")
    show = IdField(
        required=False, help_text="The show at this door; tickets of other shows are refused."
    )
    scan_id = ScanIdField(required=False, help_text="Makes the request safe to repeat.")


class UndoRequestSerializer(StrictSerializer):
    payload = PayloadField(help_text="The text of the QR code, or the short code.")


class CheckInSerializer(serializers.ModelSerializer):
    """A scan as the door staff see it."""

    ticket = serializers.IntegerField(source="ticket_id")
    seat = serializers.CharField(source="ticket.seat")
    section = serializers.CharField(source="ticket.seat.section")
    ticket_type = serializers.CharField(source="ticket.booked_seat.ticket_type")
    customer_initials = serializers.SerializerMethodField()

    class Meta:
        model = TicketScan
        fields = [
            "ticket", "seat", "section", "ticket_type", "customer_initials", "checked_in_at",
        ]  # fmt: skip

    def get_customer_initials(self, scan: TicketScan) -> str:
        if scan.ticket.holder_id:
            return initials_of(scan.ticket.holder_name)
        customer: User = scan.ticket.booking.user
        return "".join(name[:1].upper() for name in (customer.first_name, customer.last_name))


def initials_of(name: str) -> str:
    """Return the first letters of a name's first and last word."""
    words = name.split()
    return "".join(word[:1].upper() for word in (words[:1] + words[1:][-1:]))


class PublicKeySerializer(serializers.Serializer):
    """A JSON Web Key (RFC 8037)."""

    kty = serializers.CharField()
    crv = serializers.CharField()
    alg = serializers.CharField()
    use = serializers.CharField()
    kid = serializers.CharField()
    x = serializers.CharField(help_text="The public key: 32 bytes in base64url.")


class PublicKeysSerializer(serializers.Serializer):
    """A JSON Web Key Set (RFC 7517), newest key first."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the field `keys`, whose name a serializer cannot declare."""
        return {"keys": PublicKeySerializer(many=True)}


class DoorSerializer(serializers.ModelSerializer):
    """A show with its door times."""

    title = serializers.CharField(source="event.title")
    venue = serializers.CharField(source="screen.venue.name")
    screen = serializers.CharField(source="screen.name")
    local_start_time = serializers.SerializerMethodField()
    doors_open_at = serializers.DateTimeField()
    doors_close_at = serializers.DateTimeField()

    class Meta:
        model = Show
        fields = [
            "id", "title", "venue", "screen", "status", "start_time", "end_time",
            "local_start_time", "doors_open_at", "doors_close_at",
        ]  # fmt: skip

    def get_local_start_time(self, show: Show) -> datetime:
        return show.start_time.astimezone(ZoneInfo(show.screen.venue.timezone)).isoformat()


class ShowsAtDoorsQuerySerializer(StrictSerializer):
    # A parameter comes as text.
    venue = serializers.IntegerField(
        required=False, min_value=1, max_value=BIGINT, help_text="Shows of this venue only."
    )


class ShowAtDoorSerializer(DoorSerializer):
    """A show with its door times, expected visitors and arrivals."""

    expected = serializers.IntegerField(help_text="Valid tickets.")
    checked_in = serializers.IntegerField(help_text="Valid tickets that are checked in.")

    class Meta(DoorSerializer.Meta):
        fields = [*DoorSerializer.Meta.fields, "expected", "checked_in"]


class ShowsAtDoorsSerializer(serializers.Serializer):
    results = ShowAtDoorSerializer(many=True)


class FindQuerySerializer(StrictSerializer):
    search = StrictCharField(
        min_length=2, max_length=100, help_text="Words of the name, or the booking's reference."
    )


class FoundTicketSerializer(serializers.ModelSerializer):
    seat = serializers.CharField()
    ticket_type = serializers.CharField(source="booked_seat.ticket_type")

    class Meta:
        model = Ticket
        fields = ["id", "code", "seat", "ticket_type", "checked_in_at"]


class PartySerializer(serializers.Serializer):
    """The tickets of one person in one booking."""

    name = serializers.CharField()
    reference = serializers.CharField()
    tickets = FoundTicketSerializer(many=True)


class FoundSerializer(serializers.Serializer):
    results = PartySerializer(many=True)


class RevokedTicketSerializer(serializers.Serializer):
    ticket = serializers.IntegerField()
    valid_version = serializers.IntegerField(
        allow_null=True, help_text="The only valid version, or null if none is valid."
    )


class AdmittedTicketSerializer(serializers.Serializer):
    ticket = serializers.IntegerField()
    checked_in_at = serializers.DateTimeField()


class BundleSerializer(serializers.Serializer):
    """The data with which a scanner works offline."""

    show = DoorSerializer()
    as_of = serializers.DateTimeField()
    revoked = RevokedTicketSerializer(many=True)
    admitted = AdmittedTicketSerializer(many=True)
    seats = serializers.DictField(
        child=serializers.CharField(), help_text="The label of each seat, by seat id."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), "keys": PublicKeySerializer(many=True)}


class ScanTimeField(StrictTimeField):
    """A time by a scanner's clock. Any year is accepted, so that one scan does not stop others."""

    any_year = True


class OfflineScanSerializer(StrictSerializer):
    scan_id = ScanIdField()
    payload = PayloadField()
    scanned_at = ScanTimeField()


class SyncRequestSerializer(StrictSerializer):
    scans = OfflineScanSerializer(many=True, allow_empty=False, max_length=MAX_SCANS)

    def validate_scans(self, scans: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({scan["scan_id"] for scan in scans}) < len(scans):
            raise serializers.ValidationError("A scan_id occurs twice.")
        return scans


class SyncResultSerializer(serializers.Serializer):
    """The outcome of a scan."""

    scan_id = serializers.UUIDField()
    outcome = serializers.ChoiceField(
        choices=["admitted", "already_checked_in", "ticket_not_valid", "invalid_ticket"]
    )
    reason = serializers.CharField(help_text="The reason of `ticket_not_valid`; otherwise empty.")
    ticket = serializers.IntegerField(allow_null=True)
    seat = serializers.CharField(allow_null=True)
    checked_in_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When the ticket was checked in, as known at the time of the scan.",
    )


class SyncResponseSerializer(serializers.Serializer):
    results = SyncResultSerializer(many=True)
