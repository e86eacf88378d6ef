"""Cancelling a show at the API."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from bookings import checkout
from bookings.permissions import MayCancelShows
from bookings.serializers import (
    DryRunSerializer,
    ShowCancellationSerializer,
    ShowCancelRequestSerializer,
)
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from shows.selectors import shows_visible_to
from users.permissions import HasFreshSecondFactor


@extend_schema(tags=["shows"])
class ShowCancellationViewSet(StrictQueryMixin, ViewSet):
    """The cancellation of a show with its bookings. Only this app knows them."""

    permission_classes = [MayCancelShows, HasFreshSecondFactor]
    query_serializers = {"create": DryRunSerializer}

    @extend_schema(
        summary="Cancel a show",
        description="Cancels and refunds every booking. Safe to repeat. With `dry_run`, in the "
        "body or the query, the effects are only reported.",
        parameters=[OpenApiParameter("dry_run", bool)],
        request=ShowCancelRequestSerializer,
        responses={
            200: ShowCancellationSerializer,
            **problems("invalid", "permission_denied", "second_factor_required"),
        },
    )
    def create(self, request: Request, pk: str) -> Response:
        show = get_object_or_404(shows_visible_to(is_staff=True), pk=pk)
        body = ShowCancelRequestSerializer().run_validation(request.data)
        dry_run = body.pop("dry_run", False) or self.query["dry_run"]
        cancel = checkout.preview_show_cancellation if dry_run else checkout.cancel_show
        cancellation = cancel(show_id=show.pk, cancelled_by=request.user, **body)
        return Response(ShowCancellationSerializer({**vars(cancellation), "dry_run": dry_run}).data)
