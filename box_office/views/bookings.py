"""Bookings at the counter: found, paid, refunded, corrected, sent and printed again."""

from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from bookings.errors import AlreadyCheckedIn, BookingExpired, InvalidTransition
from bookings.idempotency.requests import IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin, idempotent_schema, rendered
from bookings.models import Booking
from bookings.printing import print_tickets
from bookings.services import send_booking_again
from box_office import checkout, services
from box_office.errors import CashSessionClosed, CashSessionRequired, TenderMismatch
from box_office.filters import CounterBookingFilter
from box_office.permissions import MayRefund, MaySell
from box_office.printing import receipt_pdf
from box_office.selectors import sales_with_details
from box_office.serializers import (
    CounterPaymentRequestSerializer,
    CounterRefundRequestSerializer,
    CustomerCorrectionSerializer,
    FoundSaleSerializer,
    SaleSerializer,
)
from box_office.services import WantedRefund, WantedTender
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from eventbooking_system.errors import Throttled

_TENDER_PROBLEMS = ("invalid", TenderMismatch, CashSessionRequired, CashSessionClosed)
_rendered_sale = partial(rendered, SaleSerializer, 201)


@extend_schema(tags=["box office"])
@extend_schema_view(
    list=extend_schema(summary="Find bookings, newest first"),
    retrieve=extend_schema(summary="Get a booking"),
)
class CounterBookingViewSet(
    StrictQueryMixin,
    IdempotencyMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    """Bookings of all customers, for staff at the counter."""

    queryset = Booking.objects.none()
    serializer_class = FoundSaleSerializer
    permission_classes = [MaySell]
    filterset_class = CounterBookingFilter
    lookup_value_regex = "[0-9]{1,19}"
    without_body = {"resend"}

    def get_queryset(self) -> QuerySet[Booking]:
        return sales_with_details(with_shows=True)

    def get_permissions(self) -> list[BasePermission]:
        return [MayRefund()] if self.action == "refunds" else super().get_permissions()

    def filter_queryset(self, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @idempotent_schema(
        *_TENDER_PROBLEMS,
        BookingExpired,
        InvalidTransition,
        summary="Take the payment of a pending booking",
        description="The same receipt of a card terminal entered twice is the same payment.",
        request=CounterPaymentRequestSerializer,
        responses={201: SaleSerializer},
    )
    @action(detail=True, methods=["post"], filterset_class=None, pagination_class=None)
    def payments(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._pay, _rendered_sale, look_first=False)

    def _pay(self, keyed: IdempotentRequest) -> Booking:
        booking, seller = self.get_object(), self.request.user
        tender = WantedTender(**self.validated(CounterPaymentRequestSerializer)["tender"])
        return checkout.pay(booking_id=booking.pk, tender=tender, seller=seller, request=keyed)

    @idempotent_schema(
        *_TENDER_PROBLEMS,
        AlreadyCheckedIn,
        InvalidTransition,
        summary="Refund tickets or an amount",
        description="Refunded tickets are void, and their seats go back on sale. With all of its "
        "tickets the booking is cancelled. Never more goes back than was paid. A cancelled "
        "booking that still waits for its money needs only the tender and a reason.",
        request=CounterRefundRequestSerializer,
        responses={201: SaleSerializer},
    )
    @action(detail=True, methods=["post"], filterset_class=None, pagination_class=None)
    def refunds(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._refund, _rendered_sale, look_first=False)

    def _refund(self, keyed: IdempotentRequest) -> Booking:
        booking, body = self.get_object(), self.validated(CounterRefundRequestSerializer)
        tender = body.pop("tender", None)
        wanted = WantedRefund(tender=WantedTender(**tender) if tender else None, **body)
        return checkout.refund(
            booking_id=booking.pk, wanted=wanted, by=self.request.user, request=keyed
        )

    @extend_schema(
        summary="Correct the customer of a booking",
        description="Another address revokes the links that were mailed before.",
        request=CustomerCorrectionSerializer,
        responses={200: SaleSerializer, **problems("invalid")},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        booking, fields = self.get_object(), self._correction()
        corrected = services.correct_customer(booking_id=booking.pk, by=request.user, **fields)
        return Response(SaleSerializer(corrected).data)

    def _correction(self) -> dict[str, Any]:
        return CustomerCorrectionSerializer(partial=True).run_validation(self.request.data)

    @extend_schema(
        summary="Send a booking's mail again",
        request=None,
        responses={202: None, **problems("invalid", Throttled)},
    )
    @action(detail=True, methods=["post"], filterset_class=None, pagination_class=None)
    def resend(self, request: Request, pk: str) -> Response:
        services.check_can_send(self.get_object())
        send_booking_again(booking=self.get_object())
        return Response(status=202)

    @extend_schema(
        summary="Print a booking's tickets",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, **problems(InvalidTransition)},
    )
    def tickets_pdf(self, request: Request, pk: str) -> HttpResponse:
        return _pdf(print_tickets(self.get_object()))

    @extend_schema(
        summary="Print a receipt on 80 mm paper",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def receipt_pdf(self, request: Request, pk: str) -> HttpResponse:
        return _pdf(receipt_pdf(self.get_object()))


def _pdf(document: bytes) -> HttpResponse:
    headers = {"Cache-Control": "private, no-store"}
    return HttpResponse(document, content_type="application/pdf", headers=headers)
