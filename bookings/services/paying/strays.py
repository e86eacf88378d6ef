"""Money at the provider that fits no payment of ours, put aside for staff."""

import logging

from bookings.models import Payment, StrayPayment
from bookings.payments.states import PaymentState

log = logging.getLogger(__name__)


def put_aside(provider: str, state: PaymentState, payment: Payment | None, reason: str) -> str:
    """
    Store money that fits no payment for staff to settle.

    Return the outcome. A line that staff have settled is opened again if the provider reports
    something else by now.
    """
    log.error(
        "stray payment",
        extra={"provider": provider, "provider_id": state.provider_id, "reason": reason},
    )
    reported = {
        "payment": payment,
        "status": state.status,
        "amount": state.amount,
        "currency": state.currency,
        "reason": reason,
    }
    known, is_new = StrayPayment.objects.select_for_update().get_or_create(
        provider=provider, provider_id=state.provider_id, defaults=reported
    )
    if not is_new and any(getattr(known, name) != value for name, value in reported.items()):
        StrayPayment.objects.filter(pk=known.pk).update(**reported, settled_at=None)
    return f"put aside: {reason}"
