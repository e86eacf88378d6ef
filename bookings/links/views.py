"""The links in mails, at the API."""

from functools import partial

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from bookings import selectors, services
from bookings.links.serializers import AddressSerializer, LinkSerializer, OpenedBookingSerializer
from bookings.serializers import BookingResponseSerializer
from bookings.views.examples import BOOKING
from eventbooking_system.api.schema import problems
from users.errors import AccountRequired, TokenInvalid
from users.permissions import HasVerifiedAccount
from users.selectors import stored_about
from users.serializers import ExportSerializer
from users.throttles import NetworkThrottle, RegistrationThrottle
from users.views.base import AnswerFirst, request_example, response_example

PUBLIC = {
    "detail": False,
    "methods": ["post"],
    "authentication_classes": [],
    "permission_classes": [AllowAny],
}
LINK = request_example(reference="K7QF-2MXD", token="kY0c3…")


class LinkActionsMixin:
    """The actions with the link of one booking."""

    @extend_schema(
        summary="Open a booking with the link of a mail",
        description="Mails link to `/bookings/<reference>#<token>` of the front end. The answer "
        "has a token that is valid for half an hour, and only for this booking. A link "
        "works until 90 days after the show. A wrong, old or revoked token and a wrong reference "
        "get the same answer.",
        request=LinkSerializer,
        responses={200: OpenedBookingSerializer, **problems("invalid", TokenInvalid, "throttled")},
        examples=[
            LINK,
            response_example(
                {
                    "access": "eyJhbGciOiJIUzI1NiIs…",
                    "expires_at": "2026-11-22T16:08:00Z",
                    "booking": BOOKING,
                }
            ),
        ],
    )
    @action(**PUBLIC, throttle_classes=[NetworkThrottle])
    def open(self, request: Request) -> Response:
        access, booking = services.open_booking(**self.validated(LinkSerializer))
        booking = selectors.bookings_with_details().get(pk=booking.pk)
        opened = {**access._asdict(), "booking": booking}
        return Response(OpenedBookingSerializer(opened).data)

    @extend_schema(
        summary="Request the links of your bookings",
        description="Mails links to the bookings of an address whose shows are to come. The answer "
        "is the same whether or not there are any.",
        request=AddressSerializer,
        responses={202: None, **problems("invalid", "throttled")},
        examples=[request_example(email="asha@example.org")],
    )
    @action(**PUBLIC, throttle_classes=[RegistrationThrottle])
    def find(self, request: Request) -> HttpResponse:
        body = self.validated(AddressSerializer)
        return AnswerFirst(partial(services.find_bookings, **body))

    @extend_schema(
        summary="Make a guest's booking your own",
        description="For an account with a confirmed address. The earlier links of the booking, and "
        "the guest's token, no longer open it.",
        request=LinkSerializer,
        responses={
            200: BookingResponseSerializer,
            **problems("invalid", TokenInvalid, AccountRequired, "throttled"),
        },
        examples=[LINK],
    )
    @action(
        detail=False,
        methods=["post"],
        # The session of a link must not replace a login.
        authentication_classes=api_settings.DEFAULT_AUTHENTICATION_CLASSES,
        permission_classes=[HasVerifiedAccount],
        throttle_classes=[NetworkThrottle],
    )
    def claim(self, request: Request) -> Response:
        body = self.validated(LinkSerializer)
        booking = services.claim_booking(account=request.user, **body)
        booking = selectors.bookings_with_details().get(pk=booking.pk)
        return Response(BookingResponseSerializer(booking).data)

    @extend_schema(
        summary="Request another mail of a booking",
        description="The mail has the link, and the tickets of a confirmed booking. It can be sent a few "
        "times a day.",
        request=None,
        responses={202: None, **problems("throttled")},
    )
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        services.send_booking_again(booking=self.get_object())
        return Response(status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        summary="Export a guest's data",
        description="All that is stored about the guest of this booking. An account uses "
        "`/api/users/me/export/`.",
        responses={
            200: OpenApiResponse(ExportSerializer, description="All that is stored."),
            **problems(AccountRequired),
        },
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def export(self, request: Request, pk: str) -> Response:
        guest = self.get_object().user
        if not guest.is_guest:
            raise AccountRequired
        return Response(stored_about(guest))
