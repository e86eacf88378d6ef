"""Serializers of bookings and payments."""

import re
from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.models import BookedSeat, Booking, Payment, PromoCode
from eventbooking_system.api.serializers import (
    BIGINT,
    AmountField,
    CurrencyField,
    DirectSerializer,
    IdField,
    IdRelatedField,
    MoneyField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictModelSerializer,
    StrictSerializer,
    StrictTextField,
)
from eventbooking_system.money import formatted
from events.models import Event
from shows.models import Show
from shows.serializers import AreasField, SeatIdsField, ShowSerializer
from venues.serializers import RefundRulesField

# Far above the limit of any show. The show's own limit is checked by the service.
MAX_SEATS = 500


@extend_schema_field({"oneOf": [
    {"type": "string"}, {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
]})  # fmt: skip
class TicketTypeField(serializers.Field):
    """A ticket type, or the number of tickets of each type."""

    name = StrictCharField(max_length=50)
    counts = AreasField(allow_empty=False)

    def to_internal_value(self, data: Any) -> str | dict[str, int]:
        return (self.counts if isinstance(data, dict) else self.name).run_validation(data)

    def to_representation(self, value: Any) -> Any:
        return value


class TicketTypesField(serializers.DictField):
    """
    Ticket types by seat id or by an area's name.

    In JSON the ids are strings.
    """

    child = TicketTypeField()
    default_error_messages = {
        "seat": "Use the ids of seats and the names of areas as keys.",
        "count": "A seat has one ticket type.",
        "twice": "A seat is named twice.",
    }

    def to_internal_value(self, data: Any) -> dict[int | str, str | dict[str, int]]:
        types: dict[int | str, Any] = {}
        for name, ticket_type in super().to_internal_value(data).items():
            if name.isascii() and name.isdigit():
                if len(name) > 18:
                    self.fail("seat")
                if not isinstance(ticket_type, str):
                    raise serializers.ValidationError({name: [self.error_messages["count"]]})
                if int(name) in types:  # The same id with leading zeros.
                    raise serializers.ValidationError({name: [self.error_messages["twice"]]})
                types[int(name)] = ticket_type
            else:
                types[name] = ticket_type
        if len(types) > MAX_SEATS:
            self.fail("seat")
        return types


def _named_seats(body: Any) -> dict[str, Any] | None:
    """
    Return the values of a valid request for named seats, for a usual one.

    It may have a promo code, and ticket types of seats. Return None for any other body. The fields
    give the same result and take ten times as long. A test compares both.
    """
    if not isinstance(body, dict) or not _REQUIRED <= body.keys() <= _USUAL:
        return None
    show_id, seat_ids = body["show_id"], body["seat_ids"]
    if not isinstance(seat_ids, list):
        return None
    if not all(type(item) is int and 0 < item <= BIGINT for item in (show_id, *seat_ids)):
        return None
    if not 0 < len(set(seat_ids)) == len(seat_ids) <= MAX_SEATS:
        return None
    if "promo_code" in body and not _is_plain(body["promo_code"]):
        return None
    types = body.get("ticket_types")
    if types is None:
        return None if "ticket_types" in body else body
    if not isinstance(types, dict) or len(types) > MAX_SEATS:
        return None
    if not all(_SEAT_ID.fullmatch(seat) and _is_plain(name) for seat, name in types.items()):
        return None
    return {**body, "ticket_types": {int(seat): name for seat, name in types.items()}}


_REQUIRED = {"show_id", "seat_ids"}
_USUAL = _REQUIRED | {"promo_code", "ticket_types"}
_SEAT_ID = re.compile(r"[1-9][0-9]{0,17}")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,40}")


def _is_plain(text: Any) -> bool:
    """Tell whether a value is a short text of which no part is trimmed or refused."""
    return isinstance(text, str) and _PLAIN.fullmatch(text) is not None


