"""The provider's view of a payment, compared with ours and applied."""

from collections.abc import Sequence

from django.db import transaction

from bookings.models import Payment, Refund
from bookings.payments.states import PaymentState
from bookings.services.paying.outside_refunds import apply_refund
from bookings.services.paying.steps import apply_status, is_known, lock_payment
from bookings.services.paying.strays import put_aside

_SUCCEEDED = Refund.Status.SUCCEEDED


@transaction.atomic(durable=True)
def record_state(*, provider: str, state: PaymentState) -> str:
    """
    Bring a payment to the provider's state, and return the outcome.

    A state that fits no payment of ours, or not its amount, is put aside for staff.
    """
    payments = Payment.objects.filter(provider=provider)
    known = (
        payments.filter(pk=state.payment_id).first()
        or payments.filter(provider_id=state.provider_id).first()
    )
    if known is None:
        return put_aside(provider, state, None, "no payment of ours")
    booking, seats, payment = lock_payment(known.pk, known.booking_id)
    if payment.provider_id not in ("", state.provider_id):
        return put_aside(provider, state, payment, "a second payment of one attempt")
    if (state.amount, state.currency) != (payment.amount, payment.currency):
        return put_aside(provider, state, payment, "another amount or currency")
    payment.provider_id = state.provider_id
    payment.save(update_fields=["provider_id", "updated_at"])
    apply_status(payment, state.status, booking, seats, failure="declined")
    for refund in state.refunds:
        apply_refund(refund, payment, booking)
    sent_back = sum(refund.amount for refund in state.refunds if refund.status == _SUCCEEDED)
    if sent_back > payment.amount_refunded:
        return put_aside(provider, state, payment, "refunded at the provider, not here")
    return f"payment {payment.status}, booking {booking.status}"


def find_differing(*, provider: str, states: Sequence[PaymentState]) -> set[str]:
    """Return the ids of payments whose state at the provider differs."""
    ids = {state.provider_id for state in states}
    payments = Payment.objects.filter(provider=provider, provider_id__in=ids)
    known = {payment.provider_id: payment for payment in payments.prefetch_related("refunds")}
    agreeing = {
        state.provider_id
        for state in states
        if state.provider_id in known and _agrees(known[state.provider_id], state)
    }
    return ids - agreeing


def _agrees(payment: Payment, state: PaymentState) -> bool:
    """Tell whether a payment and its refunds match the provider's report."""
    identity = (state.provider_id, state.amount, state.currency)
    sent_back = {refund.provider_id for refund in state.refunds if refund.status == _SUCCEEDED}
    return is_known(payment, identity, state.status) and sent_back == {
        refund.provider_id for refund in payment.refunds.all() if refund.status == _SUCCEEDED
    }
