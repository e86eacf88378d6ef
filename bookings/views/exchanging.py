"""Exchanging tickets at the API."""

from functools import partial
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import checkout, selectors, services
from bookings.errors import ExchangeNotAllowed, InvalidTransition
from bookings.idempotency.requests import IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin, idempotent_schema, rendered
from bookings.models import Booking
from bookings.serializers import (
    BookingResponseSerializer,
    ExchangeQuoteSerializer,
    ExchangeRequestSerializer,
    is_dry_run,
)
from bookings.services import Caller, Exchange, SeatRequest
from bookings.views.examples import EXCHANGE
from bookings.views.holding import SALE_PROBLEMS
from shows.errors import LeavesSingleSeat, SeatsUnavailable
from users.errors import AccountRequired

_rendered = partial(rendered, BookingResponseSerializer, 201)


class ExchangeActionsMixin(IdempotencyMixin):
    """The action that exchanges tickets of a booking."""

    held_booking = staticmethod(selectors.booking_as_held)

    @idempotent_schema(
        *SALE_PROBLEMS,
        LeavesSingleSeat,
        SeatsUnavailable,
        AccountRequired,
        InvalidTransition,
        ExchangeNotAllowed,
        summary="Exchange tickets for other seats",
        description="Holds as many seats as tickets. The answer is a pending booking: `credit` is "
        "the part that the older tickets pay, and `amount_due` the rest. With the payment, or at once "
        "if nothing is due, the older tickets become void. If it expires, nothing has happened. With "
        "`dry_run`, in the body or the query, the answer only says the price.",
        request=ExchangeRequestSerializer,
        responses={
            201: BookingResponseSerializer,
            200: PolymorphicProxySerializer(
                "ExchangeAnswer", [ExchangeQuoteSerializer], resource_type_field_name=None
            ),
        },
        examples=[EXCHANGE],
    )
    @action(detail=True, methods=["post"])
    def exchange(self, request: Request, pk: str) -> HttpResponse:
        if is_dry_run(request, self.query):
            quoted = services.quote_exchange(**self._wanted())
            return Response(ExchangeQuoteSerializer(quoted).data)
        return self.answer_once(request, self._exchange, _rendered, look_first=False)

    def _exchange(self, keyed: IdempotentRequest) -> Booking:
        user = self.request.user
        caller = Caller(user.pk, is_guest=user.is_guest)
        return checkout.exchange(caller=caller, request=keyed, **self._wanted())

    def _wanted(self) -> dict[str, Any]:
        booking = self.get_object()
        asked = dict(self.validated(ExchangeRequestSerializer))
        asked.pop("dry_run", None)
        ticket_ids = asked.pop("ticket_ids", None)
        named = next(name for name in ("seat_ids", "areas", "quantity") if name in asked)
        return {
            "exchange": Exchange(booking.pk, ticket_ids, field=named),
            "wanted": SeatRequest(**asked),
        }
