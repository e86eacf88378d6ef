"""Promo codes at the API."""

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from bookings import services
from bookings.filters import PromoCodeFilter
from bookings.models import PromoCode
from bookings.serializers import (
    MadePromoCodesSerializer,
    PromoCodeSerializer,
    PromoCodesSerializer,
)
from eventbooking_system.api.permissions import StaffPermission
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems

PROMO_CODE_EXAMPLE = OpenApiExample(
    "Ten percent off, once each",
    {"code": "FRIENDS10", "percent": "10", "max_uses": 500, "max_uses_per_customer": 1},
    request_only=True,
)
BULK_EXAMPLE = OpenApiExample(
    "Codes for a partner",
    {"count": 500, "prefix": "BANK", "percent": "20", "valid_until": "2026-12-31T23:00:00Z"},
    request_only=True,
)


@extend_schema(tags=["bookings"])
@extend_schema_view(
    list=extend_schema(summary="List promo codes"),
    retrieve=extend_schema(summary="Get a promo code"),
)
class PromoCodeViewSet(
    StrictQueryMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet
):
    queryset = PromoCode.objects.prefetch_related("shows", "events")
    serializer_class = PromoCodeSerializer
    permission_classes = [StaffPermission]
    filterset_class = PromoCodeFilter
    lookup_value_regex = "[0-9]{1,19}"

    @extend_schema(
        summary="Make a promo code",
        responses={201: PromoCodeSerializer, **problems("invalid")},
        examples=[PROMO_CODE_EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        return self._save(None, 201)

    @extend_schema(
        summary="Change a promo code",
        description="Bookings made with it keep their discount.",
        responses={200: PromoCodeSerializer, **problems("invalid")},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        return self._save(self.get_object(), 200)

    def _save(self, promo: PromoCode | None, status: int) -> Response:
        serializer = self.get_serializer(promo, data=self.request.data, partial=promo is not None)
        serializer.is_valid(raise_exception=True)
        saved = services.save_promo_code(promo_id=promo and promo.pk, **serializer.validated_data)
        return Response(self.get_serializer(saved).data, status)

    @extend_schema(
        summary="Make many promo codes for one use each",
        description=f"Up to {services.MAX_PROMO_CODES} codes of 60 random bits, on equal terms.",
        request=PromoCodesSerializer,
        responses={201: MadePromoCodesSerializer, **problems("invalid")},
        examples=[BULK_EXAMPLE],
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        serializer = PromoCodesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = services.make_promo_codes(**serializer.validated_data)
        return Response({"codes": [promo.code for promo in made]}, 201)
