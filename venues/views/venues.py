"""API views of venues, their screens and their seats."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
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

from eventbooking_system.api.conditional_requests import ConditionalReadsMixin
from eventbooking_system.api.permissions import StaffPermissionOrReadOnly
from eventbooking_system.api.schema import problems
from eventbooking_system.errors import InUse
from venues import selectors, services
from venues.errors import InvalidLayout
from venues.filters import VenueFilter
from venues.models import Screen, Venue
from venues.serializers import (
    LayoutOptionsSerializer,
    LayoutSerializer,
    ScreenSerializer,
    SeatSerializer,
    SeenVenueDetailSerializer,
    SeenVenueSerializer,
    StaffVenueDetailSerializer,
    StaffVenueSerializer,
    VenueChangeSerializer,
    VenueDetailSerializer,
    VenueSerializer,
    layout_answer,
)

_PLACE = {
    "name": "Regal Cinema",
    "slug": "regal-cinema",
    "address": "Colaba Causeway",
    "city": "Mumbai",
    "country": "IN",
    "timezone": "Asia/Kolkata",
    "latitude": 18.9241,
    "longitude": 72.8327,
}
_TERMS = {
    "fee_per_ticket": "20.00",
    "fee_per_booking": "0.00",
    "tax_rate": "18.00",
    "tax_inclusive": True,
    "refund_cutoff_hours": 2,
    "refund_percent": "100.00",
    "refund_rules": [{"hours": "2", "percent": "100"}],
    "fees_refundable": True,
    "exchange_fee": "0.00",
    "exchange_cutoff_minutes": 30,
    "exchange_scope": "event",
    "downgrade": "refund",
    "cleaning_minutes": 15,
    "business_day_starts_at": "06:00:00",
    "week_starts_on": 4,
    "sender_name": "Regal Cinema",
    "reply_to": "desk@regal.example",
    "logo_url": "https://regal.example/logo.png",
    "tax_id": "27AAACR1234A1Z5",
}
_SCREENS = [{"id": 2, "name": "Screen 1", "capacity": 240}]
VENUE_SENT = OpenApiExample("A cinema", {**_PLACE, **_TERMS}, request_only=True)
VENUE_LISTED = OpenApiExample("A cinema", {"id": 5, **_PLACE}, response_only=True)
VENUE_SEEN = OpenApiExample(
    "A cinema", {"id": 5, **_PLACE, "screens": _SCREENS}, response_only=True
)
VENUE_WRITTEN = OpenApiExample(
    "A cinema", {"id": 5, **_PLACE, **_TERMS, "screens": _SCREENS}, response_only=True
)
SCREEN_SENT = OpenApiExample("A screen", {"name": "Screen 1"}, request_only=True)
SCREEN_SEEN = OpenApiExample(
    "A screen", {"id": 2, "venue": 5, "name": "Screen 1", "capacity": 240}, response_only=True
)
LAYOUT_EXAMPLE = OpenApiExample(
    "A small hall",
    {
        "categories": [{"name": "Gold", "color": "#d4a017"}, {"name": "Silver"}],
        "rows": [
            {"row": "A", "seats": 10, "category": "Silver", "accessible": [1], "companion": [2]},
            {"row": "B", "seats": 12, "category": "Gold", "aisle_after": [4, 8]},
        ],
    },
)
_PLAN = {
    "name": "Teatro Leal",
    "size": {"width": 400, "height": 300},
    "categories": [{"name": "Stalls", "color": "#7f4a91"}],
    "zones": [
        {
            "name": "Stalls",
            "position": {"x": 100, "y": 60},
            "areas": [
                {
                    "shape": "rectangle",
                    "position": {"x": 0, "y": -50},
                    "rectangle": {"width": 200, "height": 30},
                    "text": {"text": "Stage", "position": {"x": 100, "y": 15}},
                }
            ],
            "rows": [
                {
                    "row_number": "A",
                    "position": {"x": 0, "y": 0},
                    "seats": [
                        {
                            "seat_guid": f"stalls-A-{number}",
                            "seat_number": f"{number}",
                            "position": {"x": 24 * place, "y": 0},
                            "category": "Stalls",
                        }
                        for place, number in enumerate((3, 1, 2))
                    ],
                }
            ],
        }
    ],
}
LAYOUT_EXAMPLES = [
    LAYOUT_EXAMPLE,
    OpenApiExample("A seating plan of pretix", _PLAN),
    OpenApiExample(
        "A seating plan with a side list",
        {
            "plan": _PLAN,
            "seats": {
                "stalls-A-3": {"accessible": True},
                "stalls-A-1": {"companion": True, "restricted_view": True},
            },
        },
    ),
]
FOR_STAFF = "Staff also see the defaults of the shows: fees, tax, refunds, cleaning time."


@extend_schema(tags=["venues"])
@extend_schema_view(
    list=extend_schema(
        summary="List venues",
        description=FOR_STAFF,
        responses=SeenVenueSerializer(many=True),
        examples=[VENUE_LISTED],
    ),
    create=extend_schema(summary="Add a venue", examples=[VENUE_SENT, VENUE_WRITTEN]),
    retrieve=extend_schema(
        summary="Get a venue with its screens",
        description=FOR_STAFF,
        responses=SeenVenueDetailSerializer,
        examples=[VENUE_SEEN],
    ),
    update=extend_schema(
        summary="Change a venue",
        description="Optional fields that are left out keep their values. The slug and the terms of "
        "scheduled shows do not change. Another time zone moves their time of day, so it has to be "
        "confirmed with `confirm_timezone` while shows to come have sold or held seats.",
        responses=StaffVenueDetailSerializer,
        examples=[VENUE_SENT, VENUE_WRITTEN],
    ),
    partial_update=extend_schema(
        summary="Change some fields of a venue",
        responses=StaffVenueDetailSerializer,
        examples=[
            OpenApiExample("Another tax rate", {"tax_rate": "12.00"}, request_only=True),
            VENUE_WRITTEN,
        ],
    ),
    destroy=extend_schema(
        summary="Delete a venue",
        description="A venue that has screens cannot be deleted.",
        responses={204: None, **problems(InUse)},
    ),
)
class VenueViewSet(
    ConditionalReadsMixin,
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet,
):
    queryset = Venue.objects.all()
    permission_classes = [StaffPermissionOrReadOnly]
    filterset_class = VenueFilter
    kept = {"list": 60, "retrieve": 60}
    lookup_value_regex = "[0-9]{1,19}"

    def get_queryset(self) -> QuerySet[Venue]:
        return Venue.objects.all() if self.action == "list" else selectors.venues_with_screens()

    def get_serializer_class(self) -> type[VenueSerializer]:
        reads = self.action in ("list", "retrieve")
        if reads and not self.request.user.is_staff:
            return VenueSerializer if self.action == "list" else VenueDetailSerializer
        if self.action in ("update", "partial_update"):
            return VenueChangeSerializer
        return StaffVenueSerializer if self.action == "list" else StaffVenueDetailSerializer

    def filter_queryset(self, queryset: QuerySet[Venue]) -> QuerySet[Venue]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def perform_create(self, serializer: Any) -> None:
        venue = services.create_venue(fields=serializer.validated_data)
        serializer.instance = get_object_or_404(self.get_queryset(), pk=venue.pk)

    def perform_update(self, serializer: Any) -> None:
        fields = dict(serializer.validated_data)
        venue = services.update_venue(
            venue_id=serializer.instance.pk,
            confirm_timezone=fields.pop("confirm_timezone", False),
            fields=fields,
        )
        serializer.instance = get_object_or_404(self.get_queryset(), pk=venue.pk)

    def perform_destroy(self, instance: Venue) -> None:
        services.delete_venue(venue_id=instance.pk)


@extend_schema(tags=["venues"])
@extend_schema_view(
    list=extend_schema(summary="List the screens of a venue", examples=[SCREEN_SEEN]),
    create=extend_schema(summary="Add a screen", examples=[SCREEN_SENT, SCREEN_SEEN]),
    retrieve=extend_schema(summary="Get a screen", examples=[SCREEN_SEEN]),
    update=extend_schema(summary="Rename a screen", examples=[SCREEN_SENT, SCREEN_SEEN]),
    partial_update=extend_schema(summary="Rename a screen", examples=[SCREEN_SENT, SCREEN_SEEN]),
    destroy=extend_schema(
        summary="Delete a screen and its seats",
        description="A screen that ever had a show cannot be deleted.",
        responses={204: None, **problems(InUse)},
    ),
)
class ScreenViewSet(
    ConditionalReadsMixin,
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet,
):
    queryset = Screen.objects.all()
    serializer_class = ScreenSerializer
    kept = {"list": 60, "retrieve": 60, "seats": 60}
    permission_classes = [StaffPermissionOrReadOnly]
    query_serializers = {"put_layout": LayoutOptionsSerializer}
    lookup_url_kwarg = "screen_id"
    lookup_value_regex = "[0-9]{1,19}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.detail:
            get_object_or_404(Venue.objects.only("pk"), pk=kwargs["venue_id"])

    def get_queryset(self) -> QuerySet[Screen]:
        screens = Screen.objects.filter(venue=self.kwargs["venue_id"]).order_by("name", "pk")
        if self.action == "layout":
            return screens.filter(layout__isnull=False).select_related("layout")
        return screens if self.action in ("seats", "put_layout") else screens.with_capacity()

    def perform_create(self, serializer: Any) -> None:
        screen = services.create_screen(
            venue_id=self.kwargs["venue_id"], fields=serializer.validated_data
        )
        serializer.instance = get_object_or_404(self.get_queryset(), pk=screen.pk)

    def perform_update(self, serializer: Any) -> None:
        screen = services.update_screen(
            screen_id=serializer.instance.pk, fields=serializer.validated_data
        )
        serializer.instance = get_object_or_404(self.get_queryset(), pk=screen.pk)

    def perform_destroy(self, instance: Screen) -> None:
        services.delete_screen(screen_id=instance.pk)

    @extend_schema(
        summary="List every seat of a screen",
        description="The seats come in the order of the layout, on one page. Places in areas are left out.",
        responses=SeatSerializer(many=True),
    )
    @action(detail=True, pagination_class=None, filter_backends=[])
    def seats(self, request: Request, venue_id: str, screen_id: str) -> Response:
        return Response(selectors.seats_of(screen_id=self.get_object().pk))

    @extend_schema(
        summary="Get the layout of a screen",
        description="The layout comes as it was sent. A screen without a layout is 404.",
        responses=LayoutSerializer,
        examples=LAYOUT_EXAMPLES,
    )
    @action(detail=True, pagination_class=None, filter_backends=[])
    def layout(self, request: Request, venue_id: str, screen_id: str) -> Response:
        return Response(self.get_object().layout.document)

    @extend_schema(
        summary="Replace the layout of a screen",
        description="Replaces the seats of the screen: all of them, or none. A seat keeps its id if "
        "its GUID stays, or its row and number. `in_use` names seats that cannot change: sold seats, "
        "and any seat while the screen has shows to come. With `?new_version=true` no seat is in "
        "use: existing shows keep their seats, and shows that are scheduled later get the new "
        "ones.\n\nUnknown fields of a seating plan are kept. This answer lists them in `warnings` "
        "(`field`, `code`, `detail`), if there are any. A body of more than 5 MiB is refused with "
        "413 `too_large`: a stadium of 12,851 seats takes 1.5 MiB.",
        parameters=[LayoutOptionsSerializer],
        request=LayoutSerializer,
        responses={200: LayoutSerializer, **problems(InvalidLayout, InUse)},
        examples=LAYOUT_EXAMPLES,
    )
    @layout.mapping.put
    def put_layout(self, request: Request, venue_id: str, screen_id: str) -> Response:
        screen = self.get_object()
        replacement = services.replace_layout(
            screen_id=screen.pk, document=request.data, **self.query
        )
        return Response(layout_answer(request.data, replacement.warnings))
