"""The money that lost disputes took."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Sum

from bookings.models import Dispute, LedgerEntry, Payment, Refund

Status = Refund.Status


def spread_losses(payment: Payment) -> None:
    """
    Settle owed refunds with the losses of disputes, and count the rest.

    The customer has this money already, so a refund would be the second. If a dispute is won after
    all, its refunds are owed again. A refund that the provider may have received waits
    until it is looked up there. Expects the payment's lock.
    """
    lost = min(_lost(payment), payment.amount)
    refunds = list(Refund.objects.locked().filter(payment=payment))
    settled = sum((each.amount for each in refunds if each.status == Status.SETTLED), Decimal(0))
    for refund in refunds:
        is_open = refund.status in Refund.OWED and refund.asked_until is None
        if is_open and settled < lost:
            settled += _turn(refund, to=Status.SETTLED, at_most=lost - settled)
        elif refund.status == Status.SETTLED and settled > lost:
            settled -= _turn(refund, to=Status.PENDING, at_most=settled - lost)
    payment.amount_lost = min(lost - settled, payment.amount - payment.amount_refunded)
    payment.save(update_fields=["amount_lost", "updated_at"])


def settle_new_refunds(payments: Iterable[Payment]) -> Decimal:
    """
    Settle new refunds of payments that disputes took. Return the amount that is not sent.

    Expects the payments' locks.
    """
    settled = Decimal(0)
    for payment in payments:
        if payment.amount_lost:
            before = payment.amount_lost
            spread_losses(payment)
            settled += before - payment.amount_lost
    return settled


def _lost(payment: Payment) -> Decimal:
    lost = Dispute.objects.filter(payment=payment, state=Dispute.State.LOST)
    amount = lost.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    returned = LedgerEntry.objects.filter(dispute__in=lost, kind=LedgerEntry.Kind.DISPUTE_WON)
    return amount - (returned.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))


def _turn(refund: Refund, *, to: Refund.Status, at_most: Decimal) -> Decimal:
    """Give a refund, or a part of it, another status. Return the amount."""
    part = min(refund.amount, at_most)
    if part == refund.amount:
        refund.status, refund.next_try_at = to, None
        refund.save()
        return part
    # An earlier request of another amount may have had this key.
    refund.amount -= part
    refund.refusals += 1
    refund.save()
    Refund.objects.create(
        booking_id=refund.booking_id,
        payment=refund.payment,
        amount=part,
        reason=refund.reason,
        status=to,
    )
    return part
