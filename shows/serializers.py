"""The shapes of shows at the API."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from eventbooking_system.api.serializers import (
    AmountField,
    CurrencyField,
    DirectSerializer,
    IdField,
    MoneyField,
    StrictCharField,
    StrictIntegerField,
    StrictModelSerializer,
    StrictSerializer,
)
from eventbooking_system.money import DECIMAL_PLACES, MAX_DIGITS
from events.models import Event
from events.serializers import GenreNamesField
from shows import selectors
from shows.models import Show
from shows.structured_data import structured_data
from venues.models import SALES_TERMS, Screen, Venue

MAX_BLOCKED_AT_ONCE = 2000


@extend_schema_field({"type": "string", "example": "2026-12-01T19:30"})
class VenueTimeField(serializers.DateTimeField):
    """ISO 8601; without an offset it is the time on the venue's wall, which a service resolves."""

    default_error_messages = {"year": "The year must be from 1900 to 2200."}

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str):
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss][+hh:mm|Z]")
        value = super().to_internal_value(data)
        if not 1900 <= value.year <= 2200:
            self.fail("year")
        return value

    def enforce_timezone(self, value: datetime) -> datetime:
        return value


class UnescapedTimeField(serializers.DateTimeField):
    """In a query, where an offset's plus sign that nobody has escaped comes as a blank."""

    def to_internal_value(self, data: Any) -> datetime:
        return super().to_internal_value(str(data).replace(" ", "+"))


