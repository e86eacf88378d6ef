"""
Checkout: the services and the payment provider, joined.

Reserve, commit, ask the provider, record. This is the only module that imports both, and it never
uses the network inside a transaction.
"""

import logging
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.models.functions import Now
from django.utils.translation import gettext

from bookings import services
from bookings.errors import (
    BookingExpired,
    ExchangeNotAllowed,
    InvalidTransition,
    PaymentDeclined,
)
from bookings.idempotency.requests import IdempotentRequest
from bookings.models import Booking, Payment, Refund
from bookings.payments.gateway import Gateway, GatewayUnavailable
from bookings.payments.providers import gateway_named
from bookings.payments.states import (
    PaymentOrder,
    PaymentResult,
    PaymentState,
    RefundResult,
    RefundState,
)
from eventbooking_system.db.connection_pool import connections_released
from eventbooking_system.db.contention import left_to_jobs, retried
from eventbooking_system.db.lanes import PAYMENTS
from eventbooking_system.errors import Busy, InvalidField, NotFound
from eventbooking_system.problems import is_contention
from users.models import User

log = logging.getLogger(__name__)

# Seconds for which a request waits while the refunds of a whole show are sent.
PATIENCE = 10
RECORD_TRIES = 2  # While others have the seats locked, for up to 3 s each.
# Payments that are compared at once.
PAGE = 100
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
    Record the provider's answer, and send a payment back that came too late.

    Return the payment as `processing` if others keep the booking's seats locked for long: the money
    may be taken, and a repeated request or a job records it. Raises BookingExpired, and
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
            send_refunds(payment=payment)
        raise services.refusal_of_returned(payment)
    return payment


def record_reports() -> int:
    """Record the providers' answers that were kept while seats were locked; return their number."""
    count = 0
    for payment in services.payments_to_record():
        with left_to_jobs(), suppress(BookingExpired, InvalidTransition):
            _record(payment, services.kept_report(payment), None)
            count += 1
    return count


def exchange(
    *,
    caller: services.Caller,
    exchange: services.Exchange,
    wanted: services.SeatRequest,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Hold the seats for which tickets are exchanged, and send back what is left over.

    Raises as `services.hold` does.
    """
    booking = services.hold(caller=caller, wanted=wanted, request=request, exchange=exchange)
    if not booking.price_to_pay:
        with left_to_jobs():
            send_refunds(booking=exchange.booking_id)
    return booking


def refund_amount(*, booking_id: int, amount: Decimal, reason: str, by: User) -> None:
    """Refund an amount of a booking for staff. Raises InvalidTransition and InvalidField."""
    services.refund_amount(booking_id=booking_id, amount=amount, reason=reason, by=by)
    with left_to_jobs():
        send_refunds(booking=booking_id)


def cancel(
    *,
    booking_id: int,
    cancelled_by: User,
    ticket_ids: Sequence[int] | None = None,
    reason: str = "",
    in_full: bool = False,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Cancel a booking or some of its tickets, end its open payment, and send its refunds.

    Raises InvalidTransition, AlreadyCheckedIn and InvalidField.
    """
    booking = services.cancel_booking(
        booking_id=booking_id,
        cancelled_by=cancelled_by,
        ticket_ids=ticket_ids,
        reason=reason,
        in_full=in_full,
        request=request,
    )
    with left_to_jobs():
        end_open_payments(booking=booking_id)
        send_refunds(booking=booking_id)
    return booking


def cancel_show(*, show_id: int, cancelled_by: User, reason: str = "") -> services.ShowCancellation:
    """
    Cancel a show with its bookings, and send their refunds.

    Refunds that are not sent within PATIENCE are left to the periodic jobs.
    """
    cancellation = services.cancel_show(show_id=show_id, cancelled_by=cancelled_by, reason=reason)
    until = time.monotonic() + PATIENCE
    with left_to_jobs():
        end_open_payments(booking__show=show_id, until=until)
        send_refunds(booking__show=show_id, until=until)
    return cancellation


def finish_show_cancellations() -> None:
    """Continue the cancellations of shows that were cut off; a job sends their refunds."""
    for show_id in services.unfinished_show_cancellations():
        services.finish_show_cancellation(show_id=show_id, cancelled_by=None)
        end_open_payments(booking__show=show_id)


def preview_show_cancellation(*, show_id: int, **_: Any) -> services.ShowCancellation:
    """Count what `cancel_show` would do, without changing anything."""
    return services.preview_cancellation(show_id=show_id)


def expire() -> int:
    """
    Expire bookings that were not paid in time.

    Return their number. First the provider is asked about payments whose answer was lost, and to
    end open payments. A payment that went through confirms its booking.
    """
    record_reports()
    _find_lost_payments(booking__in=Booking.objects.past_expiry())
    end_open_payments(booking__in=Booking.objects.past_expiry())
    return services.expire_bookings()


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


def send_refunds(*, until: float = math.inf, **which: object) -> int:
    """Send the due refunds, and return the number that succeeded."""
    due = services.refunds_to_send().filter(**which).order_by("pk")
    return sum(time.monotonic() < until and _send(refund) for refund in due)


def receive_event(*, provider: str, body: bytes, headers: Mapping[str, str]) -> str:
    """
    Apply an event that a provider sent, and return the outcome.

    Raises NotFound for a provider that is not in use.
    """
    gateway = gateway_named(provider)
    if gateway is None:
        raise NotFound()
    try:
        with connections_released():
            event = gateway.read_event(body, headers)
    except GatewayUnavailable as error:
        raise Busy("The payment provider gives no answer. Send the event again.") from error
    _look_up_before(event.refunds, provider, event.provider_id)
    try:
        outcome = services.record_event(provider=provider, event=event)
    except InvalidField as refusal:
        # The event is genuine but does not fit its payment, so it is only logged.
        log.error("event refused", extra={"event": event.event_id, "reason": str(refusal)})
        raise
    log.info("provider event", extra={"event": event.event_id, "outcome": outcome})
    if event.status == Payment.Status.SUCCEEDED and outcome != services.AGREES:
        send_refunds(payment=event.payment_id)
    return outcome


def record_state(provider: str, state: PaymentState) -> str:
    """Record a payment as the provider reports it, and return the outcome."""
    _look_up_before(state.refunds, provider, state.provider_id)
    return services.record_state(provider=provider, state=state)


def compare(provider: str, states: Iterable[PaymentState]) -> Iterator[str]:
    """Settle each payment that differs from the provider's report; yield every outcome."""
    states = iter(states)
    while page := list(islice(states, PAGE)):
        differing = services.find_differing(provider=provider, states=page)
        for state in page:
            is_different = state.provider_id in differing
            yield record_state(provider, state) if is_different else services.AGREES


def record_failed_refund(provider: str, provider_id: str, refund: RefundState) -> str:
    """Record a refund that failed at the provider, and return the outcome."""
    return services.record_failed_refund(provider=provider, provider_id=provider_id, refund=refund)


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
                gettext("The bank is still at an earlier payment."),
                booking_status=Booking.Status.PENDING,
            )


