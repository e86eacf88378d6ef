"""Many shows at once, at the API."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.permissions import StaffPermission
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from shows import services
from shows.errors import ShowOverlap
from shows.models import Show
from shows.serializers.programme import (
    BulkSerializer,
    CopySerializer,
    ProgrammeResultSerializer,
    RaiseCapacitySerializer,
    RaisedCapacitySerializer,
    RepeatSerializer,
)

RESPONSES = {200: ProgrammeResultSerializer, 201: ProgrammeResultSerializer}


def programme_schema(summary: str, description: str, **body: Any) -> Callable:
    """Document an operation that schedules many shows."""
    return extend_schema(
        tags=["shows"],
        summary=summary,
        description=f"{description} All shows are scheduled or none, unless `on_conflict` is `skip`. "
        "With `dry_run` nothing is written, and the answer has status 200.",
        responses={**RESPONSES, **problems("invalid", ShowOverlap, "permission_denied")},
        examples=[OpenApiExample("request", body, request_only=True)],
    )


class ProgrammeViewSet(StrictQueryMixin, GenericViewSet):
    queryset = Show.objects.none()
    permission_classes = [StaffPermission]
    filterset_class = None
    serializers = {"bulk": BulkSerializer, "copy": CopySerializer, "repeat": RepeatSerializer}

    def get_serializer_class(self) -> Any:
        return self.serializers.get(self.action, BulkSerializer)

    def _answer(self, request: Request, service: Callable) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        programme = service(**serializer.validated_data)
        status = 200 if programme.dry_run else 201
        return Response(ProgrammeResultSerializer(programme).data, status)

    @programme_schema(
        "Schedule many shows",
        "Up to 500 shows, each with the fields of `POST /api/shows/`.",
        shows=[
            {
                "event": 3,
                "screen": 2,
                "start_time": "2026-12-01T19:30",
                "currency": "INR",
                "prices": {"Gold": "350.00"},
            }
        ],
        on_conflict="skip",
    )
    @extend_schema(request=BulkSerializer)
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        return self._answer(
            request,
            lambda shows, **more: services.schedule_programme(rows=shows, **more),
        )

    @programme_schema(
        "Copy a week",
        "Schedules the shows of seven days again, beginning with `to_week`. They keep their time on "
        "the venue's clocks, their prices and their terms. `days` copies fewer days, and `also_to` names "
        "more first days to fill.",
        venue=1,
        from_week="2026-11-27",
        to_week="2026-12-04",
        dry_run=True,
    )
    @extend_schema(request=CopySerializer)
    @action(detail=False, methods=["post"])
    def copy(self, request: Request) -> Response:
        return self._answer(request, services.copy_week)

    @programme_schema(
        "Repeat a show",
        "Schedules a show again by a rule of RFC 5545, in the venue's wall time: 19:30 stays 19:30 "
        "over a clock change. `except` lists days without a show.",
        show=7,
        rrule="FREQ=WEEKLY;BYDAY=FR,SA",
        until="2026-12-31",
    )
    @extend_schema(request=RepeatSerializer)
    @action(detail=False, methods=["post"])
    def repeat(self, request: Request) -> Response:
        return self._answer(request, services.repeat_show)


class MayChangeHalls(StaffPermission):
    """Allows staff who may change screens and shows."""

    perms_map = {
        method: ["venues.change_screen", "shows.change_show"]
        for method in StaffPermission.perms_map
    }


class CapacityViewSet(StrictQueryMixin, GenericViewSet):
    queryset = Show.objects.none()
    permission_classes = [MayChangeHalls]
    filterset_class = None
    serializer_class = RaiseCapacitySerializer

    @extend_schema(
        tags=["shows"],
        summary="Raise the capacity of an area",
        description="Gives an area of a screen more places, and puts them on sale in the shows to "
        "come. Shows of an older version of the layout keep their places. A layout lowers a "
        "capacity. With `dry_run` nothing is written.",
        responses={200: RaisedCapacitySerializer, **problems("invalid", "permission_denied")},
        examples=[
            OpenApiExample(
                "More people on the floor",
                {"screen": 2, "area": "Floor", "capacity": 450},
                request_only=True,
            )
        ],
    )
    @action(detail=False, methods=["post"], url_path="raise-capacity")
    def raise_capacity(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        raised = services.raise_capacity(**serializer.validated_data)
        return Response(RaisedCapacitySerializer(raised).data)
