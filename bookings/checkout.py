"""
Where services meet the payment provider: reserve, commit, ask the provider, record.

The only module that imports both; the network is never asked inside a transaction.
"""

import logging
import math
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext

from bookings import services
from bookings.errors import InvalidTransition, PaymentDeclined
from bookings.idempotency.requests import IdempotentRequest
from bookings.models import Booking, Payment, Refund
from bookings.payments import gateway_named
from bookings.payments.gateway import (
    Gateway,
    GatewayUnavailable,
    PaymentOrder,
    PaymentState,
    RefundResult,
    RefundState,
)
from eventbooking_system.db.connection_pool import connections_released
from eventbooking_system.errors import Busy, InvalidField, NotFound
from users.models import User

log = logging.getLogger(__name__)

# Seconds for which a request waits while the money of a whole show goes back.
PATIENCE = 10
# As many payments are compared at once.
PAGE = 100
CLOCKS_DIFFER = timedelta(minutes=5)
# Also what a bank declined can be paid with another card, by whoever has the client secret.
_PAYABLE = Q(status=Payment.Status.REQUIRES_ACTION) | (
    Q(status=Payment.Status.FAILED) & ~Q(client_secret="")
)


def pay(
    *, booking_id: int, payment_method: str | None = None, request: IdempotentRequest | None = None
) -> Payment:
    """
    Pay for a booking. Raises PaymentDeclined, which leaves the hold as it was; Busy when the
    provider gave no answer, after which the same request may be sent again.
    """
    gateway = gateway_named(settings.PAYMENT_PROVIDER)
    if gateway is None:
        raise PaymentDeclined(gettext("No payment provider is set up here."))
    payment_method = gateway.default_method if payment_method is None else payment_method
    gateway.check_method(payment_method)
    _end_earlier(gateway, booking_id)
    payment = services.open_payment(
        booking_id=booking_id,
        provider=gateway.name,
        payment_method=payment_method,
        request=request,
    )
    if payment.status != Payment.Status.PROCESSING:
        return payment
    try:
        order = _order(payment)
        with connections_released():
            result = gateway.create_payment(order)
    except GatewayUnavailable as error:
        services.release_payment(payment_id=payment.pk, request=request)
        raise Busy(
            gettext("The payment provider gives no answer. Send the same request again.")
        ) from error
    except InvalidField as refusal:
        services.record_payment(
            payment_id=payment.pk, status=Payment.Status.FAILED, failure=refusal.detail
        )
        raise
    payment = services.record_payment(payment_id=payment.pk, request=request, **vars(result))
    if payment.amount_refunded:  # It came too late, or twice.
        send_refunds(payment=payment)
    if payment.status == Payment.Status.FAILED:
        # What gateways say by themselves is translated; what a bank says is passed on.
        raise PaymentDeclined(gettext(payment.failure))
    return payment


def cancel(
    *,
    booking_id: int,
    cancelled_by: User,
    reason: str = "",
    in_full: bool = False,
    request: IdempotentRequest | None = None,
) -> Booking:
    """Cancel a booking, end its open payment, and send its money back."""
    booking = services.cancel_booking(
        booking_id=booking_id,
        cancelled_by=cancelled_by,
        reason=reason,
        in_full=in_full,
        request=request,
    )
    end_open_payments(booking=booking_id)
    send_refunds(booking=booking_id)
    return booking


def cancel_show(*, show_id: int, cancelled_by: User, reason: str = "") -> services.ShowCancellation:
    """
    Cancel a show, and send the money of its bookings back.

    Where that takes long, the periodic jobs, or a repetition of this, do what is left.
    """
    cancellation = services.cancel_show(show_id=show_id, cancelled_by=cancelled_by, reason=reason)
    until = time.monotonic() + PATIENCE
    end_open_payments(booking__show=show_id, until=until)
    send_refunds(booking__show=show_id, until=until)
    return cancellation


def preview_show_cancellation(*, show_id: int, **_: Any) -> services.ShowCancellation:
    """What `cancel_show` would do; nothing is changed."""
    return services.preview_cancellation(show_id=show_id)


def expire() -> int:
    """
    Tidy what was not paid in time; how many bookings.

    The provider is asked first what became of payments whose answer was lost, and to end those
    that are open: one that went through confirms.
    """
    _find_lost_payments(booking__in=Booking.objects.past_expiry())
    end_open_payments(booking__in=Booking.objects.past_expiry())
    return services.expire_bookings()


def end_open_payments(*, until: float = math.inf, **which: object) -> None:
    """
    Have the provider end what customers might still pay for some bookings, and take what it says
    of that. Nothing is begun after `until`, by the clock of `time.monotonic`.
    """
    for payment in Payment.objects.filter(_PAYABLE, **which):
        gateway = gateway_named(payment.provider)
        if gateway and time.monotonic() < until:
            try:
                _end(gateway, payment, why="not paid in time")
            except GatewayUnavailable:
                # Should it still succeed, its event or the reconciliation settles that.
                log.warning("payment not ended", extra={"payment": payment.pk})


def send_refunds(*, until: float = math.inf, **which: object) -> int:
    """Send the refunds that are due, of a booking, a show or all; how many went back."""
    due = services.refunds_to_send().filter(**which).order_by("pk")
    return sum(time.monotonic() < until and _send(refund) for refund in due)


