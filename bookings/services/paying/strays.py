"""Money that fits no payment of ours, put aside for staff."""

import logging
from decimal import Decimal

from bookings.models import Payment, StrayPayment
from bookings.payments.states import PaymentState

log = logging.getLogger(__name__)


def put_aside(provider: str, state: PaymentState, payment: Payment | None, reason: str) -> str:
    """Keep a line about a payment that cannot be booked. Return the outcome."""
    return keep_line(
        provider=provider,
        provider_id=state.provider_id,
        payment=payment,
        status=state.status,
        amount=state.amount,
        currency=state.currency,
        reason=reason,
    )


def keep_line(
    *,
    provider: str,
    provider_id: str,
    payment: Payment | None,
    status: str,
    amount: Decimal,
    currency: str,
    reason: str,
) -> str:
    """
    Keep a line for staff about the provider; return the outcome.

    `provider_id` is the provider's id of a payment, a refund or a dispute. A line that staff have
    settled is opened again if the provider reports something else by now.
    """
    log.error(
        "stray payment",
        extra={"provider": provider, "provider_id": provider_id, "reason": reason},
    )
    reported = {
        "payment": payment,
        "status": status,
        "amount": amount,
        "currency": currency,
        "reason": reason,
    }
    known, is_new = StrayPayment.objects.select_for_update().get_or_create(
        provider=provider, provider_id=provider_id, defaults=reported
    )
    if not is_new and any(getattr(known, name) != value for name, value in reported.items()):
        StrayPayment.objects.filter(pk=known.pk).update(**reported, settled_at=None)
    return f"put aside: {reason}"
