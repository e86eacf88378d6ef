"""Bookings at the API."""

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.settings import api_settings
from rest_framework.viewsets import GenericViewSet

from bookings import selectors
from bookings.filters import BookingFilter, reference_from
from bookings.links.authentication import LinkAuthentication
from bookings.links.views import LinkActionsMixin
from bookings.models import Booking, BookingLink
from bookings.permissions import MayReachAllBookings
from bookings.serializers import (
    AllSerializer,
    BookingQuerySerializer,
    BookingResponseSerializer,
    CancelQuerySerializer,
    ExpandedBookingSerializer,
    ExpandSerializer,
)
from bookings.transfers.serializers import HeldQuerySerializer
from bookings.transfers.views import TransferActionsMixin
from bookings.views.exchanging import ExchangeActionsMixin
from bookings.views.holding import HoldActionsMixin
from bookings.views.payments import PaymentActionsMixin
from bookings.views.tickets import TicketActionsMixin
from eventbooking_system.api.queries import StrictQueryMixin


@extend_schema(tags=["bookings"])
@extend_schema_view(
    list=extend_schema(
        responses=ExpandedBookingSerializer(many=True), summary="List your bookings, newest first"
    ),
    retrieve=extend_schema(
        responses=ExpandedBookingSerializer,
        parameters=[BookingQuerySerializer],
        summary="Get a booking",
    ),
)
class BookingViewSet(
    StrictQueryMixin,
    HoldActionsMixin,
    ExchangeActionsMixin,
    LinkActionsMixin,
    PaymentActionsMixin,
    TicketActionsMixin,
    TransferActionsMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    queryset = Booking.objects.none()
    serializer_class = BookingResponseSerializer
    authentication_classes = [LinkAuthentication, *api_settings.DEFAULT_AUTHENTICATION_CLASSES]
    permission_classes = [IsAuthenticated]
    filterset_class = BookingFilter
    query_serializers = {
        **dict.fromkeys(
            [
                "export",
                "pay",
                "payments",
                "reissue",
                "resend",
                "tickets",
                "tickets_pdf",
                "ticket_qr",
                "calendar",
                "transfer",
                "withdraw",
            ],
            AllSerializer,
        ),
        "by_reference": ExpandSerializer,
        "cancel": CancelQuerySerializer,
        "exchange": CancelQuerySerializer,
        "retrieve": BookingQuerySerializer,
        "transfers": HeldQuerySerializer,
    }
    without_body = {"reissue", "resend", "withdraw"}
    lookup_value_regex = "[0-9]{1,19}"

    @extend_schema(
        summary="Get a booking by its reference",
        description="For its customer, and for staff with permission. Upper and lower case are equal, "
        "and the dash may be left out.",
        parameters=[ExpandSerializer],
        responses=ExpandedBookingSerializer,
    )
    @action(detail=False, url_path="by-reference/(?P<reference>[0-9A-Za-z-]{1,20})")
    def by_reference(self, request: Request, reference: str) -> Response:
        booking = get_object_or_404(self.get_queryset(), reference=reference_from(reference))
        return Response(self.get_serializer(booking).data)

    def get_queryset(self) -> QuerySet[Booking]:
        # These change the booking, and read what they answer themselves.
        is_changing = self.action in ("pay", "cancel", "exchange")
        bookings = (
            Booking.objects.all()
            if is_changing
            else selectors.bookings_with_details(with_shows=self._is_expanded())
        )
        if isinstance(self.request.auth, BookingLink):
            linked = self.request.auth.booking_id
            # An exchange by the link is paid by the link.
            return bookings.filter(Q(pk=linked) | Q(exchanged_from=linked))
        return bookings if self._sees_all() else bookings.filter(user=self.request.user)

    def get_serializer_class(self) -> type[BaseSerializer]:
        return ExpandedBookingSerializer if self._is_expanded() else BookingResponseSerializer

    def _is_expanded(self) -> bool:
        return (
            self.action in ("list", "retrieve", "by_reference")
            and self.request.query_params.get("expand") == "show"
        )

    def _sees_all(self) -> bool:
        asks = self.action == "by_reference" or self.request.query_params.get("all") == "true"
        return asks and MayReachAllBookings().has_permission(self.request, self)

    def filter_queryset(self, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset
