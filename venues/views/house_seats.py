"""The house seats of a screen at the API."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.permissions import StaffPermission
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from venues import services
from venues.models import Screen
from venues.serializers import HouseSeatsSerializer

EXAMPLE = OpenApiExample(
    "Two seats of the director",
    {"house_seats": [{"seat_id": 11, "reason": "Director"}, {"seat_id": 12, "reason": "Director"}]},
)


class HouseSeatsViewSet(StrictQueryMixin, GenericViewSet):
    """The seats that are blocked when a show is scheduled."""

    queryset = Screen.objects.all()
    permission_classes = [StaffPermission]
    serializer_class = HouseSeatsSerializer
    filter_backends = []
    pagination_class = None
    lookup_url_kwarg = "screen_id"

    def get_queryset(self) -> QuerySet[Screen]:
        return Screen.objects.filter(venue=self.kwargs["venue_id"])

    @extend_schema(tags=["venues"], summary="Get the house seats of a screen", examples=[EXAMPLE])
    def retrieve(self, request: Request, venue_id: str, screen_id: str) -> Response:
        rows = self.get_object().house_seats.filter(seat__screen=screen_id)
        return Response(HouseSeatsSerializer({"house_seats": rows}).data)

    @extend_schema(
        tags=["venues"],
        summary="Replace the house seats of a screen",
        description="Shows that are scheduled later block them. Scheduled shows stay as they are.",
        responses={200: HouseSeatsSerializer, **problems("invalid")},
        examples=[EXAMPLE],
    )
    def update(self, request: Request, venue_id: str, screen_id: str) -> Response:
        screen = get_object_or_404(self.get_queryset(), pk=screen_id)
        serializer = HouseSeatsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.set_house_seats(screen_id=screen.pk, **serializer.validated_data)
        return self.retrieve(request, venue_id, screen_id)
