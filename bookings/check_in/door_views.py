"""Visitors at the door: counts, the search, and the door lists."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from bookings.check_in import selectors
from bookings.check_in.printing import door_list_csv, door_list_pdf
from bookings.check_in.serializers import (
    FindQuerySerializer,
    FoundSerializer,
    ShowsAtDoorsQuerySerializer,
    ShowsAtDoorsSerializer,
)
from bookings.permissions import MayCheckIn, MaySeeDoorList
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from shows.models import Show


@extend_schema(tags=["check-in"])
class ShowsAtDoorsView(StrictQueryMixin, APIView):
    permission_classes = [MayCheckIn]
    query_serializers = {"get": ShowsAtDoorsQuerySerializer}

    @extend_schema(
        summary="List the shows at the doors, with counts of visitors",
        description="The shows that are not over and begin within 24 hours, by time. `expected` "
        "counts valid tickets, and `checked_in` counts used ones.",
        parameters=[ShowsAtDoorsQuerySerializer],
        responses={200: ShowsAtDoorsSerializer, **problems("invalid")},
    )
    def get(self, request: Request) -> Response:
        shows = selectors.shows_at_doors(venue_id=getattr(self, "query", {}).get("venue"))
        return Response(ShowsAtDoorsSerializer({"results": shows}).data)


@extend_schema(tags=["check-in"])
class DoorListViewSet(StrictQueryMixin, ViewSet):
    """The people of one show."""

    query_serializers = {"find": FindQuerySerializer}

    def get_permissions(self) -> list[MayCheckIn | MaySeeDoorList]:
        return [MayCheckIn() if self.action == "find" else MaySeeDoorList()]

    @extend_schema(
        summary="Find a visitor by name or reference",
        description="For a visitor without a ticket. The `code` checks in. At most 50 tickets.",
        parameters=[FindQuerySerializer],
        responses={200: FoundSerializer, **problems("invalid")},
    )
    def find(self, request: Request, pk: str) -> Response:
        parties = selectors.find_parties(_show(pk), text=self.query["search"])
        return Response(FoundSerializer({"results": parties}).data)

    @extend_schema(
        summary="The door list as a PDF",
        description="Name, reference, seats, ticket types and whether they are in, by name.",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        show = _show(pk)
        document = door_list_pdf(show, selectors.door_list(show))
        return _file(show, document, "pdf", "application/pdf")

    @extend_schema(
        summary="The door list as CSV",
        description="The same as the PDF. A cell that a spreadsheet would take for a formula gets "
        "an apostrophe in front.",
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def csv(self, request: Request, pk: str) -> HttpResponse:
        show = _show(pk)
        document = door_list_csv(selectors.door_list(show))
        return _file(show, document, "csv", "text/csv; charset=utf-8")


def _show(pk: str) -> Show:
    return get_object_or_404(Show.objects.select_related("event", "screen__venue"), pk=pk)


def _file(show: Show, document: bytes, ending: str, content_type: str) -> HttpResponse:
    name = f'attachment; filename="door-list-{show.pk}.{ending}"'
    headers = {"Content-Disposition": name, "Cache-Control": "private, no-store"}
    return HttpResponse(document, content_type=content_type, headers=headers)
