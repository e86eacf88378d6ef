"""API views of events and genres."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.conditional_requests import ConditionalReadsMixin
from eventbooking_system.api.permissions import StaffPermission, StaffPermissionOrReadOnly
from eventbooking_system.api.schema import problems
from eventbooking_system.errors import InUse
from events import services
from events.expansion import expand
from events.filters import EventFilter
from events.models import Event, Genre
from events.serializers import (
    EventSerializer,
    ExpandedEventSerializer,
    GenreSerializer,
    PosterUploadSerializer,
)

_FIELDS = {
    "kind": "movie",
    "title": "Lagaan",
    "slug": "lagaan",
    "description": "A village plays cricket for its taxes.",
    "duration_minutes": 224,
    "language": "Hindi",
    "certificate": "U",
    "short_title": "Lagaan",
    "distributor": "",
    "national_code": "",
    "trailer_url": "",
    "genres": ["Drama", "Sport"],
    "release_date": "2001-06-15",
    "cast": ["Aamir Khan", "Gracy Singh"],
    "poster_url": "https://images.example.org/lagaan.jpg",
    "is_published": True,
}
_POSTER = {
    "poster_url": "/media/posters/3f2a90c1-5e1d-800.jpg",
    "poster": [
        {
            "width": width,
            "height": width * 3 // 2,
            "url": f"/media/posters/3f2a90c1-5e1d-{width}.jpg",
        }
        for width in (200, 400, 800)
    ],
}
EVENT_SENT = OpenApiExample("A film", _FIELDS, request_only=True)
EVENT_ANSWERED = OpenApiExample("A film", {"id": 7, **_FIELDS, **_POSTER}, response_only=True)
_EXAMPLES = [EVENT_SENT, EVENT_ANSWERED]


class MayChangeEvent(StaffPermission):
    """Allows staff who may change events, for every method."""

    perms_map = {method: ["events.change_event"] for method in StaffPermission.perms_map}


@extend_schema(tags=["events"])
@extend_schema_view(
    list=extend_schema(
        summary="List events",
        description="Staff see all events, others see published events. One scheduled show must match "
        "`city`, `venue` and the days together. Without a day, only shows that have not started count.",
        responses=ExpandedEventSerializer(many=True),
        examples=[EVENT_ANSWERED],
    ),
    create=extend_schema(summary="Add an event", examples=_EXAMPLES),
    retrieve=extend_schema(summary="Get an event", examples=[EVENT_ANSWERED]),
    update=extend_schema(
        summary="Change an event",
        description="Optional fields that are left out keep their values. So does the slug.",
        examples=_EXAMPLES,
    ),
    partial_update=extend_schema(
        summary="Change some fields of an event",
        examples=[
            OpenApiExample("Publishing", {"is_published": True}, request_only=True),
            EVENT_ANSWERED,
        ],
    ),
    destroy=extend_schema(
        summary="Delete an event",
        description="An event that ever had a show, or that a promo code is for, cannot be deleted.",
        responses={204: None, **problems(InUse)},
    ),
)
class EventViewSet(
    ConditionalReadsMixin,
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet,
):
    queryset = Event.objects.all()
    serializer_class = EventSerializer
    permission_classes = [StaffPermissionOrReadOnly]
    filterset_class = EventFilter
    lookup_value_regex = "[0-9]{1,19}"

    @property
    def kept(self) -> dict[str, float]:
        return {"list": self.max_age, "retrieve": self.max_age}

    @property
    def max_age(self) -> int:
        """
        The seconds for which an answer is cached.

        With shows it is one second, because seats are sold at any moment.
        """
        return 1 if self._expansion() else 60

    def _expansion(self) -> str | None:
        return self.request.query_params.get("expand") if self.action == "list" else None

    def list(self, request: Request) -> Response:
        response = super().list(request)
        if expansion := self._expansion():
            expand(
                expansion,
                response.data["results"],
                request.query_params.dict(),
                is_staff=request.user.is_staff,
            )
        return response

    def get_queryset(self) -> QuerySet[Event]:
        events = Event.objects.visible_to(is_staff=self.request.user.is_staff)
        return events.prefetch_related("genres")

    def filter_queryset(self, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def get_permissions(self) -> Sequence[BasePermission]:
        # POST and DELETE of a poster change an event. They do not add or delete one.
        return (
            [MayChangeEvent()]
            if self.action in {"poster", "remove_poster"}
            else super().get_permissions()
        )

    @extend_schema(
        summary="Upload a poster",
        description="A JPEG, PNG or WebP image of up to 5 MB and 25 million pixels. It is stored in "
        "widths of 200, 400 and 800 pixels, without its metadata, in place of the earlier poster.",
        request={"multipart/form-data": PosterUploadSerializer},
        responses={200: EventSerializer, **problems("invalid", "permission_denied", "not_found")},
        examples=[EVENT_ANSWERED],
    )
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def poster(self, request: Request, pk: str) -> Response:
        event = self.get_object()
        upload = PosterUploadSerializer(data=request.data)
        upload.is_valid(raise_exception=True)
        images = services.draw_poster_sizes(upload.validated_data["poster"].read())
        event = services.set_poster(event_id=event.pk, images=images)
        return Response(self.get_serializer(event).data)

    @extend_schema(
        summary="Remove the poster",
        description="Deletes the uploaded poster. A typed `poster_url` is shown again.",
        request=None,
        responses={204: None, **problems("permission_denied", "not_found")},
    )
    @poster.mapping.delete
    def remove_poster(self, request: Request, pk: str) -> Response:
        services.remove_poster(event_id=self.get_object().pk)
        return Response(status=204)

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.create_event(fields=serializer.validated_data)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services.update_event(
            event_id=serializer.instance.pk, fields=serializer.validated_data
        )

    def perform_destroy(self, instance: Event) -> None:
        services.delete_event(event_id=instance.pk)


@extend_schema(tags=["events"])
@extend_schema_view(
    list=extend_schema(
        summary="List genres",
        description="Staff see all genres, others see genres of published events.",
        examples=[OpenApiExample("A genre", {"id": 2, "name": "Drama"}, response_only=True)],
    )
)
class GenreViewSet(ConditionalReadsMixin, mixins.ListModelMixin, GenericViewSet):
    queryset = Genre.objects.all()
    serializer_class = GenreSerializer
    kept = {"list": 60}
    permission_classes = [StaffPermissionOrReadOnly]

    def get_queryset(self) -> QuerySet[Genre]:
        return Genre.objects.visible_to(is_staff=self.request.user.is_staff)
