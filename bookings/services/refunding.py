"""
Refunds on their way: what the provider said of them, and when to ask again.

No network here: `bookings.checkout` sends them between these transactions.
"""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now

from bookings.models import Payment, Refund
from bookings.services.ledger import note_refund

FIRST_PAUSE = timedelta(seconds=30)


def refunds_to_send() -> QuerySet[Refund]:
    """Pending refunds whose time to be sent, or sent again, has come."""
    due = Q(next_try_at=None) | Q(next_try_at__lte=Now())
    return Refund.objects.filter(due, status=Refund.Status.PENDING).select_related("payment")


@transaction.atomic(durable=True)
def record_refund(
    *, refund_id: int, key: str, status: str | None, provider_id: str = "", failure: str = ""
) -> Refund:
    """
    Store what the provider said of the try with this key; None: it gave no answer.

    A refund that it has not carried out is tried again later: after a refusal as a new request,
    else with the same key, as it may have been carried out all the same.
    """
    payment = Payment.objects.locked().get(refunds=refund_id)
    refund = Refund.objects.locked().annotate(clock=Now()).get(pk=refund_id)
    if refund.status == Refund.Status.SUCCEEDED:
        return refund
    if status == Refund.Status.SUCCEEDED:
        refund.provider_id = provider_id or refund.provider_id
        refund.tries += 1
        _succeed(refund, payment)
    # Else only what is said of the last try counts: it may have been carried out by now, and a
    # further one with another key would send the money twice.
    elif refund.status == Refund.Status.PENDING and key == refund_key(refund):
        refund.provider_id = provider_id or refund.provider_id
        _try_later(refund, failure, refused=status == Refund.Status.FAILED)
    return refund


@transaction.atomic(durable=True)
def retry_refund(*, refund_id: int) -> Refund:
    """Staff send a refund that failed, or waits, again: now, and from the first pause on."""
    refund = Refund.objects.locked().get(pk=refund_id)
    if refund.status != Refund.Status.SUCCEEDED:
        refund.status, refund.tries, refund.next_try_at = Refund.Status.PENDING, 0, None
        refund.save()
    return refund


def settle_refunds(
    payment: Payment,
    *,
    at_provider: Decimal | None = None,
    exactly: Decimal | None = None,
    key: str | None = None,
) -> bool:
    """
    Mark refunds as carried out that the provider says went back; whether there were any.

    `at_provider` is all that it gave back of the payment; `exactly` what one event says it did, of
    the refund with that key where the event names it. Expects the payment's lock.
    """
    open_refunds = Refund.objects.locked().filter(payment=payment)
    open_refunds = open_refunds.exclude(status=Refund.Status.SUCCEEDED)
    if exactly is not None:
        named = Q(pk=_id_in(key)) if key else Q()
        settled = list(open_refunds.filter(named, amount=exactly)[:1])
    else:
        settled = []
        rest = (at_provider or Decimal(0)) - carried_out(payment)
        for refund in open_refunds:
            if refund.amount <= rest:
                settled.append(refund)
                rest -= refund.amount
    for refund in settled:
        _succeed(refund, payment)
    return bool(settled)


def note_refusal(payment: Payment, *, key: str | None, failure: str | None) -> str:
    """A refund failed at the provider after it was taken: the next try is a new request."""
    refunds = Refund.objects.locked().annotate(clock=Now())
    refund = refunds.filter(payment=payment, pk=_id_in(key)).first()
    if refund is None or not failure or refund.status != Refund.Status.PENDING:
        return "nothing to do"
    if key != refund_key(refund):
        return "known already"
    _try_later(refund, failure, refused=True)
    return "refund refused"


def refund_key(refund: Refund) -> str:
    """What the provider knows a try by; a refused one gets a new key."""
    return f"refund:{refund.pk}:{refund.refusals}"


def _id_in(key: str | None) -> int | None:
    parts = (key or "").split(":")
    return int(parts[1]) if len(parts) == 3 and parts[1].isdigit() else None


def _try_later(refund: Refund, failure: str, *, refused: bool) -> None:
    refund.tries += 1
    refund.refusals += refused
    refund.failure = failure
    # 30 s, a minute, two … four hours; then staff must look.
    refund.next_try_at = refund.clock + FIRST_PAUSE * 2 ** (refund.tries - 1)
    if refund.tries >= Refund.MOST_TRIES:
        refund.status = Refund.Status.FAILED
    refund.save()


def _succeed(refund: Refund, payment: Payment) -> None:
    refund.status, refund.next_try_at, refund.failure = Refund.Status.SUCCEEDED, None, ""
    refund.save()
    note_refund(refund, payment)
    if carried_out(payment) == payment.amount:
        payment.status = Payment.Status.REFUNDED
        payment.save()


def carried_out(payment: Payment) -> Decimal:
    """What the provider has given back of a payment."""
    succeeded = Refund.objects.filter(payment=payment, status=Refund.Status.SUCCEEDED)
    return succeeded.aggregate(total=Sum("amount"))["total"] or Decimal(0)
