"""
Refunds on their way: what the provider said of them, and when to ask again.

No network here: `bookings.checkout` sends them between these transactions.
"""

import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now

from bookings.models import Payment, Refund
from bookings.services.ledger import note_came_back, note_refund

log = logging.getLogger(__name__)
Status = Refund.Status

FIRST_PAUSE = timedelta(seconds=30)
# A bank that sends money back once may take it the next time; one that does so twice will not.
MAX_TIMES_BACK = 2
_KEY = re.compile(r"refund:([1-9][0-9]{0,17}):[0-9]{1,5}")


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
    # Only what is said of the last try counts: a success of an earlier one was told before that one
    # failed, and after a second refusal of it a further try would send the money twice.
    if key != refund_key(refund):
        return refund
    if status in (Status.SUCCEEDED, Status.FAILED):
        if status == Status.SUCCEEDED and refund.status != Status.SUCCEEDED:
            refund.tries += 1
        _take(refund, payment, status=status, provider_id=provider_id, failure=failure)
    elif refund.status == Status.PENDING:
        refund.provider_id = provider_id or refund.provider_id
        _try_later(refund, failure)
    return refund


@transaction.atomic(durable=True)
def retry_refund(*, refund_id: int) -> Refund:
    """Staff send a refund that failed, or waits, again: now, and from the first pause on."""
    refund = Refund.objects.locked().get(pk=refund_id)
    if refund.status != Refund.Status.SUCCEEDED:
        refund.status, refund.tries, refund.next_try_at = Refund.Status.PENDING, 0, None
        refund.save()
    return refund


@transaction.atomic(durable=True)
def record_failed_refund(*, provider: str, provider_id: str, refund: Mapping[str, Any]) -> str:
    """Take what the provider remembers of a refund of the payment with this id; what came of it."""
    payments = Payment.objects.locked().filter(provider=provider, provider_id=provider_id)
    payment = payments.first()
    return take_refund(payment, **refund) if payment else "unknown payment"


def take_refund(
    payment: Payment,
    *,
    provider_id: str,
    key: str | None,
    status: str,
    amount: Decimal,
    failure: str = "",
) -> str:
    """
    Take what the provider says of one of its refunds of a payment, whenever and however often it
    says so; what came of it. Expects the payment's lock.
    """
    refunds = Refund.objects.locked().annotate(clock=Now()).filter(payment=payment)
    if named := _KEY.fullmatch(key or ""):
        refund = refunds.filter(pk=int(named[1])).first()
    else:
        refund = _without_key(refunds, provider_id=provider_id, status=status, amount=amount)
    if refund is None:
        return "no such refund is under way"
    if named and key != refund_key(refund):
        return "known already"
    return _take(refund, payment, status=status, provider_id=provider_id, failure=failure)


def refund_key(refund: Refund) -> str:
    """What the provider knows a try by; a refused one gets a new key."""
    return f"refund:{refund.pk}:{refund.refusals}"


def carried_out(payment: Payment) -> QuerySet[Refund]:
    """The refunds of a payment with which the money has gone back."""
    return Refund.objects.filter(payment=payment, status=Status.SUCCEEDED)


def _without_key(
    refunds: QuerySet[Refund], *, provider_id: str, status: str, amount: Decimal
) -> Refund | None:
    """
    Ours, of what somebody gave back at the provider itself: the one that it was taken for before,
    else one that is still owed, of the same amount.
    """
    if provider_id and (known := refunds.filter(provider_id=provider_id).first()):
        return known
    if status == Status.SUCCEEDED:
        return refunds.filter(amount=amount).exclude(status=Status.SUCCEEDED).first()
    # Where refunds have no ids the amount must do.
    return None if provider_id else refunds.filter(amount=amount).first()


def _take(refund: Refund, payment: Payment, *, status: str, provider_id: str, failure: str) -> str:
    if status == Status.SUCCEEDED and refund.status != Status.SUCCEEDED:
        refund.provider_id = provider_id or refund.provider_id
        _succeed(refund, payment)
        return "refund succeeded"
    if status == Status.FAILED and refund.status == Status.SUCCEEDED:
        _come_back(refund, payment, failure)
        return "refund came back"
    if status == Status.FAILED and refund.status == Status.PENDING:
        refund.provider_id = provider_id or refund.provider_id
        refund.refusals += 1
        _try_later(refund, failure)
        return "refund refused"
    return "nothing to do"


def _try_later(refund: Refund, failure: str) -> None:
    refund.tries += 1
    refund.failure = failure
    # 30 s, a minute, two … four hours; then staff must look.
    refund.next_try_at = refund.clock + FIRST_PAUSE * 2 ** (refund.tries - 1)
    if refund.tries >= Refund.MAX_TRIES or refund.came_back >= MAX_TIMES_BACK:
        refund.status = Status.FAILED
    refund.save()


def _succeed(refund: Refund, payment: Payment) -> None:
    refund.status, refund.next_try_at, refund.failure = Status.SUCCEEDED, None, ""
    refund.save()
    note_refund(refund, payment)
    total = carried_out(payment).aggregate(total=Sum("amount"))["total"]
    if total == payment.amount:
        payment.status = Payment.Status.REFUNDED
        payment.save()


def _come_back(refund: Refund, payment: Payment, failure: str) -> None:
    """The bank could not give the customer what had gone: it is with us, and owed, once more."""
    log.error("refund came back", extra={"refund": refund.pk, "reason": failure})
    note_came_back(refund, payment)
    if payment.status == Payment.Status.REFUNDED:
        payment.status = Payment.Status.SUCCEEDED
        payment.save()
    refund.status, refund.provider_id = Status.PENDING, ""
    refund.came_back += 1
    refund.refusals += 1
    _try_later(refund, failure)
