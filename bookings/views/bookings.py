"""Bookings, their payments and tickets at the API."""

from functools import cache, partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import GenericViewSet

from bookings import checkout, selectors, services
from bookings.check_in.serializers import TicketSerializer
from bookings.errors import (
    AlreadyCheckedIn,
    BookingExpired,
    IdempotencyInFlight,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    InvalidTransition,
    PaymentDeclined,
    PromoCodeInvalid,
    ShowNotOnSale,
    TicketNotValid,
    TooManySeats,
)
from bookings.filters import BookingFilter
from bookings.idempotency.requests import Answer, IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin
from bookings.models import Booking, Payment, Ticket
from bookings.permissions import MayReachAllBookings
from bookings.printing import print_tickets
from bookings.serializers import (
    AllSerializer,
    BookingQuerySerializer,
    BookingRequestSerializer,
    BookingResponseSerializer,
    CancelSerializer,
    ExpandedBookingSerializer,
    PaymentOfAnotherSerializer,
    PaymentRequestSerializer,
    PaymentSerializer,
    QuoteSerializer,
)
from bookings.services import Caller, SeatRequest
from bookings.tickets.qr import qr_svg
from bookings.views.examples import (
    BEST_SEATS,
    BOOKING_EXAMPLE,
    NAMED_SEATS,
    TICKET_EXAMPLE,
    WITH_AREAS,
)
from eventbooking_system.api.json import dump_json
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from eventbooking_system.api.throttles import BookingRateThrottle
from shows.calendar import show_calendar
from shows.errors import LeavesSingleSeat, NotEnoughSeats, SeatsNotInShow, SeatsUnavailable
from shows.models import Show
from users.authentication import claimed_login
from users.errors import TokenInvalid
from users.tokens import Bearer

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters. The same key and body give the first "
    "answer again, with `Idempotent-Replayed: true`, for 24 hours.",
)
IDEMPOTENCY_PROBLEMS = (IdempotencyKeyInvalid, IdempotencyInFlight, IdempotencyKeyReused)
SALE_PROBLEMS = (
    "invalid",
    SeatsNotInShow,
    TooManySeats,
    ShowNotOnSale,
    NotEnoughSeats,
    PromoCodeInvalid,
)


