"""The reconciliation of our payments with the provider's."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from bookings import checkout, services
from bookings.idempotency.requests import LEASE
from bookings.models import Booking, Dispute, Payment, Reconciliation
from bookings.payments.gateway import Gateway
from bookings.payments.providers import gateway_named
from bookings.payments.states import DisputeState

log = logging.getLogger(__name__)

# Clocks differ, and a payment may appear in the provider's list some time after it was made.
OVERLAP = timedelta(hours=1)


def reconcile(provider: str) -> Counter[str]:
    """
    Settle all differences since an hour before the last run.

    Return the number of payments for each outcome. Raises GatewayUnavailable.
    """
    gateway = gateway_named(provider)
    if gateway is None:
        return Counter()
    started_at = timezone.now()
    mark = Reconciliation.objects.filter(provider=provider).first()
    oldest = Payment.objects.filter(provider=provider).order_by("pk").first()
    since = (mark.up_to if mark else oldest.created_at if oldest else started_at) - OVERLAP
    outcomes: Counter[str] = Counter()
    for outcome in checkout.compare(provider, gateway.payments_since(since)):
        outcomes[outcome] += 1
    # Old payments are included, because a bank may return a refund after weeks.
    for provider_id, refund in gateway.failed_refunds_since(since):
        outcomes[checkout.record_failed_refund(provider, provider_id, refund)] += 1
    outcomes += _ask_for_open_ones(provider)
    for dispute in [*gateway.disputes_since(since), *_open_disputes(gateway)]:
        outcomes[services.record_dispute(provider=provider, state=dispute)] += 1
    over = [Booking.Status.CONFIRMED, Booking.Status.EXPIRED, Booking.Status.CANCELLED]
    checkout.end_open_payments(provider=provider, booking__status__in=over)
    Reconciliation.objects.update_or_create(provider=provider, defaults={"up_to": started_at})
    checkout.send_refunds(payment__provider=provider)
    return outcomes


def _ask_for_open_ones(provider: str) -> Counter[str]:
    """Settle the open attempts that the provider's list did not contain."""
    gateway, outcomes = gateway_named(provider), Counter()
    over = timezone.now() - LEASE
    for payment in Payment.objects.filter(
        provider=provider, status__in=Payment.OPEN, updated_at__lt=over
    ):
        if payment.provider_id:
            state = gateway.payment_state(provider_id=payment.provider_id)
            if state:
                outcomes[checkout.record_state(provider, state)] += 1
        elif services.give_up_payment(payment_id=payment.pk):
            outcomes["never reached the provider"] += 1
    return outcomes


def _open_disputes(gateway: Gateway) -> Iterator[DisputeState]:
    """Ask for the disputes that were open here when last heard of."""
    in_progress = Dispute.objects.in_progress().filter(payment__provider=gateway.name)
    for provider_id in in_progress.values_list("provider_id", flat=True):
        if state := gateway.dispute_state(provider_id=provider_id):
            yield state
