"""
Payments at the provider.

They are started, recorded, ended, and found again after a lost answer.
"""

import logging
import math
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import OperationalError
from django.db.models.functions import Now
from django.utils.translation import gettext

from bookings import services
from bookings.checkout import refunds, states
from bookings.errors import BookingExpired, ExchangeNotAllowed, InvalidTransition, PaymentDeclined
from bookings.idempotency.requests import IdempotentRequest
from bookings.models import Booking, Payment
from bookings.payments.gateway import Gateway, GatewayUnavailable
from bookings.payments.providers import gateway_named
from bookings.payments.states import PaymentOrder, PaymentResult, PaymentState
from eventbooking_system.db.connection_pool import connections_released
from eventbooking_system.db.contention import left_to_jobs, retried
from eventbooking_system.db.lanes import PAYMENTS
from eventbooking_system.errors import Busy, InvalidField
from eventbooking_system.problems import is_contention

log = logging.getLogger(__name__)

RECORD_TRIES = 2  # Each waits up to 3 s for seats that others have locked.
CLOCKS_DIFFER = timedelta(minutes=5)


def pay(
    *, booking_id: int, payment_method: str | None = None, request: IdempotentRequest | None = None
) -> Payment:
    """
    Pay for a booking.

    Raises PaymentDeclined, which leaves the hold as it was, and Busy if the provider gave no
    answer; then the same request may be sent again. Raises ExchangeNotAllowed, and ends the hold,
    for an exchange whose older tickets were used or given back meanwhile.
    """
    gateway = gateway_named(settings.PAYMENT_PROVIDER)
    if gateway is None:
        raise PaymentDeclined(gettext("No payment provider is set up here."))
    payment_method = gateway.default_method if payment_method is None else payment_method
    gateway.check_method(payment_method)
    open_payment = partial(
        services.open_payment,
        booking_id=booking_id,
        provider=gateway.name,
        payment_method=payment_method,
        request=request,
    )
    try:
        try:
            payment = open_payment()
        except services.EarlierAttempts:
            _end_earlier(gateway, booking_id)
            payment = open_payment(earlier_ended=True)
    except ExchangeNotAllowed:
        services.end_exchange(booking_id=booking_id)
        raise
    if payment.status != Payment.Status.PROCESSING:
        return payment
    result = services.kept_report(payment) or _ask(gateway, payment, request)
    payment = _record(payment, result, request)
    if payment.status == Payment.Status.FAILED:
        # The gateways' own sentences are translated; a bank's words are passed on.
        raise PaymentDeclined(gettext(payment.failure))
    return payment


def record_reports() -> int:
    """Record the answers that were kept while seats were locked. Return their number."""
    count = 0
    for payment in services.payments_to_record():
        with left_to_jobs(), suppress(BookingExpired, InvalidTransition):
            _record(payment, services.kept_report(payment), None)
            count += 1
    return count


def end_open_payments(*, until: float = math.inf, **which: object) -> None:
    """
    Ask the provider to end the payments that customers might still complete.

    Nothing is started after `until`, by the clock of `time.monotonic`.
    """
    for payment in Payment.objects.filter(services.PAYABLE, **which):
        gateway = gateway_named(payment.provider)
        if gateway and time.monotonic() < until:
            try:
                _end(gateway, payment, why="not paid in time")
            except GatewayUnavailable:
                # If it succeeds after all, its event or the reconciliation settles it.
                log.warning("payment not ended", extra={"payment": payment.pk})


def find_lost_payments(**which: object) -> None:
    """Ask the provider for attempts without an answer, and record them."""
    gateway = gateway_named(settings.PAYMENT_PROVIDER)
    lost = Payment.objects.filter(status=Payment.Status.PROCESSING, **which)
    asked_at = dict(lost.exclude(asked_until__gt=Now()).values_list("pk", "created_at"))
    if not gateway or not asked_at:
        return
    try:
        for state in gateway.payments_since(min(asked_at.values()) - CLOCKS_DIFFER):
            if state.payment_id in asked_at:
                states.record_state(gateway.name, state)
    except GatewayUnavailable:
        log.warning("payments not found", extra={"payments": sorted(asked_at)})


def _order(payment: Payment) -> PaymentOrder:
    return PaymentOrder(
        payment_id=payment.pk,
        idempotency_key=payment.idempotency_key,
        amount=payment.amount,
        currency=payment.currency,
        payment_method=payment.payment_method,
    )


def _ask(gateway: Gateway, payment: Payment, request: IdempotentRequest | None) -> PaymentResult:
    """Ask the provider to take a payment. Raises Busy if it gives no answer, and InvalidField."""
    try:
        order = _order(payment)
        with connections_released():
            return gateway.create_payment(order)
    except GatewayUnavailable as error:
        services.release_payment(payment_id=payment.pk, request=request)
        raise Busy(
            gettext("The payment provider gives no answer. Send the same request again.")
        ) from error
    except InvalidField as refusal:
        failed = PaymentResult(status=Payment.Status.FAILED, failure=refusal.detail)
        services.record_payment(payment_id=payment.pk, booking_id=payment.booking_id, result=failed)
        raise


def _record(payment: Payment, result: PaymentResult, request: IdempotentRequest | None) -> Payment:
    """
    Record the provider's answer, and refund a late payment.

    Return the payment as `processing` if other requests keep the booking's seats locked for long.
    The money may be taken, and a repeated request or a job records it. Raises BookingExpired, and
    InvalidTransition if the booking is confirmed or cancelled already.
    """
    try:
        with PAYMENTS.enter(payment.booking.show_id):
            payment = retried(
                services.record_payment,
                payment_id=payment.pk,
                booking_id=payment.booking_id,
                result=result,
                request=request,
                tries=RECORD_TRIES,
            )
    except (OperationalError, Busy) as error:
        if isinstance(error, OperationalError) and not is_contention(error):
            raise
        log.warning("payment not recorded yet", extra={"payment": payment.pk})
        return services.keep_report(payment_id=payment.pk, result=result, request=request)
    if services.goes_back(payment):
        with left_to_jobs():
            refunds.send_refunds(payment=payment)
        raise services.refusal_of_returned(payment)
    return payment


def _end_earlier(gateway: Gateway, booking_id: int) -> None:
    """
    End earlier attempts, so that money is not taken twice.

    Raises Busy, and InvalidTransition if the bank is still working on an earlier payment.
    """
    for payment in Payment.objects.filter(
        services.PAYABLE, booking=booking_id, provider=gateway.name
    ):
        try:
            state = _end(gateway, payment, why="superseded by another attempt")
        except GatewayUnavailable as error:
            raise Busy(
                gettext("The payment provider gives no answer. Send the same request again.")
            ) from error
        if state and state.status == Payment.Status.REQUIRES_ACTION:
            raise InvalidTransition(
                gettext("The bank is still processing an earlier payment."),
                booking_status=Booking.Status.PENDING,
            )


def _end(gateway: Gateway, payment: Payment, *, why: str) -> PaymentState | None:
    """Ask the provider to end a payment, and record its answer. Raises GatewayUnavailable."""
    with connections_released():
        state = gateway.cancel_payment(provider_id=payment.provider_id)
    if state and state.status != Payment.Status.FAILED:
        states.record_state(gateway.name, state)
    else:
        services.close_payment(payment_id=payment.pk, failure=why)
    return state
