"""Holding seats, and asking for their price, at the API."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from bookings import selectors, services
from bookings.errors import IdempotencyKeyInvalid, PromoCodeInvalid, ShowNotOnSale, TooManySeats
from bookings.idempotency.requests import IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin, idempotent_schema, rendered
from bookings.models import Booking
from bookings.serializers import (
    BookingRequestSerializer,
    BookingResponseSerializer,
    QuoteRequestSerializer,
    QuoteSerializer,
)
from bookings.services import Caller, SeatRequest
from bookings.views.examples import BEST_SEATS, BOOKING_EXAMPLE, NAMED_SEATS, WITH_AREAS
from eventbooking_system.api.schema import problems
from eventbooking_system.api.throttles import BookingRateThrottle, NetworkThrottle
from eventbooking_system.errors import InvalidField
from shows.errors import LeavesSingleSeat, NotEnoughSeats, SeatsNotInShow, SeatsUnavailable
from users.authentication import claimed_login
from users.errors import AccountRequired, TokenInvalid
from users.new_accounts import is_new
from users.tokens import Bearer

SALE_PROBLEMS = (
    "invalid",
    SeatsNotInShow,
    TooManySeats,
    ShowNotOnSale,
    NotEnoughSeats,
    PromoCodeInvalid,
)


_rendered_hold = partial(rendered, BookingResponseSerializer, 201)


class HasTokenOrLogin(IsAuthenticated):
    """
    Permission for a signed token.

    Whether its login is live is checked by `hold`.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        return view.login is not None or super().has_permission(request, view)


class HoldRateThrottle(BookingRateThrottle):
    """THROTTLE_BOOKING, by the account that a token names."""

    def __init__(self, login: Bearer | None) -> None:
        super().__init__()
        self._login = login

    def identity(self, request: Request) -> str | None:
        return str(self._login.pk) if self._login else super().identity(request)


class NewAccountsThrottle(NetworkThrottle):
    """
    THROTTLE_NEW_ACCOUNTS: seats that a network's new accounts hold.

    They are younger than a day.
    """

    scopes = ("new_accounts",)


class HoldActionsMixin(IdempotencyMixin):
    """The actions that hold seats and quote their price."""

    held_booking = staticmethod(selectors.booking_as_held)
    login: Bearer | None = None

    def perform_authentication(self, request: Request) -> None:
        """Leave the login to `hold`, which reads it with the seats."""
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
        self.hold_throttle = HoldRateThrottle(self.login)
        return [self.hold_throttle]

    @idempotent_schema(
        *SALE_PROBLEMS,
        LeavesSingleSeat,
        SeatsUnavailable,
        AccountRequired,
        summary="Hold seats",
        description="All seats or none. The hold lasts until `expires_at`; then anyone can book "
        "the seats. A booking that costs nothing is confirmed at once. A show with "
        "`needs_confirmed_account` is sold to accounts with a confirmed e-mail address.",
        request=BookingRequestSerializer,
        responses={201: BookingResponseSerializer},
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
            wanted = SeatRequest(**self.validated(BookingRequestSerializer))
        except APIException:
            self._confirm_login()
            raise
        user_id = self.user_id_of(self.request)
        caller = Caller(user_id)
        if self.login:
            caller = Caller(user_id, self.login.session_id, is_guest=self.login.is_guest)
        # More seats than this are refused as too many.
        throttle = NewAccountsThrottle(amount=min(wanted.count, settings.BOOKINGS_MAX_SEATS))
        counts = is_new(user_id)
        if counts and not throttle.allow_request(self.request, self):
            self._confirm_login()
            raise Throttled(throttle.wait())
        try:
            return services.hold(caller=caller, wanted=wanted, request=keyed)
        except Exception as refusal:
            if counts:
                throttle.take_back()
            if isinstance(refusal, TokenInvalid):
                self._confirm_login()
            raise

    def _confirm_login(self) -> None:
        """Refuse an ended login before it learns of other faults. Raises AuthenticationFailed."""
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
        request=QuoteRequestSerializer,
        responses={200: QuoteSerializer, **problems(*SALE_PROBLEMS)},
        examples=[NAMED_SEATS, BEST_SEATS, WITH_AREAS],
    )
    @action(detail=False, methods=["post"], permission_classes=[AllowAny])
    def quote(self, request: Request) -> Response:
        asked = self.validated(QuoteRequestSerializer)
        at_counter = asked.pop("sales_channel", None) == Booking.Channel.BOX_OFFICE
        if at_counter and not request.user.is_staff:
            raise InvalidField("sales_channel", gettext("Only staff sell at the counter."))
        quoted = services.quote(
            user_id=request.user.pk, wanted=SeatRequest(**asked), at_counter=at_counter
        )
        return Response(QuoteSerializer(quoted).data)
