"""Moving shows, reseating tickets and swapping seats at the API."""

from functools import partial

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from bookings import services
from bookings.errors import CannotSeat
from bookings.idempotency.requests import IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin, idempotent_schema, rendered
from bookings.permissions import MayCancelShows
from bookings.reseating.serializers import MoveRequestSerializer, ShowMoveSerializer
from bookings.serializers import DryRunSerializer
from bookings.services import ShowMove
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.errors import InUse
from shows.errors import ShowOverlap
from shows.selectors import shows_visible_to

_EXAMPLE = OpenApiExample(
    "To the small hall, an hour later",
    {"screen": 4, "start_time": "2026-12-01T20:30", "dry_run": True},
    request_only=True,
)


@extend_schema(tags=["shows"])
class ShowMoveViewSet(IdempotencyMixin, StrictQueryMixin, ViewSet):
    """The move of a show with its bookings."""

    permission_classes = [MayCancelShows]
    query_serializers = {"create": DryRunSerializer}

    @idempotent_schema(
        "invalid",
        "permission_denied",
        ShowOverlap,
        CannotSeat,
        InUse,
        summary="Move a show",
        description="To another start, to another screen of the venue, or both. Parties keep their "
        "labels (section, row, number) where the new screen has them, in the same category or one that "
        "costs at least as much. All others sit together in such a category, and in as few groups as "
        "possible. House seats keep their labels unless people need them; `unblocked` lists the "
        "others. Places of an area move to the area of the same name, or to one as good with room for "
        "the whole party. Bookings keep their prices, and pending ones move as well. Categories keep "
        "the prices of the same name; `prices` has those of other categories. Tickets are issued again, "
        "and customers get one mail. Until `give_back_until` (the new start, unless sent) a customer "
        "who booked before gets all money back. With `dry_run`, in the body or the query, nothing is "
        "written.",
        request=MoveRequestSerializer,
        responses={200: ShowMoveSerializer},
        examples=[_EXAMPLE],
    )
    @extend_schema(parameters=[OpenApiParameter("dry_run", bool)])
    def create(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._move, partial(rendered, ShowMoveSerializer, 200))

    def _move(self, keyed: IdempotentRequest) -> ShowMove:
        show = get_object_or_404(shows_visible_to(is_staff=True), pk=self.kwargs["pk"])
        body = self.validated(MoveRequestSerializer)
        dry_run = body.pop("dry_run", False) or self.query["dry_run"]
        return services.move_show(show_id=show.pk, dry_run=dry_run, request=keyed, **body)
