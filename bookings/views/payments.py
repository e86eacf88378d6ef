"""Paying for a booking and cancelling it, at the API."""

from django.http import HttpResponse
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import checkout, selectors, services
from bookings.errors import AlreadyCheckedIn, BookingExpired, InvalidTransition, PaymentDeclined
from bookings.idempotency.requests import Answer, IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin, idempotent_schema, rendered
from bookings.models import Booking, Payment
from bookings.serializers import (
    BookingResponseSerializer,
    CancellationSerializer,
    CancelSerializer,
    PaymentOfAnotherSerializer,
    PaymentRequestSerializer,
    PaymentSerializer,
    is_dry_run,
)


def _rendered_again(booking: Booking) -> Answer:
    """Read a changed booking again, with its details, and render it."""
    booking = selectors.bookings_with_details().get(pk=booking.pk)
    return rendered(BookingResponseSerializer, 200, booking)


def _rendered_payment(payment: Payment) -> Answer:
    is_open = payment.status == Payment.Status.PROCESSING
    return rendered(PaymentSerializer, 202 if is_open else 201, payment)


class PaymentActionsMixin(IdempotencyMixin):
    """The actions on a booking's money."""

    @idempotent_schema(
        "invalid",
        InvalidTransition,
        AlreadyCheckedIn,
        summary="Cancel a booking, or some of its tickets",
        description="Cancelling a pending booking releases its seats. A confirmed booking, or the "
        "tickets that `ticket_ids` names, is also refunded by the rules that are frozen in it. With "
        "`dry_run`, in the body or the query, nothing is cancelled: the answer says line by line "
        "how much would come back.",
        request=CancelSerializer,
        responses={
            200: PolymorphicProxySerializer(
                "CancelledBooking",
                [BookingResponseSerializer, CancellationSerializer],
                resource_type_field_name=None,
            )
        },
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> HttpResponse:
        if is_dry_run(request, self.query):
            return Response(CancellationSerializer(self._preview()).data)
        return self.answer_once(request, self._cancel, _rendered_again)

    def _preview(self) -> services.Cancellation:
        booking = self.get_object()
        ticket_ids = self.validated(CancelSerializer).get("ticket_ids")
        return services.preview_booking_cancellation(
            booking_id=booking.pk, cancelled_by=self.request.user, ticket_ids=ticket_ids
        )

    def _cancel(self, keyed: IdempotentRequest) -> Booking:
        booking = self.get_object()
        wanted = self.validated(CancelSerializer)
        wanted.pop("dry_run", None)
        return checkout.cancel(
            booking_id=booking.pk, cancelled_by=self.request.user, request=keyed, **wanted
        )

    @extend_schema(
        summary="List a booking's payments and refunds",
        responses=PaymentSerializer(many=True),
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def payments(self, request: Request, pk: str) -> Response:
        booking = self.get_object()
        is_own = booking.user_id == request.user.pk
        serializer_class = PaymentSerializer if is_own else PaymentOfAnotherSerializer
        return Response(serializer_class(booking.payments, many=True).data)

    @idempotent_schema(
        "invalid",
        PaymentDeclined,
        BookingExpired,
        InvalidTransition,
        summary="Pay for a booking",
        description="`payment_method` in the sandbox: `pm_card_visa` (the default), "
        "`pm_card_declined`, `pm_card_authentication`, `pm_card_late`. 202 with the status "
        "`processing`: the provider has answered, and the payment will be recorded once the "
        "booking's seats are not locked by others. Send the same request again, or read the "
        "payments, to see its outcome. A payment that came too late is 409 and goes back: "
        "`amount_refunded` says how much.",
        request=PaymentRequestSerializer,
        responses={201: PaymentSerializer, 202: PaymentSerializer},
    )
    @payments.mapping.post
    def pay(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._pay, _rendered_payment)

    def _pay(self, keyed: IdempotentRequest) -> Payment:
        booking = self.get_object()
        wanted = self.validated(PaymentRequestSerializer)
        return checkout.pay(booking_id=booking.pk, request=keyed, **wanted)
