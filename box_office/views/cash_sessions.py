"""Cash sessions at the API."""

from functools import partial

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
from bookings.idempotency.views import IdempotencyMixin, idempotent_schema, rendered
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
from eventbooking_system.api.queries import StrictQueryMixin


def _rendered_report(status: int, session: CashSession) -> Answer:
    return rendered(CashReportSerializer, status, report_of(session))


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

    @idempotent_schema(
        "invalid",
        CashSessionOpen,
        summary="Open a cash session",
        description="A station has one open session.",
        request=CashSessionRequestSerializer,
        responses={201: CashReportSerializer},
    )
    def create(self, request: Request) -> HttpResponse:
        return self.answer_once(request, self._open, partial(_rendered_report, 201))

    def _open(self, keyed: IdempotentRequest) -> CashSession:
        wanted = self.validated(CashSessionRequestSerializer)
        venue = wanted.pop("venue")
        return services.open_cash_session(
            venue_id=venue.pk, opened_by=self.request.user, request=keyed, **wanted
        )

    @extend_schema(
        summary="Get the X report of an open session, or the Z report of a closed one",
        responses=CashReportSerializer,
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(CashReportSerializer(report_of(self.get_object())).data)

    @idempotent_schema(
        "invalid",
        CashSessionClosed,
        summary="Record cash that enters or leaves the drawer without a sale",
        request=CashMovementRequestSerializer,
        responses={201: CashMovementSerializer},
    )
    @action(detail=True, methods=["post"])
    def movements(self, request: Request, pk: str) -> HttpResponse:
        render = partial(rendered, CashMovementSerializer, 201)
        return self.answer_once(request, self._move, render)

    def _move(self, keyed: IdempotentRequest) -> CashMovement:
        return services.record_movement(
            session_id=self.get_object().pk,
            by=self.request.user,
            request=keyed,
            **self.validated(CashMovementRequestSerializer),
        )

    @idempotent_schema(
        "invalid",
        CashSessionClosed,
        summary="Close a cash session",
        description="Records the counted cash and writes the Z report, which never changes.",
        request=CloseRequestSerializer,
        responses={200: CashReportSerializer},
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._close, partial(_rendered_report, 200))

    def _close(self, keyed: IdempotentRequest) -> CashSession:
        return services.close_cash_session(
            session_id=self.get_object().pk,
            closed_by=self.request.user,
            request=keyed,
            **self.validated(CloseRequestSerializer),
        )

    @extend_schema(
        summary="Download the report for 80 mm paper",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def report_pdf(self, request: Request, pk: str) -> HttpResponse:
        document = cash_report_pdf(report_of(self.get_object()))
        headers = {"Cache-Control": "private, no-store"}
        return HttpResponse(document, content_type="application/pdf", headers=headers)
