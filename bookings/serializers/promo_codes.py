"""The serializer of promo codes."""

from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from bookings.models import PromoCode
from bookings.services import MAX_PREFIX, MAX_PROMO_CODES
from eventbooking_system.api.serializers import (
    CurrencyField,
    IdRelatedField,
    MoneyField,
    StrictCharField,
    StrictIntegerField,
    StrictModelSerializer,
)
from eventbooking_system.money import formatted
from events.models import Event
from shows.models import Show


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


class PromoCodesSerializer(PromoCodeSerializer):
    """Many promo codes that can each be used once, on equal terms."""

    count = StrictIntegerField(min_value=1, max_value=MAX_PROMO_CODES)
    prefix = StrictCharField(
        required=False,
        allow_blank=True,
        max_length=MAX_PREFIX,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]*$")],
        help_text="The beginning of each code.",
    )

    class Meta(PromoCodeSerializer.Meta):
        fields = [
            "count", "prefix", "percent", "amount", "currency", "valid_from", "valid_until",
            "min_total", "shows", "events",
        ]  # fmt: skip


class MadePromoCodesSerializer(serializers.Serializer):
    codes = serializers.ListField(child=serializers.CharField())
