"""Shows as the API reads and writes them."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from eventbooking_system.api.direct_serializer import DirectSerializer
from eventbooking_system.api.serializers import (
    AmountField,
    CurrencyField,
    IdField,
    MoneyField,
    StrictBooleanField,
    StrictIntegerField,
    StrictModelSerializer,
)
from events.models import Event
from events.serializers import GenreNamesField, PosterAddressField, PosterField
from shows import selectors
from shows.models import VERSION_FIELDS, Show
from shows.serializers.fields import PricesField, VenueTimeField
from shows.serializers.ticket_types import SoldTypeSerializer
from shows.structured_data import structured_data
from venues.business_days import calendar_of
from venues.models import MAX_EXCHANGE_CUTOFF, SALES_TERMS, Screen, Venue
from venues.serializers import PercentField, RefundRulesField


class ShowChangeSerializer(StrictModelSerializer):
    """The fields of a show that staff may change."""

    start_time = VenueTimeField()
    end_time = VenueTimeField(required=False, allow_null=True)
    sales_open_at = VenueTimeField(required=False, allow_null=True)
    sales_close_at = VenueTimeField(required=False, allow_null=True)
    publish_at = VenueTimeField(required=False, allow_null=True)
    early_bird_percent = PercentField(
        required=False,
        allow_null=True,
        max_digits=6,
        decimal_places=3,
        help_text="The part of the price to pay until `early_bird_until`, in percent. 80 takes off a fifth.",
    )
    early_bird_until = VenueTimeField(required=False, allow_null=True)
    currency = CurrencyField()
    prices = PricesField()
    captions = StrictBooleanField(required=False)
    audio_description = StrictBooleanField(required=False)
    signed = StrictBooleanField(required=False)
    relaxed = StrictBooleanField(required=False)
    fee_per_ticket = MoneyField(required=False)
    fee_per_booking = MoneyField(required=False)
    exchange_fee = MoneyField(required=False)
    exchange_cutoff_minutes = StrictIntegerField(
        min_value=0, max_value=MAX_EXCHANGE_CUTOFF, required=False
    )
    max_seats_per_booking = StrictIntegerField(
        min_value=1, max_value=500, required=False, allow_null=True
    )
    refund_cutoff_hours = StrictIntegerField(min_value=0, max_value=8760, required=False)
    refund_rules = RefundRulesField(required=False)
    cleaning_minutes = StrictIntegerField(min_value=0, max_value=1440, required=False)
    needs_confirmed_account = StrictBooleanField(
        required=False,
        help_text="Sell only to accounts whose e-mail address is confirmed: 403 `account_required`.",
    )

    class Meta:
        model = Show
        fields = [
            "start_time", "end_time", "language", "format", "currency", "prices",
            "sales_open_at", "sales_close_at", "max_seats_per_booking", "single_seat_rule",
            "needs_confirmed_account", "publication", "publish_at",
            "early_bird_percent", "early_bird_until", *VERSION_FIELDS, *SALES_TERMS,
        ]  # fmt: skip
        # The service finds an overlapping show, and names it.
        validators: list[Any] = []


class ShowUpdateSerializer(ShowChangeSerializer):
    """The changes of a show that is scheduled already."""

    give_back_until = VenueTimeField(
        required=False,
        allow_null=True,
        help_text="Until when customers who booked another time or hall get a full refund.",
    )

    class Meta(ShowChangeSerializer.Meta):
        fields = [*ShowChangeSerializer.Meta.fields, "give_back_until"]


class PricedSerializer(ShowChangeSerializer):
    """The prices of a new show: given, or chosen as a list."""

    currency = CurrencyField(
        required=False, help_text="The currency of the price list, if missing."
    )
    prices = PricesField(required=False)
    price_list = IdField(
        required=False, help_text="The id of a price list of the venue, instead of `prices`."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if "price_list" in attrs:
            if "prices" in attrs:
                message = "Send prices or a price list, not both."
                raise serializers.ValidationError({"price_list": [message]})
            return attrs
        if missing := [name for name in ("prices", "currency") if name not in attrs]:
            required = ErrorDetail(_("This field is required."), "required")
            raise serializers.ValidationError({name: [required] for name in missing})
        return attrs

    class Meta(ShowChangeSerializer.Meta):
        fields = [*ShowChangeSerializer.Meta.fields, "price_list"]


class ShowCreateSerializer(PricedSerializer):
    """A show that staff schedule."""

    event = serializers.PrimaryKeyRelatedField(queryset=Event.objects.all(), pk_field=IdField())
    screen = serializers.PrimaryKeyRelatedField(queryset=Screen.objects.all(), pk_field=IdField())

    class Meta(PricedSerializer.Meta):
        fields = ["event", "screen", *PricedSerializer.Meta.fields]


class ShowEventSerializer(DirectSerializer):
    """The event of a show."""

    genres = GenreNamesField(read_only=True)
    poster_url = PosterAddressField(source="shown_poster_url", read_only=True)
    poster = PosterField()

    class Meta:
        model = Event
        fields = [
            "id", "title", "kind", "slug", "poster_url", "poster", "certificate", "duration_minutes",
            "short_title", "trailer_url",
            "genres",
        ]  # fmt: skip


class ShowVenueSerializer(DirectSerializer):
    """The venue of a show."""

    class Meta:
        model = Venue
        fields = ["id", "name", "city", "timezone"]


class ShowScreenSerializer(DirectSerializer):
    """The screen of a show."""

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
    """A show in a list."""

    event = ShowEventSerializer()
    venue = ShowVenueSerializer(source="screen.venue")
    screen = ShowScreenSerializer()
    local_start_time = serializers.SerializerMethodField()
    business_date = serializers.SerializerMethodField(
        help_text="The business day of the show. A show after midnight may belong to the day before."
    )
    on_sale = serializers.BooleanField(source="is_on_sale")
    prices = serializers.SerializerMethodField()
    price_list = serializers.SerializerMethodField()
    available_seats = serializers.SerializerMethodField()
    total_seats = serializers.SerializerMethodField()
    publication = serializers.SerializerMethodField(
        help_text="`draft`, `unlisted` or `public`. Before `publish_at` every show is a draft."
    )
    fee_per_ticket = AmountField()
    fee_per_booking = AmountField()
    refund_rules = RefundRulesField(read_only=True)
    exchange_fee = AmountField()

    class Meta:
        model = Show
        fields = [
            "id", "event", "venue", "screen", "start_time", "end_time", "local_start_time",
            "business_date",
            "language", "format", "status", "on_sale", "currency", "prices", "price_list",
            "available_seats", "total_seats", "sales_open_at", "sales_close_at", "max_seats_per_booking",
            "fee_per_ticket", "fee_per_booking", "tax_rate", "tax_inclusive",
            "refund_cutoff_hours", "refund_percent", "refund_rules", "fees_refundable",
            "exchange_fee", "exchange_cutoff_minutes", "exchange_scope", "downgrade",
            "single_seat_rule", "needs_confirmed_account", "publication", "publish_at", "give_back_until",
            "early_bird_percent", "early_bird_until", *VERSION_FIELDS,
        ]  # fmt: skip

    def get_publication(self, show: Show) -> str:
        is_draft = show.publication == Show.Publication.DRAFT
        return show.publication_at(timezone.now()) if is_draft else show.publication

    def get_local_start_time(self, show: Show) -> datetime:
        return show.start_time.astimezone(ZoneInfo(show.screen.venue.timezone)).isoformat()

    def get_business_date(self, show: Show) -> date:
        return calendar_of(show.screen.venue).day_of(show.start_time).isoformat()

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
    """A show with its ticket types, and data for search engines."""

    ticket_types = serializers.SerializerMethodField()
    structured_data = serializers.SerializerMethodField()

    class Meta(ShowSerializer.Meta):
        fields = [*ShowSerializer.Meta.fields, "ticket_types", "structured_data"]

    @extend_schema_field(SoldTypeSerializer(many=True))
    def get_ticket_types(self, show: Show) -> list[dict[str, Any]]:
        return selectors.ticket_types_of(show)

    @extend_schema_field({"type": "object", "description": "The show as schema.org JSON-LD."})
    def get_structured_data(self, show: Show) -> dict[str, Any]:
        return structured_data(show)
