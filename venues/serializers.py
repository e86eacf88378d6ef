"""Serializers of venues, screens and seats."""

from decimal import Decimal
from typing import Any

from django.core.validators import validate_slug
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from eventbooking_system.api.serializers import (
    IdField,
    MoneyField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictModelSerializer,
    StrictSerializer,
)
from eventbooking_system.errors import InvalidField
from venues.layouts.shapes import DEFINITIONS
from venues.models import MAX_EXCHANGE_CUTOFF, SALES_TERMS, Screen, Venue, validate_quarter
from venues.refund_rules import checked_rules

_CENT = Decimal("0.01")
# How the venue counts its days and weeks, in reports.
BUSINESS_DAYS = ("business_day_starts_at", "week_starts_on")
# How the venue appears in mails.
MAILS = ("sender_name", "reply_to", "logo_url", "tax_id")


class PlainAmountField(MoneyField):
    """
    An amount in the currency of each show.

    It has two decimals, or three if needed.
    """

    def to_representation(self, value: Any) -> str:
        amount = Decimal(value)
        return str(amount.quantize(_CENT)) if amount == amount.quantize(_CENT) else str(amount)


class PercentField(PlainAmountField):
    default_error_messages = {"string": 'A percentage is a decimal string such as "17.50".'}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_value": Decimal(100), "max_digits": 6, **kwargs})


class RefundRuleSerializer(serializers.Serializer):
    """A refund rule. The percentage comes back until some hours before the start."""

    hours = serializers.CharField()
    percent = serializers.CharField()


@extend_schema_field(RefundRuleSerializer(many=True))
class RefundRulesField(serializers.Field):
    """
    Refund rules in order of time. The first one that still holds counts.

    The service checks them. An answer has the rules also where the two columns say the only one.
    """

    def get_attribute(self, instance: Any) -> list[dict[str, str]]:
        return instance.rules

    def to_internal_value(self, data: Any) -> Any:
        try:
            return checked_rules(data)
        except InvalidField as refusal:
            raise serializers.ValidationError(refusal.detail) from refusal

    def to_representation(self, value: list[dict[str, str]]) -> list[dict[str, str]]:
        return value


class ScreenSummarySerializer(serializers.ModelSerializer):
    capacity = serializers.IntegerField(
        read_only=True, help_text="How many seats and places the screen has."
    )

    class Meta:
        model = Screen
        fields = ["id", "name", "capacity"]


class VenueSerializer(StrictModelSerializer):
    slug = StrictCharField(
        max_length=200,
        required=False,
        validators=[validate_slug],
        help_text="Default for a new venue: derived from its name.",
    )

    class Meta:
        model = Venue
        fields = [
            "id", "name", "slug", "address", "city", "country", "timezone", "latitude",
            "longitude",
        ]  # fmt: skip