def _end(gateway: Gateway, payment: Payment, *, why: str) -> PaymentState | None:
    """Ask the provider to end a payment, and record its answer. Raises GatewayUnavailable."""
    with connections_released():
        state = gateway.cancel_payment(provider_id=payment.provider_id)
    if state and state.status != Payment.Status.FAILED:
        record_state(gateway.name, state)
    else:
        services.close_payment(payment_id=payment.pk, failure=why)
    return state


def _find_lost_payments(**which: object) -> None:
    """Ask the provider for attempts without an answer, and record them."""
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


def _look_up_before(refunds: Iterable[RefundState], provider: str, provider_id: str) -> None:
    """Look our refunds of a payment up, if others that are unknown here were made at the provider."""
    outside = {refund.provider_id for refund in refunds if services.is_from_outside(refund)}
    payments = Payment.objects.filter(provider=provider, provider_id=provider_id)
    if outside and provider_id:
        _look_up(payment__in=payments)


def _look_up(**which: object) -> None:
    """Ask the provider for refunds of which the answer was lost, and record what it has."""
    for refund in services.refunds_in_doubt().filter(**which):
        gateway, key = gateway_named(refund.payment.provider), services.refund_key(refund)
        if gateway is None:
            continue
        try:
            with connections_released():
                result = gateway.find_refund(
                    provider_id=refund.payment.provider_id, idempotency_key=key
                )
        except GatewayUnavailable:
            log.warning("refund not looked up", extra={"refund": refund.pk})
            continue
        if result is None:
            services.record_absent_refund(refund=refund)
        else:
            services.record_refund(refund_id=refund.pk, key=key, result=result)


def _send(refund: Refund) -> bool:
    gateway = gateway_named(refund.payment.provider)
    if gateway is None:
        log.error("no gateway for a refund", extra={"refund": refund.pk})
        return False
    if services.must_be_looked_up(refund):
        _look_up(pk=refund.pk)
    started = services.start_refund(refund_id=refund.pk)
    if started is None:
        refund.refresh_from_db(fields=["status"])
        return refund.status == Refund.Status.SUCCEEDED
    refund = started
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
    refund = services.record_refund(refund_id=refund.pk, key=key, result=result)
    return refund.status == Refund.Status.SUCCEEDED
