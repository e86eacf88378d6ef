"""Refunds at the provider: sent, and looked up after a lost answer."""

import logging
import math
import time
from collections.abc import Iterable

from bookings import services
from bookings.models import Payment, Refund
from bookings.payments.gateway import GatewayUnavailable
from bookings.payments.providers import gateway_named
from bookings.payments.states import RefundResult, RefundState
from eventbooking_system.db.connection_pool import connections_released

log = logging.getLogger(__name__)


def send_refunds(*, until: float = math.inf, **which: object) -> int:
    """Send the due refunds, and return the number that succeeded."""
    due = services.refunds_to_send().filter(**which).order_by("pk")
    return sum(time.monotonic() < until and _send(refund) for refund in due)


def record_failed_refund(provider: str, provider_id: str, refund: RefundState) -> str:
    """Record a refund that failed at the provider, and return the outcome."""
    return services.record_failed_refund(provider=provider, provider_id=provider_id, refund=refund)


def look_up_before(refunds: Iterable[RefundState], provider: str, provider_id: str) -> None:
    """
    Look up a payment's refunds if the provider has unknown ones.

    The unknown ones were made at the provider itself.
    """
    outside = {refund.provider_id for refund in refunds if services.is_from_outside(refund)}
    payments = Payment.objects.filter(provider=provider, provider_id=provider_id)
    if outside and provider_id:
        _look_up(payment__in=payments)


def _look_up(**which: object) -> None:
    """Look up the refunds whose answer was lost, and record them."""
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