@extend_schema_field(
    {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {
            "oneOf": [
                {"type": "string", "example": "250.00"},
                {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
            ]
        },
        "example": {"Gold": {"Adult": "250.00", "Child": "150.00"}, "Silver": "180.00"},
    }
)
class PricesField(serializers.Field):
    """`{category: amount}` or `{category: {ticket type: amount}}`, the default type first."""

    default_error_messages = {
        "shape": "An object of amounts by category.",
        "size": "Too many entries.",
        "name": "A category has 1 to 100 characters, a ticket type 1 to 50.",
        "twice": "A name appears twice.",
    }
    most = 100

    def to_internal_value(self, data: Any) -> dict[str, dict[str, Decimal]]:
        if not isinstance(data, dict) or not data:
            self.fail("shape")
        categories = self._named(data, longest=100)
        return {category: self._amounts(category, value) for category, value in categories.items()}

    def _amounts(self, category: str, value: Any) -> dict[str, Decimal]:
        if not isinstance(value, dict):
            return {"": self._amount(value, category)}
        if not value:
            raise serializers.ValidationError({category: [self.error_messages["shape"]]})
        types = self._named(value, longest=50)
        return {name: self._amount(amount, category, name) for name, amount in types.items()}

    def _amount(self, value: Any, *path: str) -> Decimal:
        try:
            return MoneyField().run_validation(value)
        except serializers.ValidationError as error:
            detail: Any = error.detail
            for name in reversed(path):
                detail = {name: detail}
            raise serializers.ValidationError(detail) from error

    def _named(self, data: dict[str, Any], *, longest: int) -> dict[str, Any]:
        if len(data) > self.most:
            self.fail("size")
        field = StrictCharField(max_length=longest)
        try:
            named = {field.run_validation(name): value for name, value in data.items()}
        except serializers.ValidationError:
            self.fail("name")
        if len(named) < len(data):  # They differ in the blanks around them.
            self.fail("twice")
        return named

    def to_representation(self, value: Any) -> Any:
        return value


class ShowChangeSerializer(StrictModelSerializer):
    """What staff may change of a show."""

    start_time = VenueTimeField()
    end_time = VenueTimeField(required=False, allow_null=True)
    sales_open_at = VenueTimeField(required=False, allow_null=True)
    sales_close_at = VenueTimeField(required=False, allow_null=True)
    currency = CurrencyField()
    prices = PricesField()
    fee_per_ticket = MoneyField(required=False)
    fee_per_booking = MoneyField(required=False)
    max_seats_per_booking = StrictIntegerField(
        min_value=1, max_value=500, required=False, allow_null=True
    )
    refund_cutoff_hours = StrictIntegerField(min_value=0, max_value=8760, required=False)
    cleaning_minutes = StrictIntegerField(min_value=0, max_value=1440, required=False)

    class Meta:
        model = Show
        fields = [
            "start_time", "end_time", "language", "format", "currency", "prices",
            "sales_open_at", "sales_close_at", "max_seats_per_booking", "single_seat_rule",
            *SALES_TERMS,
        ]  # fmt: skip
        # The service checks the slot, and says which show has it.
        validators: list[Any] = []


class ShowCreateSerializer(ShowChangeSerializer):
    event = serializers.PrimaryKeyRelatedField(queryset=Event.objects.all(), pk_field=IdField())
    screen = serializers.PrimaryKeyRelatedField(queryset=Screen.objects.all(), pk_field=IdField())

    class Meta(ShowChangeSerializer.Meta):
        fields = ["event", "screen", *ShowChangeSerializer.Meta.fields]


class ShowEventSerializer(DirectSerializer):
    """What is shown."""

    genres = GenreNamesField(read_only=True)

    class Meta:
        model = Event
        fields = [
            "id", "title", "kind", "slug", "poster_url", "certificate", "duration_minutes", "genres",
        ]  # fmt: skip


class ShowVenueSerializer(DirectSerializer):
    """Where it is shown."""

    class Meta:
        model = Venue
        fields = ["id", "name", "city", "timezone"]


class ShowScreenSerializer(DirectSerializer):
    """The hall of the venue."""

    class Meta:
        model = Screen
        fields = ["id", "name"]


class ListedPriceSerializer(serializers.Serializer):
    """One price of a show."""

    category = serializers.CharField()
    ticket_type = serializers.CharField(help_text="Empty where the category has one price.")
    amount = serializers.CharField()
    is_default = serializers.BooleanField(help_text="Whether it is the price without a choice.")


class ShowSerializer(DirectSerializer):
    """A show as a list has it."""

    event = ShowEventSerializer()
    venue = ShowVenueSerializer(source="screen.venue")
    screen = ShowScreenSerializer()
    local_start_time = serializers.SerializerMethodField()
    on_sale = serializers.BooleanField(source="is_on_sale")
    prices = serializers.SerializerMethodField()
    price_list = serializers.SerializerMethodField()
    available_seats = serializers.SerializerMethodField()
    total_seats = serializers.SerializerMethodField()
    fee_per_ticket = AmountField()
    fee_per_booking = AmountField()

    class Meta:
        model = Show
        fields = [
            "id", "event", "venue", "screen", "start_time", "end_time", "local_start_time",
            "language", "format", "status", "on_sale", "currency", "prices", "price_list",
            "available_seats", "total_seats", "sales_open_at", "sales_close_at", "max_seats_per_booking",
            "fee_per_ticket", "fee_per_booking", "tax_rate", "tax_inclusive",
            "refund_cutoff_hours", "refund_percent", "single_seat_rule",
        ]  # fmt: skip

    def get_local_start_time(self, show: Show) -> datetime:
        return show.start_time.astimezone(ZoneInfo(show.screen.venue.timezone)).isoformat()

    def get_available_seats(self, show: Show) -> int:
        return show.seat_counts["available"]

    def get_total_seats(self, show: Show) -> int:
        return show.seat_counts["total"]

    @extend_schema_field(PricesField)
    def get_prices(self, show: Show) -> dict[str, Any]:
        return selectors.prices_of(show)

    @extend_schema_field(ListedPriceSerializer(many=True))
    def get_price_list(self, show: Show) -> list[dict[str, Any]]:
        return selectors.price_list_of(show)


class ShowDetailSerializer(ShowSerializer):
    """A show, and what search engines read of it."""

    structured_data = serializers.SerializerMethodField()

    class Meta(ShowSerializer.Meta):
        fields = [*ShowSerializer.Meta.fields, "structured_data"]

    @extend_schema_field({"type": "object", "description": "schema.org JSON-LD."})
    def get_structured_data(self, show: Show) -> dict[str, Any]:
        return structured_data(show)


class SeatMapCategorySerializer(serializers.Serializer):
    name = serializers.CharField()
    price = serializers.CharField()
    color = serializers.CharField()
    available = serializers.IntegerField()
    total = serializers.IntegerField()


class SeatMapSeatSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    section = serializers.CharField()
    row = serializers.CharField()
    number = serializers.CharField()
    category = serializers.CharField()
    price = serializers.CharField()
    x = serializers.FloatField()
    y = serializers.FloatField()
    accessible = serializers.BooleanField()
    companion = serializers.BooleanField()
    restricted_view = serializers.BooleanField()
    couple = serializers.CharField(help_text="Seats with the same label are sold together.")
    status = serializers.ChoiceField(["available", "held", "booked", "blocked"])


class SeatMapAreaSerializer(serializers.Serializer):
    """General admission: places that are all alike, in a rectangle of the hall."""

    name = serializers.CharField()
    category = serializers.CharField()
    price = serializers.CharField()
    available = serializers.IntegerField()
    total = serializers.IntegerField()
    x = serializers.FloatField()
    y = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()


class SeatMapSerializer(serializers.Serializer):
    """Documents the seat map, which a selector writes directly: a hall has thousands of seats."""

    show = serializers.IntegerField()
    currency = serializers.CharField()
    as_of = serializers.DateTimeField()
    categories = SeatMapCategorySerializer(many=True)
    seats = SeatMapSeatSerializer(many=True)
    areas = SeatMapAreaSerializer(many=True)


class CategoryAvailabilitySerializer(serializers.Serializer):
    available = serializers.IntegerField()
    total = serializers.IntegerField()
    largest_adjacent = serializers.IntegerField()


class AreaAvailabilitySerializer(serializers.Serializer):
    name = serializers.CharField()
    category = serializers.CharField()
    available = serializers.IntegerField()
    total = serializers.IntegerField()


class AvailabilityRequestSerializer(serializers.Serializer):
    """Query parameters, and so strings."""

    since = UnescapedTimeField(required=False)


class AvailabilityChangeSerializer(serializers.Serializer):
    available = serializers.ListField(child=serializers.IntegerField())
    unavailable = serializers.ListField(child=serializers.IntegerField())


class AvailabilitySerializer(serializers.Serializer):
    as_of = serializers.DateTimeField()
    available = serializers.IntegerField()
    total = serializers.IntegerField()
    categories = serializers.DictField(child=CategoryAvailabilitySerializer())
    unavailable_seat_ids = serializers.ListField(child=serializers.IntegerField(), required=False)
    changed = AvailabilityChangeSerializer(required=False)
    areas = AreaAvailabilitySerializer(many=True)


class BestSeatsRequestSerializer(serializers.Serializer):
    """Query parameters, and so strings."""

    quantity = serializers.IntegerField(min_value=1, max_value=100)
    category = serializers.CharField(required=False, max_length=100)
    section = serializers.CharField(
        required=False, max_length=100, help_text="Or the name of an area."
    )
    max_price = serializers.DecimalField(
        required=False, max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, min_value=0
    )
    accessible = serializers.BooleanField(required=False, default=False)


class BestSeatsSerializer(serializers.Serializer):
    """The best free seats of a show, or places of its areas where no seats would do."""

    seat_ids = serializers.ListField(child=serializers.IntegerField())
    areas = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Places by area, where no seats would do. Book them as they are here.",
    )
    adjacent = serializers.BooleanField(help_text="Whether all of the seats are side by side.")