@extend_schema_field({"type": "string", "example": "06:00:00"})
class TimeOfDayField(serializers.TimeField):
    """A time of day at the venue, in full quarter hours."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[validate_quarter], **kwargs)


class VenueDetailSerializer(VenueSerializer):
    screens = ScreenSummarySerializer(many=True, read_only=True)

    class Meta(VenueSerializer.Meta):
        fields = [*VenueSerializer.Meta.fields, "screens"]


class StaffVenueSerializer(VenueSerializer):
    """A venue for staff, with the defaults of its shows."""

    fee_per_ticket = PlainAmountField(required=False, help_text="In the currency of each show.")
    fee_per_booking = PlainAmountField(required=False, help_text="In the currency of each show.")
    tax_rate = PercentField(required=False, help_text="Percent.")
    refund_cutoff_hours = StrictIntegerField(
        required=False,
        min_value=0,
        max_value=8760,
        help_text="A customer may cancel until this many hours before the start.",
    )
    refund_percent = PercentField(required=False, max_digits=5, decimal_places=2)
    refund_rules = RefundRulesField(
        required=False,
        help_text="With several rules, refund_cutoff_hours and refund_percent are those of the "
        "last rule. Writing these two fields replaces all rules by one.",
    )
    exchange_fee = PlainAmountField(required=False, help_text="In the currency of each show.")
    exchange_cutoff_minutes = StrictIntegerField(
        required=False,
        min_value=0,
        max_value=MAX_EXCHANGE_CUTOFF,
        help_text="A customer may exchange tickets until this many minutes before the start.",
    )
    business_day_starts_at = TimeOfDayField(
        required=False, help_text="A show before this time belongs to the evening before."
    )
    week_starts_on = StrictIntegerField(
        required=False,
        min_value=0,
        max_value=6,
        help_text="The first day of the film week; 0 is Monday.",
    )
    cleaning_minutes = StrictIntegerField(
        required=False,
        min_value=0,
        max_value=1440,
        help_text="Minutes between two shows on a screen.",
    )

    class Meta(VenueSerializer.Meta):
        fields = [*VenueSerializer.Meta.fields, *SALES_TERMS, *BUSINESS_DAYS, *MAILS]


class StaffVenueDetailSerializer(StaffVenueSerializer):
    screens = ScreenSummarySerializer(many=True, read_only=True)

    class Meta(StaffVenueSerializer.Meta):
        fields = [*StaffVenueSerializer.Meta.fields, "screens"]


class VenueChangeSerializer(StaffVenueDetailSerializer):
    """A change of a venue by staff."""

    confirm_timezone = StrictBooleanField(
        write_only=True,
        required=False,
        help_text="Change the time zone although shows to come have sold or held seats, and tell "
        "the customers. Without it such a change is refused with the code `shows_sold`.",
    )

    class Meta(StaffVenueDetailSerializer.Meta):
        fields = [*StaffVenueDetailSerializer.Meta.fields, "confirm_timezone"]


@extend_schema_serializer(component_name="Venue")
class SeenVenueSerializer(StaffVenueSerializer):
    """
    The documentation of a listed venue.

    Only staff get the defaults of its shows.
    """

    sent_to_some = (*SALES_TERMS, *BUSINESS_DAYS, *MAILS)


@extend_schema_serializer(component_name="VenueDetail")
class SeenVenueDetailSerializer(StaffVenueDetailSerializer):
    """Documents a venue: only staff are sent the defaults of its shows."""

    sent_to_some = (*SALES_TERMS, *BUSINESS_DAYS, *MAILS)


class ScreenSerializer(StrictModelSerializer):
    capacity = serializers.IntegerField(
        read_only=True, help_text="How many seats and places the screen has."
    )

    class Meta:
        model = Screen
        fields = ["id", "venue", "name", "capacity"]
        read_only_fields = ["venue"]
        # The service refuses a name in use, while it holds the lock of the venue.
        validators: list[Any] = []


class SeatSerializer(serializers.Serializer):
    """The documentation of seats. A selector builds the answer, because halls are large."""

    id = serializers.IntegerField()
    section = serializers.CharField()
    row = serializers.CharField()
    number = serializers.CharField()
    category = serializers.CharField()
    x = serializers.FloatField()
    y = serializers.FloatField()
    accessible = serializers.BooleanField(help_text="Whether this is a wheelchair space.")
    companion = serializers.BooleanField(
        help_text="Whether this seat is beside a wheelchair space."
    )
    restricted_view = serializers.BooleanField()
    couple = serializers.CharField(help_text="Seats with the same label are sold together.")
    guid = serializers.CharField(help_text="The identifier of the seat in the seating plan.")


class LayoutSerializer(serializers.Serializer):
    """A placeholder for layouts, which `venues.layouts` validates and its schema documents."""


class LayoutSchema(OpenApiSerializerExtension):
    """The OpenAPI components of layouts, taken from the schema that validates them."""

    target_class = LayoutSerializer
    _kinds = ("PlainLayout", "SeatingPlan", "SeatingPlanWithSideList")

    def get_name(self, auto_schema: Any, direction: str) -> str:
        return "Layout"

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        for name, schema in DEFINITIONS.items():
            component = ResolvedComponent(
                name=name, type=ResolvedComponent.SCHEMA, object=name, schema=_documented(schema)
            )
            auto_schema.registry.register_on_missing(component)
        return {"oneOf": [{"$ref": f"#/components/schemas/{kind}"} for kind in self._kinds]}


def _documented(schema: Any) -> Any:
    """Turn a part of schema.json into its OpenAPI form."""
    if isinstance(schema, list):
        return [_documented(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    own = {name for name in schema if name.startswith("x-")}
    if "x-unknown-fields" in own:
        schema = {**schema, "additionalProperties": True}  # They are noticed, and kept.
    documented = {name: _documented(part) for name, part in schema.items() if name not in own}
    if isinstance(ref := documented.get("$ref"), str):
        documented["$ref"] = ref.replace("#/$defs/", "#/components/schemas/")
    return documented


class LayoutOptionsSerializer(serializers.Serializer):
    """The query parameters of replacing a layout."""

    new_version = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Make a new version for shows that are scheduled later. Existing shows keep their seats.",
    )


def layout_answer(document: dict[str, Any], warnings: list[dict[str, str]]) -> dict[str, Any]:
    """Return the layout as it was sent, with any warnings."""
    return {**document, "warnings": warnings} if warnings else document


class HouseSeatSerializer(StrictSerializer):
    """A seat that each new show of its screen keeps."""

    seat_id = IdField()
    reason = StrictCharField(max_length=200)


class HouseSeatsSerializer(StrictSerializer):
    house_seats = HouseSeatSerializer(many=True, allow_empty=True, max_length=2000)
