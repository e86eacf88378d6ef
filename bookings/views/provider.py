"""The endpoints that payment providers call."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings import checkout
from bookings.errors import InvalidSignature
from bookings.sandbox_bank import complete_sandbox_payment
from bookings.serializers import PaymentSerializer
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems


class ProviderEventView(StrictQueryMixin, APIView):
    """The endpoint for a payment provider's events, authenticated by their signature."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[Any] = []

    @extend_schema(
        tags=["bookings"],
        summary="Receive a payment provider's signed event",
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT, **problems("invalid", InvalidSignature)},
    )
    def post(self, request: Request, provider: str) -> Response:
        body = request._request.body
        outcome = checkout.receive_event(provider=provider, body=body, headers=request.headers)
        return Response({"outcome": outcome})


class SandboxActionView(StrictQueryMixin, APIView):
    """The sandbox's bank page, where a POST completes a payment."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    without_body = {"post"}

    @extend_schema(
        tags=["bookings"],
        summary="Complete a sandbox payment that requires action",
        request=None,
        responses={200: PaymentSerializer},
    )
    def post(self, request: Request, client_secret: str) -> Response:
        payment = complete_sandbox_payment(client_secret=client_secret)
        return Response(PaymentSerializer(payment).data)
