"""
Disputes: payments that a customer's bank takes back.

The provider is asked for the present state of a dispute whenever an event names it. So events may
come twice, late and in any order. A dispute changes no booking: whether the tickets stay valid is
decided by staff, who are told.
"""

from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now

from bookings.models import Dispute, LedgerEntry, Payment
from bookings.payments.states import DisputeState
from bookings.services.ledger import note_dispute
from bookings.services.losses import spread_losses
from bookings.services.outbox import queue_dispute_for_staff
from bookings.services.paying.strays import keep_line

State = Dispute.State
Kind = LedgerEntry.Kind
OUTDATED = "older than what is known of the dispute"

# A dispute only moves on in this order. The last word of a bank may still turn from lost to won.
_ORDER = {
    State.INQUIRY: 0,
    State.INQUIRY_CLOSED: 1,
    State.NEEDS_RESPONSE: 2,
    State.UNDER_REVIEW: 3,
    State.LOST: 4,
    State.WON: 5,
}


@transaction.atomic(durable=True)
def record_dispute(*, provider: str, state: DisputeState) -> str:
    """Bring a dispute to the provider's state, and return the outcome."""
    payments = Payment.objects.filter(provider=provider, provider_id=state.payment_id)
    known = payments.first() if state.payment_id else None
    return apply_dispute(provider, state, known)


def apply_dispute(provider: str, state: DisputeState, known: Payment | None) -> str:
    """
    Apply the provider's report of a dispute, and return the outcome.

    A dispute that fits no payment of ours is a line for staff.
    """
    if known is None or state.currency != known.currency or state.amount <= 0:
        return keep_line(
            provider=provider,
            provider_id=state.provider_id,
            payment=known,
            status=state.state,
            amount=state.amount,
            currency=state.currency,
            reason="a dispute that fits no payment",
        )
    payment = Payment.objects.locked().annotate(clock=Now()).get(pk=known.pk)
    dispute = Dispute.objects.filter(provider_id=state.provider_id).first()
    if dispute is None:
        dispute = Dispute(payment=payment, provider_id=state.provider_id, opened_at=state.opened_at)
    elif _is_outdated(dispute, state):
        return OUTDATED
    return _apply(dispute, state, payment)


def _is_outdated(dispute: Dispute, state: DisputeState) -> bool:
    noted = _noted(dispute)
    return (
        _ORDER[State(state.state)] < _ORDER[State(dispute.state)]
        or state.taken < -noted[Kind.DISPUTED]
        or state.returned < noted[Kind.DISPUTE_WON]
    )


def _apply(dispute: Dispute, state: DisputeState, payment: Payment) -> str:
    before, is_new = dispute.state, dispute.pk is None
    noted = _noted(dispute)
    if not noted[Kind.DISPUTED]:
        dispute.amount, dispute.currency = state.amount, state.currency
    dispute.state, dispute.reason = state.state, state.reason
    dispute.evidence_due_at = state.evidence_due_at
    is_closed = state.state in Dispute.CLOSED
    dispute.closed_at = (dispute.closed_at or payment.clock) if is_closed else None
    dispute.save()
    moved = _note_movements(dispute, state, noted)
    if moved or before != dispute.state:
        spread_losses(payment)
    if before != dispute.state:
        queue_dispute_for_staff(dispute, payment)
    news = is_new or moved or before != dispute.state
    return f"dispute {dispute.state}" if news else "nothing to do"


def _note_movements(dispute: Dispute, state: DisputeState, noted: dict[str, Decimal]) -> bool:
    """Write down what moved since the last report. Return whether anything did."""
    new = {
        Kind.DISPUTED: (-state.taken - noted[Kind.DISPUTED], state.currency),
        Kind.DISPUTE_WON: (
            min(state.returned, state.taken) - noted[Kind.DISPUTE_WON], state.currency,
        ),
        Kind.DISPUTE_FEE: (-state.fee - noted[Kind.DISPUTE_FEE], state.fee_currency),
    }  # fmt: skip
    moved = [(kind, amount, currency) for kind, (amount, currency) in new.items() if amount]
    for kind, amount, currency in moved:
        note_dispute(dispute, kind=kind, amount=amount, currency=currency or state.currency)
    return bool(moved)


def _noted(dispute: Dispute) -> dict[str, Decimal]:
    """Return the sums of the ledger's rows of a dispute, by kind."""
    sums = dict.fromkeys(LedgerEntry.DISPUTES, Decimal(0))
    if dispute.pk:
        rows = LedgerEntry.objects.filter(dispute=dispute).order_by().values_list("kind")
        sums.update(dict(rows.annotate(sum=Sum("amount"))))
    return sums
