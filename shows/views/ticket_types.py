"""Ticket types at the API."""

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.permissions import StaffPermission
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from eventbooking_system.errors import InUse
from shows import services
from shows.filters import TicketTypeFilter
from shows.models import TicketType
from shows.serializers.ticket_types import TicketTypeSerializer

CHILD = OpenApiExample(
    "A child needs an adult",
    {
        "venue": 1,
        "code": "child",
        "name": "Child",
        "needs": 3,
        "per_needed": 2,
        "proof_text": "Under 12.",
    },
    request_only=True,
)
CARER = OpenApiExample(
    "A companion has no fee",
    {"venue": None, "code": "carer", "name": "Carer", "needs": 3, "no_fee": True},
    request_only=True,
)


@extend_schema(tags=["shows"])
@extend_schema_view(
    list=extend_schema(summary="List ticket types"),
    retrieve=extend_schema(summary="Get a ticket type"),
)
class TicketTypeViewSet(
    StrictQueryMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet
):
    queryset = TicketType.objects.all()
    serializer_class = TicketTypeSerializer
    permission_classes = [StaffPermission]
    filterset_class = TicketTypeFilter
    lookup_value_regex = "[0-9]{1,19}"

    @extend_schema(
        summary="Add a ticket type",
        description="Its rules apply to prices that have its name or its code as their ticket type.",
        responses={201: TicketTypeSerializer, **problems("invalid")},
        examples=[CHILD, CARER],
    )
    def create(self, request: Request) -> Response:
        return self._save(None, 201)

    @extend_schema(
        summary="Change a ticket type",
        description="Bookings that were made keep their tickets.",
        responses={200: TicketTypeSerializer, **problems("invalid")},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        return self._save(self.get_object(), 200)

    @extend_schema(
        summary="Delete a ticket type",
        description="Prices keep its name, and have no rules any more.",
        responses={204: None, **problems(InUse)},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        services.delete_ticket_type(ticket_type_id=self.get_object().pk)
        return Response(status=204)

    def _save(self, kind: TicketType | None, status: int) -> Response:
        serializer = self.get_serializer(kind, data=self.request.data, partial=kind is not None)
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        saved = services.save_ticket_type(ticket_type_id=kind and kind.pk, **fields)
        return Response(self.get_serializer(saved).data, status)
