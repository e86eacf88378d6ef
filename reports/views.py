"""Reports at the API."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ViewSet

from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from eventbooking_system.spreadsheets import csv_lines
from reports import selectors, services
from reports.errors import DayNotOver
from reports.files import run_file
from reports.filters import ClosingFilter
from reports.models import DayClosing, ReportRun
from reports.permissions import MayCloseDays, MayViewReports
from reports.renderers import CSVRenderer, XLSXRenderer
from reports.serializers import (
    AdmissionsQuerySerializer,
    BoxOfficeReturnSerializer,
    ClosingRequestSerializer,
    ClosingSerializer,
    FiguresSerializer,
    OccupancyQuerySerializer,
    PeriodSerializer,
    ReturnQuerySerializer,
    RunRequestSerializer,
    RunSerializer,
    TakingsQuerySerializer,
    TaxQuerySerializer,
    wanted_of,
    week_of,
)

XLSX = XLSXRenderer.media_type


def report_schema(query: Any, summary: str, description: str) -> Callable:
    """Document a report, whose JSON, CSV and XLSX have the same rows."""
    return extend_schema(
        tags=["reports"],
        summary=summary,
        description=f"{description} One snapshot of the database, whose time is `as_of`. Amounts of "
        "several currencies are never summed: name a `currency` where there are several. "
        "`Accept: text/csv` and XLSX give the same rows.",
        parameters=[query],
        responses={
            (200, "application/json"): FiguresSerializer,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, XLSX): OpenApiTypes.BINARY,
            **problems("invalid", "permission_denied"),
        },
    )


class ReportViewSet(StrictQueryMixin, ViewSet):
    """The figures of the house."""

    permission_classes = [MayViewReports]
    query_serializers = {
        "takings": TakingsQuerySerializer,
        "refunds": TakingsQuerySerializer,
        "admissions": AdmissionsQuerySerializer,
        "tax": TaxQuerySerializer,
        "occupancy": OccupancyQuerySerializer,
        "box_office_returns": ReturnQuerySerializer,
        "lines": PeriodSerializer,
    }

    def get_renderers(self) -> list[Any]:
        renderers = super().get_renderers()
        has_table = self.action not in ("box_office_returns", None)
        return [*renderers, CSVRenderer(), XLSXRenderer()] if has_table else renderers

    def _answer(self, report: Callable) -> Response:
        return Response(FiguresSerializer(report(wanted_of(self.query))).data)

    @report_schema(
        TakingsQuerySerializer,
        "Get the takings",
        "Money by when it moved: taken, refunded, disputed, net.",
    )
    def takings(self, request: Request) -> Response:
        return self._answer(selectors.takings)

    @report_schema(
        TakingsQuerySerializer, "Get the refunds", "Money that went back, by when it went."
    )
    def refunds(self, request: Request) -> Response:
        return self._answer(selectors.refunds)

    @report_schema(
        AdmissionsQuerySerializer,
        "Get the admissions",
        "Tickets of confirmed bookings by when the show is, complimentary ones included. `gross` is "
        "with fees and tax, `net` without tax.",
    )
    def admissions(self, request: Request) -> Response:
        return self._answer(selectors.admissions)

    @report_schema(TaxQuerySerializer, "Get the tax", "Tax by rate, by when the show is.")
    def tax(self, request: Request) -> Response:
        return self._answer(selectors.tax)

    @report_schema(
        OccupancyQuerySerializer,
        "Get the occupancy",
        "Booked seats out of all but the blocked ones, in percent, by when the show is.",
    )
    def occupancy(self, request: Request) -> Response:
        return self._answer(selectors.occupancy)

    @extend_schema(
        tags=["reports"],
        summary="Get a film's week for its distributor",
        description="Admissions and amounts of each day, the week, the week before, and to date.",
        parameters=[ReturnQuerySerializer],
        responses={200: BoxOfficeReturnSerializer, **problems("invalid", "permission_denied")},
    )
    def box_office_returns(self, request: Request) -> Response:
        report = selectors.box_office_return(week_of(self.query), event=self.query["event"])
        return Response(BoxOfficeReturnSerializer(report).data)

    @extend_schema(
        tags=["reports"],
        summary="Download one line a ticket",
        description="Streamed, for any number of tickets.",
        parameters=[PeriodSerializer],
        responses={(200, "text/csv"): OpenApiTypes.STR, **problems("invalid", "permission_denied")},
    )
    def lines(self, request: Request) -> StreamingHttpResponse:
        lines = csv_lines(selectors.ticket_lines(wanted_of(self.query)))
        headers = {
            "Content-Disposition": 'attachment; filename="lines.csv"',
            "Cache-Control": "private, no-store",
        }
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


class ClosingViewSet(StrictQueryMixin, mixins.ListModelMixin, GenericViewSet):
    """The closings of business days."""

    queryset = DayClosing.objects.select_related("closed_by")
    serializer_class = ClosingSerializer
    filterset_class = ClosingFilter

    def get_permissions(self) -> list[Any]:
        return [MayCloseDays() if self.action == "create" else MayViewReports()]

    @extend_schema(tags=["reports"], summary="List the closings, newest first")
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        tags=["reports"],
        summary="Close a business day",
        description="Writes down the day's figures, numbered without gaps within the venue and "
        "chained by digest. Safe to repeat: a closed day keeps its figures, and a later refund is "
        "one of the day on which it happens.",
        request=ClosingRequestSerializer,
        responses={
            201: ClosingSerializer,
            **problems("invalid", "permission_denied", "not_found", DayNotOver),
        },
    )
    def create(self, request: Request) -> HttpResponse:
        serializer = ClosingRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = serializer.validated_data
        closing = services.close_day(
            venue_id=wanted["venue"],
            business_date=wanted["business_date"],
            closed_by=request.user,
        )
        return Response(ClosingSerializer(closing).data, 201)


@extend_schema(tags=["reports"])
class RunViewSet(
    StrictQueryMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet
):
    """Reports that a worker writes into files, for figures that take long."""

    queryset = ReportRun.objects.defer("content")
    serializer_class = RunSerializer
    permission_classes = [MayViewReports]
    filterset_class = None

    @extend_schema(summary="List the files, newest first")
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        summary="Ask for a report as a file",
        description="A worker writes it. Ask for the run until its `state` is `done`. A file is kept for seven days.",
        request=RunRequestSerializer,
        responses={201: RunSerializer, **problems("invalid", "permission_denied")},
    )
    def create(self, request: Request) -> Response:
        serializer = RunRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        run = services.request_run(requested_by=request.user, **serializer.validated_data)
        return Response(RunSerializer(run).data, 201)

    @extend_schema(summary="Get how much of a file is written")
    def retrieve(self, request: Request, pk: str) -> Response:
        return super().retrieve(request, pk)

    @extend_schema(
        summary="Download a file",
        description="404 until it is written.",
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def file(self, request: Request, pk: str) -> HttpResponse:
        run = get_object_or_404(ReportRun, pk=pk, state=ReportRun.State.DONE)
        return run_file(run)
