"""Cash sessions at the API."""

from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from bookings.idempotency.requests import Answer, IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin
from bookings.views.bookings import IDEMPOTENCY_KEY, IDEMPOTENCY_PROBLEMS
from box_office import services
from box_office.errors import CashSessionClosed, CashSessionOpen
from box_office.filters import CashSessionFilter
from box_office.models import CashMovement, CashSession
from box_office.permissions import MaySell
from box_office.printing import cash_report_pdf
from box_office.selectors import report_of
from box_office.serializers import (
    CashMovementRequestSerializer,
    CashMovementSerializer,
    CashReportSerializer,
    CashSessionRequestSerializer,
    CashSessionSerializer,
    CloseRequestSerializer,
)
from eventbooking_system.api.json import dump_json
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems


def _rendered_report(status: int, session: CashSession) -> Answer:
    return Answer(status, dump_json(CashReportSerializer(report_of(session)).data).decode())


def _rendered_movement(movement: CashMovement) -> Answer:
    return Answer(201, dump_json(CashMovementSerializer(movement).data).decode())


@extend_schema(tags=["box office"])
@extend_schema_view(list=extend_schema(summary="List cash sessions, newest first"))
class CashSessionViewSet(StrictQueryMixin, IdempotencyMixin, mixins.ListModelMixin, GenericViewSet):
    """Cash sessions: opened with a float, closed with a count."""

    queryset = CashSession.objects.select_related("opened_by", "closed_by")
    serializer_class = CashSessionSerializer
    permission_classes = [MaySell]
    filterset_class = CashSessionFilter
    lookup_value_regex = "[0-9]{1,19}"

    def filter_queryset(self, queryset: QuerySet[CashSession]) -> QuerySet[CashSession]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @extend_schema(
        summary="Open a cash session",
        description="A station has one open session.",
        parameters=[IDEMPOTENCY_KEY],
        request=CashSessionRequestSerializer,
        responses={
            201: CashReportSerializer,
            **problems("invalid", CashSessionOpen, *IDEMPOTENCY_PROBLEMS),
        },
    )
    def create(self, request: Request) -> HttpResponse:
        return self.answer_once(request, self._open, partial(_rendered_report, 201))

    def _open(self, keyed: IdempotentRequest) -> CashSession:
        wanted = self._validated(CashSessionRequestSerializer)
        venue = wanted.pop("venue")
        return services.open_cash_session(
            venue_id=venue.pk, opened_by=self.request.user, request=keyed, **wanted
        )

    @extend_schema(
        summary="The X report of an open session, the Z report of a closed one",
        responses=CashReportSerializer,
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(CashReportSerializer(report_of(self.get_object())).data)

    @extend_schema(
        summary="Record cash that enters or leaves the drawer without a sale",
        parameters=[IDEMPOTENCY_KEY],
        request=CashMovementRequestSerializer,
        responses={
            201: CashMovementSerializer,
            **problems("invalid", CashSessionClosed, *IDEMPOTENCY_PROBLEMS),
        },
    )
    @action(detail=True, methods=["post"])
    def movements(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._move, _rendered_movement)

    def _move(self, keyed: IdempotentRequest) -> CashMovement:
        return services.record_movement(
            session_id=self.get_object().pk,
            by=self.request.user,
            request=keyed,
            **self._validated(CashMovementRequestSerializer),
        )

    @extend_schema(
        summary="Close a cash session",
        description="Counts the drawer and writes the Z report, of which nothing changes afterwards.",
        parameters=[IDEMPOTENCY_KEY],
        request=CloseRequestSerializer,
        responses={
            200: CashReportSerializer,
            **problems("invalid", CashSessionClosed, *IDEMPOTENCY_PROBLEMS),
        },
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._close, partial(_rendered_report, 200))

    def _close(self, keyed: IdempotentRequest) -> CashSession:
        return services.close_cash_session(
            session_id=self.get_object().pk,
            closed_by=self.request.user,
            request=keyed,
            **self._validated(CloseRequestSerializer),
        )

    @extend_schema(
        summary="The report on 80 mm paper",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def report_pdf(self, request: Request, pk: str) -> HttpResponse:
        document = cash_report_pdf(report_of(self.get_object()))
        headers = {"Cache-Control": "private, no-store"}
        return HttpResponse(document, content_type="application/pdf", headers=headers)

    def _validated(self, serializer_class: type) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data
