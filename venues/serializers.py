"""The shapes of venues, screens and seats at the API."""

from decimal import Decimal
from typing import Any

from django.core.validators import validate_slug
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from eventbooking_system.api.serializers import (
    MoneyField,
    StrictCharField,
    StrictIntegerField,
    StrictModelSerializer,
)
from venues.models import SALES_TERMS, Screen, Venue

_CENT = Decimal("0.01")


class PlainAmountField(MoneyField):
    """An amount of whatever currency a show has: two decimals, or three where it needs them."""

    def to_representation(self, value: Any) -> str:
        amount = Decimal(value)
        return str(amount.quantize(_CENT)) if amount == amount.quantize(_CENT) else str(amount)


class PercentField(PlainAmountField):
    default_error_messages = {"string": 'A percentage is a decimal string such as "17.50".'}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_value": Decimal(100), "max_digits": 6, **kwargs})


class ScreenSummarySerializer(serializers.ModelSerializer):
    capacity = serializers.IntegerField(read_only=True, help_text="How many seats it has.")

    class Meta:
        model = Screen
        fields = ["id", "name", "capacity"]


class VenueSerializer(StrictModelSerializer):
    slug = StrictCharField(
        max_length=200,
        required=False,
        validators=[validate_slug],
        help_text="Derived from the name if it is left out of a new venue.",
    )

    class Meta:
        model = Venue
        fields = [
            "id", "name", "slug", "address", "city", "country", "timezone", "latitude",
            "longitude",
        ]  # fmt: skip


class VenueDetailSerializer(VenueSerializer):
    screens = ScreenSummarySerializer(many=True, read_only=True)

    class Meta(VenueSerializer.Meta):
        fields = [*VenueSerializer.Meta.fields, "screens"]


class StaffVenueSerializer(VenueSerializer):
    """With the defaults of the shows there."""

    fee_per_ticket = PlainAmountField(required=False, help_text="In the currency of each show.")
    fee_per_booking = PlainAmountField(required=False, help_text="In the currency of each show.")
    tax_rate = PercentField(required=False, help_text="Percent.")
    refund_cutoff_hours = StrictIntegerField(
        required=False,
        min_value=0,
        max_value=8760,
        help_text="Hours before the start until which a customer may cancel.",
    )
    refund_percent = PercentField(required=False, max_digits=5, decimal_places=2)
    cleaning_minutes = StrictIntegerField(
        required=False, min_value=0, max_value=1440, help_text="Between two shows of a screen."
    )

    class Meta(VenueSerializer.Meta):
        fields = [*VenueSerializer.Meta.fields, *SALES_TERMS]


class StaffVenueDetailSerializer(StaffVenueSerializer):
    screens = ScreenSummarySerializer(many=True, read_only=True)

    class Meta(StaffVenueSerializer.Meta):
        fields = [*StaffVenueSerializer.Meta.fields, "screens"]


class ScreenSerializer(StrictModelSerializer):
    capacity = serializers.IntegerField(read_only=True, help_text="How many seats it has.")

    class Meta:
        model = Screen
        fields = ["id", "venue", "name", "capacity"]
        read_only_fields = ["venue"]
        # The service refuses a name in use, once nobody else can take it.
        validators: list[Any] = []


class SeatSerializer(serializers.Serializer):
    """Documents the seats, which a selector writes directly: a hall has thousands."""

    id = serializers.IntegerField()
    section = serializers.CharField()
    row = serializers.CharField()
    number = serializers.CharField()
    category = serializers.CharField()
    x = serializers.FloatField()
    y = serializers.FloatField()
    accessible = serializers.BooleanField(help_text="A wheelchair place.")
    companion = serializers.BooleanField(help_text="Beside a wheelchair place.")
    restricted_view = serializers.BooleanField()
    couple = serializers.CharField(help_text="Seats with the same label are sold together.")
    guid = serializers.CharField(help_text="What the seating plan calls it.")