class SeatIdsField(serializers.ListField):
    """Different seats, each by its id."""

    child = IdField()
    default_error_messages = {"duplicate": "A seat appears twice."}

    def to_internal_value(self, data: Any) -> list[int]:
        seat_ids = super().to_internal_value(data)
        if len(set(seat_ids)) < len(seat_ids):
            self.fail("duplicate")
        return seat_ids


class AreasField(serializers.DictField):
    """How many of which, by name."""

    child = StrictIntegerField(min_value=1, max_value=100_000)
    most = 100
    default_error_messages = {
        "name": "A name has 1 to 100 characters.",
        "size": "Too many entries.",
    }

    def to_internal_value(self, data: Any) -> dict[str, int]:
        counts = super().to_internal_value(data)
        if len(counts) > self.most:
            self.fail("size")
        for name in counts:
            try:
                StrictCharField(max_length=100).run_validation(name)
            except serializers.ValidationError:
                self.fail("name")
        return counts


class BlockSeatsSerializer(StrictSerializer):
    block = SeatIdsField(required=False, max_length=MAX_BLOCKED_AT_ONCE)
    unblock = SeatIdsField(required=False, max_length=MAX_BLOCKED_AT_ONCE)
    block_areas = AreasField(required=False, help_text="How many free places of which area.")
    unblock_areas = AreasField(required=False, help_text="How many blocked ones of which area.")
    reason = StrictCharField(required=False, allow_blank=True, max_length=200)
    owner = StrictCharField(
        required=False, allow_blank=True, max_length=100, help_text="For whom they are blocked."
    )
    release_minutes = StrictIntegerField(
        required=False,
        min_value=0,
        max_value=525_600,
        help_text="On sale by themselves so many minutes before the show.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        block, unblock = set(attrs.get("block", [])), set(attrs.get("unblock", []))
        if not (block | unblock or attrs.get("block_areas") or attrs.get("unblock_areas")):
            raise serializers.ValidationError("Name the seats to block or to unblock.", "required")
        if block & unblock:
            raise serializers.ValidationError({"unblock": ["A seat is in both lists."]})
        return attrs
