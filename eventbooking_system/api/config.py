"""The settings that a front end must know before it starts."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventbooking_system.api.conditional_requests import ConditionalReadsMixin
from eventbooking_system.money import CURRENCY_DIGITS

CONFIG_EXAMPLE = OpenApiExample(
    "With Stripe",
    {
        "payment_provider": "stripe",
        "stripe_publishable_key": "pk_live_51Nx…",
        "hold_seconds": 600,
        "max_seats": 10,
        "languages": ["en", "hi", "es"],
        "currencies": {"INR": 2, "JPY": 0, "KWD": 3},
    },
    response_only=True,
)


class ConfigSerializer(serializers.Serializer):
    payment_provider = serializers.ChoiceField(["sandbox", "stripe", "none"])
    stripe_publishable_key = serializers.CharField(
        required=False, help_text="With the payment provider `stripe`."
    )
    hold_seconds = serializers.IntegerField(help_text="How long a hold keeps its seats.")
    max_seats = serializers.IntegerField(
        help_text="The most seats of one booking. A show may have another limit."
    )
    languages = serializers.ListField(
        child=serializers.CharField(), help_text="Languages of messages and errors."
    )
    currencies = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many decimals amounts have, by ISO 4217 code.",
    )


class ConfigView(ConditionalReadsMixin, APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["config"],
        operation_id="config",
        summary="Get the configuration for front ends",
        responses=ConfigSerializer,
        examples=[CONFIG_EXAMPLE],
    )
    def get(self, request: Request) -> Response:
        config = {
            "payment_provider": settings.PAYMENT_PROVIDER,
            "hold_seconds": settings.BOOKINGS_HOLD_SECONDS,
            "max_seats": settings.BOOKINGS_MAX_SEATS,
            "languages": [code for code, _ in settings.LANGUAGES],
            "currencies": CURRENCY_DIGITS,
        }
        if settings.PAYMENT_PROVIDER == "stripe":
            config["stripe_publishable_key"] = settings.STRIPE_PUBLISHABLE_KEY
        return Response(config)