class LayoutCategorySerializer(serializers.Serializer):
    name = serializers.CharField(max_length=100)
    color = serializers.CharField(required=False, help_text="#rrggbb")


class LayoutRowSerializer(serializers.Serializer):
    row = serializers.CharField(max_length=20)
    seats = serializers.IntegerField(min_value=1, max_value=500, help_text="Numbered from 1.")
    category = serializers.CharField(max_length=100)
    aisle_after = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="Numbers of the seats to whose right there is an aisle.",
    )
    accessible = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Wheelchair places."
    )
    companion = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Beside wheelchair places."
    )


class LayoutAreaSerializer(serializers.Serializer):
    """General admission: a capacity instead of seats."""

    name = serializers.CharField(max_length=100, help_text="Unlike any row, and not a number.")
    capacity = serializers.IntegerField(min_value=1, max_value=100_000)
    category = serializers.CharField(max_length=100)
    x = serializers.FloatField(
        required=False,
        help_text="With `y`, `width` and `height` the rectangle that it is drawn as, in the units "
        "of the seats; without all four it is drawn behind them.",
    )
    y = serializers.FloatField(required=False)
    width = serializers.FloatField(required=False)
    height = serializers.FloatField(required=False)


class FocalPointSerializer(serializers.Serializer):
    x = serializers.FloatField()
    y = serializers.FloatField()


class PlainLayoutSerializer(serializers.Serializer):
    """Documents the seating plan of a plain hall, which venues.layouts reads."""

    rows = LayoutRowSerializer(
        many=True, required=False, help_text="From the front; at most 200. Or areas only."
    )
    categories = LayoutCategorySerializer(
        many=True, required=False, help_text="In the order of their rank, with their colours."
    )
    areas = LayoutAreaSerializer(many=True, required=False)
    focal_point = FocalPointSerializer(
        required=False, help_text="What the best seats are near to; the middle of the front."
    )


class PlanSizeSerializer(serializers.Serializer):
    width = serializers.FloatField()
    height = serializers.FloatField()


class SeatingPlanSerializer(serializers.Serializer):
    """Documents the plans of pretix, as far as seats come of them."""

    name = serializers.CharField(allow_blank=True)
    size = PlanSizeSerializer()
    categories = LayoutCategorySerializer(many=True)
    zones = serializers.ListField(
        child=serializers.DictField(), help_text="As in pretix's schema of seating plans."
    )


class SeatMarksSerializer(serializers.Serializer):
    accessible = serializers.BooleanField(required=False, help_text="A wheelchair place.")
    companion = serializers.BooleanField(required=False, help_text="Beside a wheelchair place.")
    restricted_view = serializers.BooleanField(required=False)
    couple = serializers.CharField(
        required=False,
        max_length=50,
        help_text="Seats of a row with the same label are sold together.",
    )


class SeatingPlanWithSideListSerializer(serializers.Serializer):
    plan = SeatingPlanSerializer()
    seats = serializers.DictField(
        child=SeatMarksSerializer(), required=False, help_text="By the seats' GUIDs."
    )
    areas = LayoutAreaSerializer(many=True, required=False)
    focal_point = FocalPointSerializer(
        required=False,
        help_text="What the best seats are near to; the stage, if the plan draws one.",
    )


LAYOUT = PolymorphicProxySerializer(
    component_name="Layout",
    serializers=[PlainLayoutSerializer, SeatingPlanSerializer, SeatingPlanWithSideListSerializer],
    resource_type_field_name=None,
    many=False,
)


class LayoutOptionsSerializer(serializers.Serializer):
    """Query parameters, and so strings."""

    new_version = serializers.BooleanField(
        required=False,
        default=False,
        help_text="For shows to be scheduled; those that there are keep their seats as they are.",
    )


def layout_answer(document: dict[str, Any], warnings: list[dict[str, str]]) -> dict[str, Any]:
    """The layout as it was put. What is to be told about it is not kept with it."""
    return {**document, "warnings": warnings} if warnings else document