class BookingRequestSerializer(StrictSerializer):
    """
    A request for named seats, or for the best ones.

    Send either `seat_ids` and `areas`, or `quantity` with optional wishes such as `category`.
    """

    show_id = IdField()
    seat_ids = SeatIdsField(required=False, allow_empty=False, max_length=MAX_SEATS)
    areas = AreasField(
        required=False,
        allow_empty=False,
        help_text="The number of places in each area, by the area's name.",
    )
    quantity = StrictIntegerField(required=False, min_value=1, max_value=MAX_SEATS)
    category = StrictCharField(required=False, max_length=100)
    section = StrictCharField(required=False, max_length=100, allow_blank=True)
    max_price = MoneyField(required=False)
    accessible = StrictBooleanField(required=False)
    ticket_types = TicketTypesField(required=False)
    promo_code = StrictCharField(required=False, max_length=40)

    def run_validation(self, data: Any = serializers.empty) -> dict[str, Any]:
        """Validate without the fields if only seats are named."""
        return _named_seats(data) or super().run_validation(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        names_seats = "seat_ids" in attrs or "areas" in attrs
        if "quantity" not in attrs and not names_seats:
            raise serializers.ValidationError(
                {"seat_ids": ["Name the seats, or a quantity."]}, "required"
            )
        chosen_for = {"quantity", "category", "section", "max_price", "accessible"}
        excluded = chosen_for if names_seats else {"ticket_types"}
        if surplus := sorted(excluded & attrs.keys()):
            message = "Seats are either named or chosen by quantity; types go with named ones."
            raise serializers.ValidationError({name: [message] for name in surplus})
        return attrs


class QuoteRequestSerializer(BookingRequestSerializer):
    """The request of a booking whose price is asked for, at the counter if staff say so."""

    sales_channel = serializers.ChoiceField(
        Booking.Channel.choices,
        required=False,
        help_text="`box_office` for the price at the counter, which only staff may ask for.",
    )


class BookedSeatSerializer(DirectSerializer):
    """A seat of a booking, at the price that it was booked for."""

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


class BookingResponseSerializer(DirectSerializer):
    """A booking with its seats, amounts and live status."""

    status = serializers.ChoiceField(source="live_status", choices=Booking.Status.choices)
    seat_ids = serializers.SerializerMethodField()
    seats = BookedSeatSerializer(source="lines", many=True)
    subtotal = AmountField()
    discount = AmountField()
    fees = AmountField()
    tax = AmountField()
    total = AmountField()
    promo_code = serializers.CharField(source="promo_code.code", default=None, allow_null=True)
    amount_refunded = AmountField()
    refund_rules = RefundRulesField(read_only=True)
    credit = AmountField(help_text="The part of the total that exchanged tickets pay.")
    amount_due = AmountField(help_text="The amount that is still to be paid.")

    class Meta:
        model = Booking
        fields = [
            "id", "reference", "user", "show", "status", "booked_at", "expires_at", "seat_ids",
            "seats", "subtotal", "discount", "fees", "tax", "total", "currency", "amount_refunded",
            "promo_code", "sales_channel", "refund_rules", "fees_refundable", "exchange_until",
            "exchanged_from", "credit", "amount_due",
        ]  # fmt: skip

    def get_seat_ids(self, booking: Booking) -> list[int]:
        return [line.show_seat.seat_id for line in booking.lines]


class ExpandedBookingSerializer(BookingResponseSerializer):
    """A booking with its show, if that was asked for."""

    show_details = ShowSerializer(source="show", help_text="With `?expand=show`.")
    sent_to_some = ["show_details"]

    class Meta(BookingResponseSerializer.Meta):
        fields = [*BookingResponseSerializer.Meta.fields, "show_details"]


class PromoCodeSerializer(StrictModelSerializer):
    code = StrictCharField(
        max_length=40,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]+$")],
        help_text="In any letter case.",
    )
    amount = MoneyField(required=False, allow_null=True, min_value=Decimal("0.001"))
    min_total = MoneyField(required=False, allow_null=True)
    currency = CurrencyField(required=False, allow_blank=True)
    max_uses = StrictIntegerField(required=False, allow_null=True, min_value=1, max_value=10**9)
    max_uses_per_customer = StrictIntegerField(
        required=False, allow_null=True, min_value=1, max_value=10**9
    )
    shows = IdRelatedField(queryset=Show.objects.all(), many=True, required=False)
    events = IdRelatedField(queryset=Event.objects.all(), many=True, required=False)

    class Meta:
        model = PromoCode
        fields = [
            "id", "code", "percent", "amount", "currency", "valid_from", "valid_until", "max_uses",
            "max_uses_per_customer", "min_total", "shows", "events", "is_active",
        ]  # fmt: skip

    def to_representation(self, promo: PromoCode) -> dict[str, Any]:
        """Format the amounts with the digits of their currency."""
        data = super().to_representation(promo)
        for name in ("amount", "min_total"):
            if data[name] is not None:
                data[name] = formatted(getattr(promo, name), promo.currency)
        return data


class QuoteSerializer(serializers.Serializer):
    """The price of a booking. Nothing is held."""

    show = serializers.IntegerField(source="show.pk")
    seat_ids = serializers.SerializerMethodField()
    seats = BookedSeatSerializer(source="lines", many=True)
    subtotal = AmountField()
    discount = AmountField()
    fees = AmountField()
    tax = AmountField()
    total = AmountField()
    currency = serializers.CharField()

    def get_seat_ids(self, quote: Any) -> list[int]:
        return [line.show_seat.seat_id for line in quote.lines]


class CancelSerializer(StrictSerializer):
    reason = StrictTextField(required=False, allow_blank=True, max_length=500)


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
