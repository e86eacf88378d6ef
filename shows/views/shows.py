"""The API of shows."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.conditional_requests import ConditionalReadsMixin
from eventbooking_system.api.files import CalendarRenderer
from eventbooking_system.api.permissions import StaffPermissionOrReadOnly
from eventbooking_system.api.schema import problems
from eventbooking_system.cache.catalogue import CATALOGUE
from eventbooking_system.errors import InUse
from shows import selectors, services
from shows.calendar import media_type_of, show_calendar
from shows.errors import NotEnoughSeats, SeatsNotInShow, SeatsUnavailable, ShowOverlap
from shows.filters import ShowFilter
from shows.models import Show
from shows.seatmaps import SeatMap, seat_map_of
from shows.serializers import (
    AvailabilityRequestSerializer,
    AvailabilitySerializer,
    BestSeatsRequestSerializer,
    BestSeatsSerializer,
    BlockSeatsSerializer,
    SeatMapSerializer,
    ShowCreateSerializer,
    ShowDetailSerializer,
    ShowSerializer,
    ShowUpdateSerializer,
)
from shows.stock_version import stock_version
from venues.serializers import LayoutSerializer

SCHEDULE_EXAMPLE = OpenApiExample(
    "An evening show",
    {
        "event": 3,
        "screen": 2,
        "start_time": "2026-12-01T19:30",
        "currency": "INR",
        "prices": {"Gold": {"Adult": "350.00", "Child": "200.00"}, "Silver": "250.00"},
        "format": "2D",
        "language": "Hindi",
    },
    request_only=True,
)
BLOCK_EXAMPLE = OpenApiExample(
    "House seats",
    {"block": [11, 12], "unblock": [40], "reason": "Director's guests"},
    request_only=True,
)


@extend_schema(tags=["shows"])
@extend_schema_view(
    list=extend_schema(
        summary="List shows",
        description="Past and cancelled shows are left out unless a parameter asks for them.",
    ),
    retrieve=extend_schema(summary="Get a show", responses=ShowDetailSerializer),
)
class ShowViewSet(
    ConditionalReadsMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet
):
    queryset = Show.objects.none()
    permission_classes = [StaffPermissionOrReadOnly]
    filterset_class = ShowFilter
    lookup_value_regex = "[0-9]{1,19}"
    query_serializers = {
        "availability": AvailabilityRequestSerializer,
        "best_seats": BestSeatsRequestSerializer,
    }
    # Seats may be sold at any moment.
    max_age = 1
    kept = {"list": 1, "retrieve": 1}

    def depends_on(self) -> list[str]:
        return [CATALOGUE, stock_version(int(self.kwargs["pk"]))] if self.detail else [CATALOGUE]

    def cache_control(self, request: Request) -> str:
        # Customers see the effect of their own booking at once.
        if request.user.is_authenticated:
            return "private, no-cache"
        return f"public, max-age={self.max_age}, stale-while-revalidate=1"

    def get_queryset(self) -> QuerySet[Show]:
        # `kind` is a column of the event: PostgreSQL then starts from the events, with good estimates.
        is_staff = self.request.user.is_staff
        if self.action != "list":
            return selectors.shows_visible_to(is_staff=is_staff)
        by_event = "kind" in self.request.query_params
        return selectors.shows_listed_for(is_staff=is_staff, by_event=by_event)

    def get_renderers(self) -> list[BaseRenderer]:
        renderers = super().get_renderers()
        return [CalendarRenderer(), *renderers] if self.action == "calendar" else renderers

    def get_serializer_class(self) -> Any:
        return ShowSerializer if self.action == "list" else ShowDetailSerializer

    def filter_queryset(self, queryset: QuerySet[Show]) -> QuerySet[Show]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def _answer(self, show: Show, status_code: int) -> Response:
        return Response(ShowDetailSerializer(self.get_queryset().get(pk=show.pk)).data, status_code)

    @extend_schema(
        summary="Schedule a show",
        request=ShowCreateSerializer,
        responses={201: ShowDetailSerializer, **problems("invalid", ShowOverlap)},
        examples=[SCHEDULE_EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        serializer = ShowCreateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self._answer(services.schedule_show(**serializer.validated_data), 201)

    @extend_schema(
        summary="Change a show",
        description="Existing bookings keep their prices and terms. The currency can change only "
        "before the first booking and while the show is not on sale.",
        request=ShowUpdateSerializer,
        responses={200: ShowDetailSerializer, **problems("invalid", ShowOverlap, InUse)},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        show = self.get_object()
        serializer = ShowUpdateSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        services.change_show(show_id=show.pk, **serializer.validated_data)
        return self._answer(show, 200)

    @extend_schema(
        summary="Get the seat map",
        description="Every seat with its price and status. An expired hold reads as available. "
        "Areas of general admission have a number of free places and are booked by quantity: "
        '`{"show_id": 7, "areas": {"Floor": 2}}`.',
        responses=SeatMapSerializer,
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def seats(self, request: Request, pk: str) -> Response:
        return self.sent(self._seat_map(pk).document)

    @extend_schema(
        summary="Block and unblock seats",
        request=BlockSeatsSerializer,
        responses={
            200: AvailabilitySerializer,
            **problems("invalid", SeatsNotInShow, SeatsUnavailable, NotEnoughSeats),
        },
        examples=[BLOCK_EXAMPLE],
    )
    @seats.mapping.patch
    def block_seats(self, request: Request, pk: str) -> Response:
        show = self.get_object()
        serializer = BlockSeatsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.block_seats(show_id=show.pk, **serializer.validated_data)
        return self.sent(self._seat_map(pk).availability())

    @extend_schema(
        summary="Get the availability",
        description="`since` takes the `as_of` of an earlier answer of this call or of the seat map. "
        "The answer then has `changed` instead of `unavailable_seat_ids`: the seats that became "
        "available or unavailable since. A moment is known for up to two minutes; for an unknown "
        "moment the answer is complete.",
        parameters=[AvailabilityRequestSerializer],
        responses=AvailabilitySerializer,
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def availability(self, request: Request, pk: str) -> Response:
        return self.sent(self._seat_map(pk).availability(**self.query))

    def _seat_map(self, pk: str) -> SeatMap:
        found = seat_map_of(int(pk), at_once=self.request.user.is_authenticated)
        if found is None or not (found.is_published or self.request.user.is_staff):
            raise Http404
        return found

    @extend_schema(
        summary="Find the best free seats for a party",
        description="The seats are side by side if possible, near the focal point, and leave no "
        "single seat if that can be avoided. No seat is held.",
        parameters=[BestSeatsRequestSerializer],
        responses={200: BestSeatsSerializer, **problems("invalid", NotEnoughSeats)},
    )
    @action(detail=True, url_path="best-seats", filterset_class=None, pagination_class=None)
    def best_seats(self, request: Request, pk: str) -> Response:
        show = self.get_object()
        party = selectors.party_of(show, **self.query)
        return Response(BestSeatsSerializer(selectors.best_seats(show=show, party=party)).data)

    @extend_schema(
        summary="Get the seating plan",
        description="The version of the screen's seating plan that the show was scheduled with. "
        "404 if the screen has none.",
        responses=LayoutSerializer,
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def layout(self, request: Request, pk: str) -> Response:
        return Response(get_object_or_404(selectors.layouts_of(self.get_object())).document)

    @extend_schema(
        summary="Get the show as a calendar entry",
        responses={(200, "text/calendar"): OpenApiTypes.STR},
    )
    def calendar(self, request: Request, pk: str) -> HttpResponse:
        calendar = show_calendar(self.get_object())
        return HttpResponse(calendar, content_type=f"{media_type_of(calendar)}; charset=utf-8")
