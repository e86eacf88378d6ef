"""The shapes of sales at the counter."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from phonenumber_field.phonenumber import PhoneNumber
from rest_framework import serializers

from bookings.check_in.serializers import TicketSerializer
from bookings.models import Booking, Payment, Refund
from bookings.serializers import MAX_SEATS, BookingRequestSerializer, BookingResponseSerializer
from box_office.models import CashSession, Method
from eventbooking_system.api.serializers import (
    AmountField,
    IdRelatedField,
    MoneyField,
    StrictCharField,
    StrictModelSerializer,
    StrictSerializer,
    StrictTimeField,
)
from eventbooking_system.money import formatted
from shows.serializers import SeatIdsField, ShowSerializer
from users.models import User
from users.serializers import EmailField, PhoneField

# Exactly one of these settles a sale.
SETTLEMENTS = ("tender", "complimentary_reason", "pay_by")


class E164Field(PhoneField):
    """A phone number as text, or an empty string."""

    def to_internal_value(self, data: Any) -> str:
        number = super().to_internal_value(data)
        return number.as_e164 if isinstance(number, PhoneNumber) else number


class CustomerSerializer(StrictSerializer):
    """A customer whom staff name, who needs no account."""

    name = StrictCharField(max_length=200, required=False, allow_blank=True)
    email = EmailField(required=False, allow_blank=True)
    phone = E164Field(required=False, help_text="E.164, or empty.")


class TenderSerializer(StrictSerializer):
    """Money that changes hands: `amount` must be what is due."""

    method = serializers.ChoiceField(choices=Method.choices)
    amount = MoneyField()
    tendered = MoneyField(required=False, help_text="Cash: what the customer handed over.")
    reference = StrictCharField(
        required=False, max_length=100, help_text="A card terminal's receipt, which counts once."
    )
    cash_session = IdRelatedField(
        queryset=CashSession.objects.all(),
        required=False,
        help_text="The default is the seller's open session at the venue.",
    )


class SaleRequestSerializer(BookingRequestSerializer):
    """The body of a booking, the customer, and one way to settle."""

    customer = CustomerSerializer(required=False)
    user = IdRelatedField(queryset=User.objects.filter(is_active=True), required=False)
    tender = TenderSerializer(required=False)
    complimentary_reason = StrictCharField(required=False, max_length=200)
    pay_by = StrictTimeField(required=False)

    def run_validation(self, data: Any = serializers.empty) -> dict[str, Any]:
        """Validate field by field. The short cut of a booking knows no tender."""
        return super(BookingRequestSerializer, self).run_validation(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        given = [name for name in SETTLEMENTS if name in attrs]
        if not given:
            message = "Send one of tender, complimentary_reason and pay_by."
            raise serializers.ValidationError({"tender": [message]}, "required")
        surplus = given[1:]
        if "complimentary_reason" in attrs and "promo_code" in attrs:
            surplus.append("promo_code")
        if surplus:
            message = "This cannot be sent with the other fields."
            raise serializers.ValidationError({name: [message] for name in surplus})
        return attrs


class CounterPaymentSerializer(serializers.ModelSerializer):
    """A payment of a booking. One at the counter has its tender."""

    amount = AmountField()
    amount_refunded = AmountField()
    tendered = serializers.SerializerMethodField()
    change_due = serializers.SerializerMethodField()
    reference = serializers.SerializerMethodField()
    cash_session = serializers.SerializerMethodField()

    class Meta:
        model = Payment
        fields = ["id", "provider", "status", "amount", "currency", "amount_refunded", "tendered",
                  "change_due", "reference", "cash_session", "created_at"]  # fmt: skip

    @extend_schema_field({"type": ["string", "null"]})
    def get_tendered(self, payment: Payment) -> str | None:
        tender = getattr(payment, "tender", None)
        return tender and formatted(tender.tendered, payment.currency)

    @extend_schema_field({"type": ["string", "null"]})
    def get_change_due(self, payment: Payment) -> str | None:
        tender = getattr(payment, "tender", None)
        return tender and formatted(tender.change_due, payment.currency)

    def get_reference(self, payment: Payment) -> str:
        tender = getattr(payment, "tender", None)
        return tender.reference if tender else ""

    @extend_schema_field({"type": ["integer", "null"]})
    def get_cash_session(self, payment: Payment) -> int | None:
        tender = getattr(payment, "tender", None)
        return tender and tender.session_id


class CounterRefundSerializer(serializers.ModelSerializer):
    """A refund of a booking. One that was handed over at the counter has a `method`."""

    amount = serializers.SerializerMethodField()
    method = serializers.SerializerMethodField()

    class Meta:
        model = Refund
        fields = ["id", "payment", "status", "amount", "reason", "method", "created_at"]

    def get_amount(self, refund: Refund) -> str:
        return formatted(refund.amount, refund.payment.currency)

    @extend_schema_field({"type": ["string", "null"]})
    def get_method(self, refund: Refund) -> str | None:
        tender = getattr(refund, "tender", None)
        return tender and tender.method


class SaleSerializer(BookingResponseSerializer):
    """A booking as the box office sees it, read by `selectors.sales_with_details`."""

    sold_by_name = serializers.SerializerMethodField()
    payments = CounterPaymentSerializer(source="all_payments", many=True)
    refunds = CounterRefundSerializer(source="all_refunds", many=True)
    tickets = TicketSerializer(source="valid_tickets", many=True)
    change_due = serializers.SerializerMethodField(help_text="The change of the last payment.")

    class Meta(BookingResponseSerializer.Meta):
        fields = [
            *BookingResponseSerializer.Meta.fields, "sold_by", "sold_by_name", "customer_name",
            "customer_email", "customer_phone", "complimentary_reason", "payments", "refunds", "tickets",
            "change_due",
        ]  # fmt: skip

    def get_sold_by_name(self, booking: Any) -> str:
        return booking.sold_by.get_full_name() if booking.sold_by else ""

    def get_change_due(self, booking: Any) -> str:
        tenders = [getattr(payment, "tender", None) for payment in booking.all_payments]
        taken = [tender for tender in tenders if tender]
        return formatted(taken[-1].change_due if taken else Decimal(0), booking.currency)


class FoundSaleSerializer(SaleSerializer):
    """A booking that was looked up, with its show."""

    show_details = ShowSerializer(source="show")

    class Meta(SaleSerializer.Meta):
        fields = [*SaleSerializer.Meta.fields, "show_details"]


class CounterPaymentRequestSerializer(StrictSerializer):
    """The tender for a booking that is not paid yet."""

    tender = TenderSerializer()


class CounterRefundRequestSerializer(StrictSerializer):
    """
    Tickets or an amount, and how the money is given back.

    For a cancelled booking the amount is known, so send the tender and the reason only.
    """

    ticket_ids = SeatIdsField(required=False, allow_empty=False, max_length=MAX_SEATS)
    amount = MoneyField(required=False)
    tender = TenderSerializer(required=False, help_text="Unless it was paid online.")
    reason = StrictCharField(max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "ticket_ids" in attrs and "amount" in attrs:
            message = "Send either ticket_ids or an amount."
            raise serializers.ValidationError({"amount": [message]})
        return attrs


class CustomerCorrectionSerializer(StrictModelSerializer):
    """The customer's name, address and phone number, each optional."""

    customer_name = StrictCharField(max_length=200, required=False, allow_blank=True)
    customer_email = EmailField(required=False, allow_blank=True)
    customer_phone = E164Field(required=False)

    class Meta:
        model = Booking
        fields = ["customer_name", "customer_email", "customer_phone"]
