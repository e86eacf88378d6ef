"""Check-in at the API."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from bookings import services
from bookings.check_in.serializers import (
    BundleSerializer,
    CheckInRequestSerializer,
    CheckInSerializer,
    PublicKeysSerializer,
    SyncRequestSerializer,
    SyncResponseSerializer,
    UndoRequestSerializer,
)
from bookings.errors import AlreadyCheckedIn, InvalidTicket, TicketNotValid
from bookings.models import TicketScan
from bookings.permissions import MayCheckIn, MayUndoCheckIn
from bookings.tickets import signing
from eventbooking_system.api.conditional_requests import ConditionalReadsMixin
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from eventbooking_system.errors import DomainError
from shows.models import Show

PAYLOAD = (
    "T1.A1.V.7.B.TOP2V4.1."
    "K6VWY57WHQNJ5R55UKGZ3UMW24BWXE3W6MBS2KZGHYT7NS4PYNU7NMJ7ADITFETY5A4POD6XV4WKEUSBC2VMWVBZR3CY7SVHT3A52AI"
)
SCAN_ID = "5b0f4a52-7c7f-4f5e-9d52-7f1f7a1f2c11"
SCAN_EXAMPLE = OpenApiExample("A scan", {"payload": PAYLOAD, "show": 7}, request_only=True)
CODE_EXAMPLE = OpenApiExample("A typed code", {"payload": "K7Q-F2M-XD4"}, request_only=True)
ADMITTED_EXAMPLE = OpenApiExample(
    "Admitted",
    {
        "ticket": 31, "seat": "A11", "section": "Stalls", "ticket_type": "Adult",
        "customer_initials": "AR", "checked_in_at": "2026-11-28T13:41:07Z",
    },
    response_only=True,
    status_codes=["200"],
)  # fmt: skip
SYNC_EXAMPLE = OpenApiExample(
    "Two scans made offline",
    {
        "scans": [
            {"scan_id": SCAN_ID, "payload": PAYLOAD, "scanned_at": "2026-11-28T13:41:07Z"},
            {
                "scan_id": "0d9e8f4e-1c57-4f0c-8a4e-3f0f0a2b7c22",
                "payload": PAYLOAD,
                "scanned_at": "2026-11-28T13:44:50Z",
            },
        ]
    },
    request_only=True,
)
SYNC_ANSWER_EXAMPLE = OpenApiExample(
    "One admitted, one conflict",
    {
        "results": [
            {
                "scan_id": SCAN_ID, "outcome": "admitted", "reason": "", "ticket": 31,
                "seat": "A11", "checked_in_at": "2026-11-28T13:41:07Z",
            },
            {
                "scan_id": "0d9e8f4e-1c57-4f0c-8a4e-3f0f0a2b7c22",
                "outcome": "already_checked_in", "reason": "", "ticket": 31, "seat": "A11",
                "checked_in_at": "2026-11-28T13:41:07Z",
            },
        ]
    },
    response_only=True,
    status_codes=["200"],
)  # fmt: skip


def _validated(serializer_class: type, request: Request) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


@extend_schema(tags=["check-in"])
class CheckInView(StrictQueryMixin, APIView):
    permission_classes = [MayCheckIn]

    @extend_schema(
        summary="Check in a ticket",
        description="Send the text of the QR code, or the short code printed under it. A request "
        "with a `scan_id` may be repeated and gets the first answer again. Every attempt with a "
        "genuine ticket is recorded.",
        request=CheckInRequestSerializer,
        responses={
            200: CheckInSerializer,
            **problems("invalid", InvalidTicket, AlreadyCheckedIn, TicketNotValid),
        },
        examples=[SCAN_EXAMPLE, CODE_EXAMPLE, ADMITTED_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        scan = _validated(CheckInRequestSerializer, request)
        show_id = scan.pop("show", None)
        admitted = services.check_in(shown=services.Shown(**scan), show_id=show_id, by=request.user)
        return Response(CheckInSerializer(admitted).data)


@extend_schema(tags=["check-in"])
class UndoCheckInView(StrictQueryMixin, APIView):
    permission_classes = [MayUndoCheckIn]

    @extend_schema(
        summary="Undo a check-in",
        description="The ticket can be used again. Requires the permission `undo_check_in`, within "
        "CHECK_IN_UNDO_MINUTES (15) of the check-in; later it is 409 with the reason `too_old`.",
        request=UndoRequestSerializer,
        responses={200: CheckInSerializer, **problems("invalid", InvalidTicket, TicketNotValid)},
        examples=[CODE_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        shown = _validated(UndoRequestSerializer, request)
        scan = services.undo_check_in(payload=shown["payload"], by=request.user)
        return Response(CheckInSerializer(scan).data)


@extend_schema(tags=["check-in"])
class CheckInKeysView(ConditionalReadsMixin, APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        summary="List the public keys of tickets",
        description="Ed25519 keys with which a scanner verifies tickets offline. The signature of "
        "a payload covers everything before its last dot.",
        responses=PublicKeysSerializer,
    )
    def get(self, request: Request) -> Response:
        return Response(PublicKeysSerializer({"keys": signing.public_keys()}).data)


@extend_schema(tags=["check-in"])
class ShowDoorViewSet(StrictQueryMixin, ViewSet):
    """The offline data for a show's scanners, and their uploads."""

    permission_classes = [MayCheckIn]

    @extend_schema(
        summary="Get the data for offline check-in",
        description="The public keys, the tickets that are no longer valid, the tickets that are "
        "checked in, and the labels of the seats.",
        responses=BundleSerializer,
    )
    def bundle(self, request: Request, pk: str) -> Response:
        return Response(BundleSerializer(services.check_in_bundle(_show(pk))).data)

    @extend_schema(
        summary="Upload scans made offline",
        description="Each scan counts once, by its `scan_id`, even if it is sent again. The "
        "earliest scan of a ticket admits its holder, unless the ticket was checked in before. "
        "Other outcomes are conflicts for the staff to look at.",
        request=SyncRequestSerializer,
        responses={200: SyncResponseSerializer, **problems("invalid")},
        examples=[SYNC_EXAMPLE, SYNC_ANSWER_EXAMPLE],
    )
    def sync(self, request: Request, pk: str) -> Response:
        show = _show(pk)
        scans = _validated(SyncRequestSerializer, request)["scans"]
        shown = [services.Shown(s["payload"], s["scanned_at"], s["scan_id"]) for s in scans]
        results = services.sync_check_ins(shown=shown, show_id=show.pk, by=request.user)
        rows = [_result(one, result) for one, result in zip(shown, results, strict=True)]
        return Response(SyncResponseSerializer({"results": rows}).data)


def _show(pk: str) -> Show:
    return get_object_or_404(Show.objects.select_related("event", "screen__venue"), pk=pk)


def _result(shown: services.Shown, result: TicketScan | DomainError) -> dict[str, Any]:
    if isinstance(result, DomainError):
        missing = dict.fromkeys(("ticket", "seat", "checked_in_at"))
        row = {"scan_id": shown.scan_id, "outcome": result.code, "reason": ""}
        return {**row, **missing, **result.members}
    return {
        "scan_id": result.scan_id,
        "outcome": result.outcome,
        "reason": result.reason,
        "ticket": result.ticket_id,
        "seat": result.ticket.seat,
        "checked_in_at": result.checked_in_at,
    }
