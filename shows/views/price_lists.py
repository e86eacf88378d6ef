"""Price lists and their windows at the API."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.permissions import StaffPermission
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from shows import services
from shows.filters import PriceListFilter, PriceWindowFilter
from shows.models import PriceList, PriceWindow
from shows.serializers.price_lists import PriceListSerializer, PriceWindowSerializer

LIST = OpenApiExample(
    "Evening prices",
    {
        "venue": 1,
        "name": "Evening",
        "currency": "INR",
        "prices": {"Gold": {"Adult": "350.00", "Child": "200.00"}, "Silver": "250.00"},
    },
    request_only=True,
)
WINDOW = OpenApiExample(
    "A cheap Tuesday",
    {"venue": 1, "price_list": None, "name": "Tuesday", "weekdays": ["TU"], "percent": "80"},
    request_only=True,
)
EARLY_BIRD = OpenApiExample(
    "Early bird",
    {"venue": 1, "name": "Early bird", "days_before": 7, "percent": "90"},
    request_only=True,
)


class _SavedByService(
    StrictQueryMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet
):
    """Rows that staff read, and that services write."""

    permission_classes = [StaffPermission]
    lookup_value_regex = "[0-9]{1,19}"
    save: Callable[..., Any]
    key: str

    def _save(self, row: Any, status: int) -> Response:
        serializer = self.get_serializer(row, data=self.request.data, partial=row is not None)
        serializer.is_valid(raise_exception=True)
        saved = type(self).save(**{self.key: row and row.pk}, **serializer.validated_data)
        return Response(self.get_serializer(self.get_queryset().get(pk=saved.pk)).data, status)


@extend_schema(tags=["shows"])
@extend_schema_view(
    list=extend_schema(summary="List price lists"),
    retrieve=extend_schema(summary="Get a price list"),
)
class PriceListViewSet(_SavedByService):
    queryset = PriceList.objects.prefetch_related("prices")
    serializer_class = PriceListSerializer
    filterset_class = PriceListFilter
    save, key = staticmethod(services.save_price_list), "price_list_id"

    @extend_schema(
        summary="Add a price list",
        description="Its categories are names, so that it serves every screen of the venue.",
        responses={201: PriceListSerializer, **problems("invalid")},
        examples=[LIST],
    )
    def create(self, request: Request) -> Response:
        return self._save(None, 201)

    @extend_schema(
        summary="Change a price list",
        description="Shows that were scheduled keep their prices.",
        responses={200: PriceListSerializer, **problems("invalid")},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        return self._save(self.get_object(), 200)

    @extend_schema(
        summary="Delete a price list",
        description="Shows that were scheduled keep their prices.",
        responses={204: None},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        services.delete_price_list(price_list_id=self.get_object().pk)
        return Response(status=204)


@extend_schema(tags=["shows"])
@extend_schema_view(
    list=extend_schema(summary="List price windows"),
    retrieve=extend_schema(summary="Get a price window"),
)
class PriceWindowViewSet(_SavedByService):
    queryset = PriceWindow.objects.all()
    serializer_class = PriceWindowSerializer
    filterset_class = PriceWindowFilter
    save, key = staticmethod(services.save_price_window), "window_id"

    @extend_schema(
        summary="Add a price window",
        description="Without `days_before`, a show that starts within the window is scheduled with "
        "`percent` of its list's prices. With it, `percent` of the show's prices counts until `days_before` "
        "days before its start. Scheduled shows do not change.",
        responses={201: PriceWindowSerializer, **problems("invalid")},
        examples=[WINDOW, EARLY_BIRD],
    )
    def create(self, request: Request) -> Response:
        return self._save(None, 201)

    @extend_schema(
        summary="Change a price window",
        description="Scheduled shows do not change.",
        responses={200: PriceWindowSerializer, **problems("invalid")},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        return self._save(self.get_object(), 200)

    @extend_schema(summary="Delete a price window", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        services.delete_price_window(window_id=self.get_object().pk)
        return Response(status=204)