def receive_event(*, provider: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Take an event that a provider sent; what came of it. Raises NotFound for another provider."""
    gateway = gateway_named(provider)
    if gateway is None:
        raise NotFound()
    try:
        with connections_released():
            event = gateway.read_event(body, headers)
    except GatewayUnavailable as error:
        raise Busy("The payment provider gives no answer. Send the event again.") from error
    try:
        outcome = services.record_event(provider=provider, **asdict(event))
    except InvalidField as refusal:
        # Genuine, and yet not what was asked for: the log is all that it leaves.
        log.error("event refused", extra={"event": event.event_id, "reason": str(refusal)})
        raise
    log.info("provider event", extra={"event": event.event_id, "outcome": outcome})
    if event.status == Payment.Status.SUCCEEDED and outcome != services.AGREES:
        send_refunds(payment=event.payment_id)
    return outcome


def complete_sandbox_payment(*, client_secret: str) -> Payment:
    """
    What the customer does on a bank's page: the sandbox then sends its event, signed.

    Raises NotFound for a secret that opens no payment.
    """
    gateway = gateway_named("sandbox")
    payment_id = gateway.payment_of(client_secret) if gateway else None
    payment = Payment.objects.filter(pk=payment_id).first()
    if payment is None:
        raise NotFound()
    body, headers = gateway.signed_event(
        event_id=f"evt-{secrets.token_hex(8)}",
        type="payment.succeeded",
        payment_id=payment.pk,
        amount=payment.amount,
        currency=payment.currency,
    )
    receive_event(provider="sandbox", body=body, headers=headers)
    payment.refresh_from_db()
    return payment


def record_state(provider: str, state: PaymentState) -> str:
    return services.record_state(provider=provider, **asdict(state))


def compare(provider: str, states: Iterable[PaymentState]) -> Iterator[str]:
    """Settle what is not as the provider says, for many of its payments; what came of each."""
    states = iter(states)
    while page := list(islice(states, PAGE)):
        differing = services.find_differing(
            provider=provider, states=[asdict(state) for state in page]
        )
        for state in page:
            is_different = state.provider_id in differing
            yield record_state(provider, state) if is_different else services.AGREES


def record_failed_refund(provider: str, provider_id: str, refund: RefundState) -> str:
    return services.record_failed_refund(
        provider=provider, provider_id=provider_id, refund=asdict(refund)
    )


def _order(payment: Payment) -> PaymentOrder:
    return PaymentOrder(
        payment_id=payment.pk,
        idempotency_key=payment.idempotency_key,
        amount=payment.amount,
        currency=payment.currency,
        payment_method=payment.payment_method,
    )


def _end_earlier(gateway: Gateway, booking_id: int) -> None:
    """
    End what the customer might still pay by an earlier attempt, before there is another: money is
    not to be taken twice. Raises Busy, and InvalidTransition where the bank is at it.
    """
    for payment in Payment.objects.filter(_PAYABLE, booking=booking_id, provider=gateway.name):
        try:
            state = _end(gateway, payment, why="superseded by another attempt")
        except GatewayUnavailable as error:
            raise Busy(
                gettext("The payment provider gives no answer. Send the same request again.")
            ) from error
        if state and state.status == Payment.Status.REQUIRES_ACTION:
            raise InvalidTransition(
                gettext("The bank is still at an earlier payment."),
                booking_status=Booking.Status.PENDING,
            )


def _end(gateway: Gateway, payment: Payment, *, why: str) -> PaymentState | None:
    """Ask the provider to end a payment, and take what it says. Raises GatewayUnavailable."""
    with connections_released():
        state = gateway.cancel_payment(provider_id=payment.provider_id)
    if state and state.status != Payment.Status.FAILED:
        record_state(gateway.name, state)
    else:
        services.close_payment(payment_id=payment.pk, failure=why)
    return state


def _find_lost_payments(**which: object) -> None:
    """Take what the provider says of attempts of which it alone knows whether they arrived."""
    gateway = gateway_named(settings.PAYMENT_PROVIDER)
    lost = Payment.objects.filter(status=Payment.Status.PROCESSING, **which)
    asked_at = dict(lost.exclude(asked_until__gt=Now()).values_list("pk", "created_at"))
    if not gateway or not asked_at:
        return
    try:
        for state in gateway.payments_since(min(asked_at.values()) - CLOCKS_DIFFER):
            if state.payment_id in asked_at:
                record_state(gateway.name, state)
    except GatewayUnavailable:
        log.warning("payments not found", extra={"payments": sorted(asked_at)})


def _send(refund: Refund) -> bool:
    gateway = gateway_named(refund.payment.provider)
    if gateway is None:
        log.error("no gateway for a refund", extra={"refund": refund.pk})
        return False
    key, payment = services.refund_key(refund), refund.payment
    try:
        with connections_released():
            result = gateway.refund(
                provider_id=payment.provider_id,
                amount=refund.amount,
                currency=payment.currency,
                idempotency_key=key,
            )
    except GatewayUnavailable:
        result = RefundResult(status=None, failure="no answer")
    refund = services.record_refund(refund_id=refund.pk, key=key, **vars(result))
    return refund.status == Refund.Status.SUCCEEDED