class HasTokenOrLogin(IsAuthenticated):
    """Lets in a token with our signature; that its login is live is for `hold` to confirm."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return view.login is not None or super().has_permission(request, view)


class HoldRateThrottle(BookingRateThrottle):
    """THROTTLE_BOOKING, by the account that a token names."""

    def who(self, request: Request) -> str | None:
        login = claimed_login(request)
        return str(login.pk) if login else super().who(request)


@cache
def _serializer(serializer_class: type[BaseSerializer]) -> BaseSerializer:
    """One for all requests and answers, as to make its fields anew takes longer than to use them."""
    return serializer_class()


class PDFRenderer(BaseRenderer):
    """Lets a client ask for a PDF by its Accept header; the view has made it already."""

    media_type = "application/pdf"
    format = "pdf"

    def render(self, data: bytes, *_: object) -> bytes:
        return data


class SVGRenderer(PDFRenderer):
    """The same for an image."""

    media_type = "image/svg+xml"
    format = "svg"


# By action: what its client may ask for besides JSON.
FILES = {"tickets_pdf": PDFRenderer, "ticket_qr": SVGRenderer}


def _rendered(serializer_class: type[BaseSerializer], status: int, result: Any) -> Answer:
    data = _serializer(serializer_class).to_representation(result)
    return Answer(status, dump_json(data).decode())


_rendered_hold = partial(_rendered, BookingResponseSerializer, 201)


def _rendered_again(status: int, booking: Booking) -> Answer:
    """A booking that changed, read anew with its details."""
    booking = selectors.bookings_with_details().get(pk=booking.pk)
    return _rendered(BookingResponseSerializer, status, booking)


@extend_schema(tags=["bookings"])
@extend_schema_view(
    list=extend_schema(
        responses=ExpandedBookingSerializer(many=True), summary="One's bookings, the newest first"
    ),
    retrieve=extend_schema(
        responses=ExpandedBookingSerializer,
        parameters=[BookingQuerySerializer],
        summary="A booking",
    ),
)
class BookingViewSet(
    StrictQueryMixin,
    IdempotencyMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet,
):
    queryset = Booking.objects.none()
    serializer_class = BookingResponseSerializer
    permission_classes = [IsAuthenticated]
    filterset_class = BookingFilter
    query_serializers = {
        **dict.fromkeys(
            [
                "cancel",
                "pay",
                "payments",
                "reissue",
                "tickets",
                "tickets_pdf",
                "ticket_qr",
                "calendar",
            ],
            AllSerializer,
        ),
        "retrieve": BookingQuerySerializer,
    }
    without_body = {"reissue"}
    lookup_value_regex = "[0-9]{1,19}"
    held_booking = staticmethod(selectors.booking_as_held)
    login: Bearer | None = None

    def get_queryset(self) -> QuerySet[Booking]:
        bookings = selectors.bookings_with_details(with_shows=self._is_expanded())
        return bookings if self._sees_all() else bookings.filter(user=self.request.user)

    def get_serializer_class(self) -> type[BaseSerializer]:
        return ExpandedBookingSerializer if self._is_expanded() else BookingResponseSerializer

    def _is_expanded(self) -> bool:
        return (
            self.action in ("list", "retrieve")
            and self.request.query_params.get("expand") == "show"
        )

    def _sees_all(self) -> bool:
        asks = self.request.query_params.get("all") == "true"
        return asks and MayReachAllBookings().has_permission(self.request, self)

    def filter_queryset(self, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def perform_authentication(self, request: Request) -> None:
        """Leave the login of a token that asks for seats to `hold`, which reads it with them."""
        self.login = claimed_login(request) if self.action == "create" else None
        if self.login is None:
            super().perform_authentication(request)
        else:
            request._request.account_id = self.login.pk

    def user_id_of(self, request: Request) -> int:
        return self.login.pk if self.login else request.user.pk

    def get_permissions(self) -> list[BasePermission]:
        return [HasTokenOrLogin()] if self.action == "create" else super().get_permissions()

    def get_throttles(self) -> list[BaseThrottle]:
        if self.action != "create":
            return super().get_throttles()
        self.hold_throttle = HoldRateThrottle()
        return [self.hold_throttle]

    def get_renderers(self) -> list[BaseRenderer]:
        renderers = super().get_renderers()
        return [FILES[self.action](), *renderers] if self.action in FILES else renderers

    @extend_schema(
        summary="Hold seats",
        description="All seats or none. The hold lasts until `expires_at`; then anyone can book "
        "the seats. A booking that costs nothing is confirmed at once.",
        parameters=[IDEMPOTENCY_KEY],
        request=BookingRequestSerializer,
        responses={
            201: BookingResponseSerializer,
            **problems(*SALE_PROBLEMS, LeavesSingleSeat, SeatsUnavailable, *IDEMPOTENCY_PROBLEMS),
        },
        examples=[NAMED_SEATS, BEST_SEATS, WITH_AREAS, BOOKING_EXAMPLE],
    )
    def create(self, request: Request) -> HttpResponse:
        try:
            return self.answer_once(request, self._hold, _rendered_hold, look_first=False)
        except IdempotencyKeyInvalid:
            self._confirm_login()
            raise

    def _hold(self, keyed: IdempotentRequest) -> Booking:
        try:
            wanted = SeatRequest(**self._validated(BookingRequestSerializer))
        except APIException:
            self._confirm_login()
            raise
        user_id = self.user_id_of(self.request)
        caller = Caller(user_id, self.login.session_id if self.login else None)
        try:
            return services.hold(caller=caller, wanted=wanted, request=keyed)
        except TokenInvalid:
            self._confirm_login()
            raise

    def _confirm_login(self) -> None:
        """Tell what is wrong with a request to a live login only. Raises AuthenticationFailed."""
        try:
            super().perform_authentication(self.request)
        except AuthenticationFailed:
            # An ended token must not use up the limit of its owner.
            self.hold_throttle.take_back()
            raise

    @extend_schema(
        summary="Get the price of a booking",
        description="Nothing is held. Without a login a promo code's limit per customer is not "
        "checked.",
        request=BookingRequestSerializer,
        responses={200: QuoteSerializer, **problems(*SALE_PROBLEMS)},
        examples=[NAMED_SEATS, BEST_SEATS, WITH_AREAS],
    )
    @action(detail=False, methods=["post"], permission_classes=[AllowAny])
    def quote(self, request: Request) -> Response:
        wanted = SeatRequest(**self._validated(BookingRequestSerializer))
        quoted = services.quote(user_id=request.user.pk, wanted=wanted)
        return Response(QuoteSerializer(quoted).data)

    @extend_schema(
        summary="Cancel a booking",
        description="A pending one gives its seats back; a confirmed one is refunded by the "
        "show's policy.",
        parameters=[IDEMPOTENCY_KEY],
        request=CancelSerializer,
        responses={
            200: BookingResponseSerializer,
            **problems("invalid", InvalidTransition, *IDEMPOTENCY_PROBLEMS),
        },
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._cancel, partial(_rendered_again, 200))

    def _cancel(self, keyed: IdempotentRequest) -> Booking:
        booking = self.get_object()
        return checkout.cancel(
            booking_id=booking.pk,
            cancelled_by=self.request.user,
            request=keyed,
            **self._validated(CancelSerializer),
        )

    @extend_schema(
        summary="Attempts to pay, and refunds",
        responses=PaymentSerializer(many=True),
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def payments(self, request: Request, pk: str) -> Response:
        booking = self.get_object()
        is_own = booking.user_id == request.user.pk
        serializer_class = PaymentSerializer if is_own else PaymentOfAnotherSerializer
        return Response(serializer_class(booking.payments, many=True).data)

    @extend_schema(
        summary="Pay for a booking",
        description="`payment_method` in the sandbox: `pm_card_visa` (the default), "
        "`pm_card_declined`, `pm_card_authentication`, `pm_card_late`.",
        parameters=[IDEMPOTENCY_KEY],
        request=PaymentRequestSerializer,
        responses={
            201: PaymentSerializer,
            **problems(
                "invalid", PaymentDeclined, BookingExpired, InvalidTransition, *IDEMPOTENCY_PROBLEMS
            ),
        },
    )
    @payments.mapping.post
    def pay(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._pay, partial(_rendered, PaymentSerializer, 201))

    def _pay(self, keyed: IdempotentRequest) -> Payment:
        booking = self.get_object()
        wanted = self._validated(PaymentRequestSerializer)
        return checkout.pay(booking_id=booking.pk, request=keyed, **wanted)

    @extend_schema(
        summary="The tickets of a confirmed booking",
        description="`payload` is the text of the QR code, `code` what a person types instead.",
        responses={200: TicketSerializer(many=True), **problems(InvalidTransition)},
        examples=[TICKET_EXAMPLE],
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def tickets(self, request: Request, pk: str) -> Response:
        tickets = selectors.tickets_of(self.get_object())
        return Response(TicketSerializer(tickets, many=True).data)

    @extend_schema(
        summary="Issue a ticket again",
        description="With another code, so that the one that was lost or copied opens no door.",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={
            200: TicketSerializer,
            **problems(InvalidTransition, AlreadyCheckedIn, TicketNotValid, *IDEMPOTENCY_PROBLEMS),
        },
    )
    @action(detail=True, methods=["post"], url_path="tickets/(?P<ticket_id>[0-9]{1,19})/reissue")
    def reissue(self, request: Request, pk: str, ticket_id: str) -> HttpResponse:
        return self.answer_once(request, self._reissue, partial(_rendered, TicketSerializer, 200))

    def _reissue(self, keyed: IdempotentRequest) -> Ticket:
        tickets = selectors.tickets_of(self.get_object())
        ticket = get_object_or_404(tickets, pk=self.kwargs["ticket_id"])
        return services.reissue_ticket(ticket_id=ticket.pk, request=keyed)

    @extend_schema(
        summary="The tickets on paper",
        description="An A5 page a ticket, with its QR code.",
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            **problems(InvalidTransition),
        },
    )
    def tickets_pdf(self, request: Request, pk: str) -> HttpResponse:
        booking = self.get_object()
        document = print_tickets(booking)
        name = f'inline; filename="tickets-{booking.reference}.pdf"'
        headers = {"Content-Disposition": name, "Cache-Control": "private, no-store"}
        return HttpResponse(document, content_type="application/pdf", headers=headers)

    @extend_schema(
        summary="A ticket's QR code",
        description="An image that says the ticket's `payload`.",
        parameters=[OpenApiParameter("ticket_id", int, OpenApiParameter.PATH)],
        responses={
            (200, "image/svg+xml"): OpenApiTypes.BINARY,
            **problems(InvalidTransition),
        },
    )
    def ticket_qr(self, request: Request, pk: str, ticket_id: str) -> HttpResponse:
        tickets = selectors.tickets_of(self.get_object())
        payload = selectors.payload_of(get_object_or_404(tickets, pk=ticket_id))
        headers = {"Cache-Control": "private, no-store"}
        return HttpResponse(qr_svg(payload), content_type="image/svg+xml", headers=headers)

    @extend_schema(
        summary="The booking's show as a calendar entry",
        responses={(200, "text/calendar"): OpenApiTypes.STR},
    )
    def calendar(self, request: Request, pk: str) -> HttpResponse:
        booking = self.get_object()
        show = Show.objects.select_related("event", "screen__venue").get(pk=booking.show_id)
        return HttpResponse(
            show_calendar(show, reference=booking.reference), content_type="text/calendar"
        )

    def _validated(self, serializer_class: type) -> dict[str, Any]:
        return _serializer(serializer_class).run_validation(self.request.data)
