"""
Refunds: reports of the provider, and times of the next try.

No network here: `bookings.checkout` sends refunds between these transactions.
"""

import logging
import re
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Now

from bookings.models import Dispute, Payment, Refund
from bookings.payments.states import RefundResult, RefundState
from bookings.services.ledger import note_came_back, note_refund
from bookings.services.losses import spread_losses
from bookings.services.outbox import queue_sent_refund

log = logging.getLogger(__name__)
Status = Refund.Status

FIRST_PAUSE = timedelta(seconds=30)
# Longer than all tries of one request to a provider.
LEASE = timedelta(minutes=2)
# A bank that returns the money once may accept it the next time; one that returns it twice will not.
MAX_TIMES_BACK = 2
# The outcome for a refund that this system does not know.
UNKNOWN = "no such refund is under way"
_KEY = re.compile(r"refund:([1-9][0-9]{0,17}):[0-9]{1,5}")


def refunds_to_send() -> QuerySet[Refund]:
    """
    Return the pending refunds that are due for their next try.

    Money that was paid at the counter is handed over there. While a payment is in dispute its
    refunds wait. Otherwise the customer could get the money twice.
    """
    due = Q(next_try_at=None) | Q(next_try_at__lte=Now())
    pending = Refund.objects.filter(due, status=Refund.Status.PENDING)
    in_dispute = Dispute.objects.holding_refunds().filter(payment=OuterRef("payment"))
    pending = pending.exclude(Exists(in_dispute))
    return pending.exclude(payment__provider__in=Payment.COUNTER).select_related("payment")


def refunds_in_doubt() -> QuerySet[Refund]:
    """
    Return the owed refunds that the provider may have.

    Refunds that are being sent now are left out.
    """
    owed = Refund.objects.filter(status__in=Refund.OWED, asked_until__lte=Now())
    return owed.select_related("payment")


def must_be_looked_up(refund: Refund) -> bool:
    """Tell whether a lost dispute may settle a refund at the provider."""
    lost = Dispute.objects.filter(payment=refund.payment_id, state=Dispute.State.LOST)
    return refund.asked_until is not None and lost.exists()


def is_from_outside(state: RefundState) -> bool:
    """Tell whether a refund at the provider has no key of ours."""
    return not _KEY.fullmatch(state.key or "")


@transaction.atomic(durable=True)
def start_refund(*, refund_id: int) -> Refund | None:
    """
    Note that a refund is being sent, and return the refund.

    Return None if it must not be sent, such as after a dispute was opened.
    """
    payment = Payment.objects.locked().get(refunds=refund_id)
    refund = Refund.objects.locked().annotate(clock=Now()).get(pk=refund_id)
    in_dispute = Dispute.objects.holding_refunds().filter(payment=payment)
    if refund.status != Status.PENDING or in_dispute.exists() or must_be_looked_up(refund):
        return None
    refund.asked_until = refund.clock + LEASE
    refund.save(update_fields=["asked_until", "updated_at"])
    refund.payment = payment
    return refund


@transaction.atomic(durable=True)
def record_absent_refund(*, refund: Refund) -> None:
    """
    Record that the provider does not have a refund.

    `refund` is the row as it was before the provider was asked. If it was sent again since, nothing
    is recorded.
    """
    payment = Payment.objects.locked().get(pk=refund.payment_id)
    now = Refund.objects.locked().get(pk=refund.pk)
    asked = (refund_key(refund), refund.asked_until)
    if now.status in Refund.OWED and (refund_key(now), now.asked_until) == asked:
        now.asked_until = None
        now.save(update_fields=["asked_until", "updated_at"])
        spread_losses(payment)


@transaction.atomic(durable=True)
def record_refund(*, refund_id: int, key: str, result: RefundResult) -> Refund:
    """
    Store the provider's answer to the try with this key.

    A refund that was not carried out is tried again later. After a refusal the next try is a new
    request. Otherwise it has the same key, because the provider may have carried out the first one.
    """
    payment = Payment.objects.locked().get(refunds=refund_id)
    refund = Refund.objects.locked().annotate(clock=Now()).get(pk=refund_id)
    # Only the answer to the newest try counts. An older answer repeats what is recorded already. To
    # count an older refusal again would begin a further try, which could send the money twice.
    if key != refund_key(refund):
        return refund
    if result.status in (Status.SUCCEEDED, Status.FAILED):
        if result.status == Status.SUCCEEDED and refund.status != Status.SUCCEEDED:
            refund.tries += 1
        _apply(refund, payment, result)
    elif refund.status == Status.PENDING:
        refund.provider_id = result.provider_id or refund.provider_id
        refund.asked_until = refund.clock
        _try_later(refund, result.failure)
    return refund


@transaction.atomic(durable=True)
def retry_refund(*, refund_id: int) -> Refund:
    """
    Make a failed or waiting refund due at once, for staff.

    The pauses between tries start anew.
    """
    refund = Refund.objects.locked().get(pk=refund_id)
    if refund.status in Refund.OWED:
        refund.status, refund.tries, refund.next_try_at = Refund.Status.PENDING, 0, None
        refund.save()
    return refund


@transaction.atomic(durable=True)
def record_failed_refund(*, provider: str, provider_id: str, refund: RefundState) -> str:
    """Record a refund that failed at the provider, and return the outcome."""
    payments = Payment.objects.locked().filter(provider=provider, provider_id=provider_id)
    payment = payments.first()
    return apply_refund_state(payment, refund) if payment else "unknown payment"


def apply_refund_state(payment: Payment, state: RefundState) -> str:
    """
    Apply the provider's report of a refund, and return the outcome.

    A repeated report changes nothing. Expects the payment's lock.
    """
    refunds = Refund.objects.locked().annotate(clock=Now()).filter(payment=payment)
    if named := _KEY.fullmatch(state.key or ""):
        refund = refunds.filter(pk=int(named[1])).first()
    else:
        refund = _without_key(refunds, state)
    if refund is None:
        return UNKNOWN
    if named and state.key != refund_key(refund):
        return "known already"
    return _apply(refund, payment, state)


def refund_key(refund: Refund) -> str:
    """
    Return the key of the current try.

    Each refusal leads to a new key.
    """
    return f"refund:{refund.pk}:{refund.refusals}"


def carried_out(payment: Payment) -> QuerySet[Refund]:
    """Return the refunds of a payment that were carried out."""
    return Refund.objects.filter(payment=payment, status=Status.SUCCEEDED)


def _without_key(refunds: QuerySet[Refund], state: RefundState) -> Refund | None:
    """
    Find our refund for a provider's refund without our key.

    Our refund has the provider's id already, or is still owed with the same amount.
    """
    if state.provider_id and (known := refunds.filter(provider_id=state.provider_id).first()):
        return known
    same = refunds.filter(amount=state.amount)
    if state.status == Status.SUCCEEDED:
        owed = same.filter(status__in=Refund.OWED)
        # A refund that was sent to the provider is found by its key.
        owed = (owed.filter(asked_until=None) if state.provider_id else owed).first()
        if owed or state.provider_id:
            return owed
        # The sandbox gives its refunds no ids. So the event of a refund that was sent from here and
        # succeeded at once is known by its amount alone.
        return same.exclude(reason=Refund.OUTSIDE).first()
    return None if state.provider_id else same.first()


def _apply(refund: Refund, payment: Payment, report: RefundState | RefundResult) -> str:
    if report.status == Status.SUCCEEDED and refund.status != Status.SUCCEEDED:
        refund.provider_id = report.provider_id or refund.provider_id
        was_settled = refund.status == Status.SETTLED
        mark_succeeded(refund, payment)
        if was_settled:
            # It went out before the dispute was lost, so the dispute took other money.
            spread_losses(payment)
        return "refund succeeded"
    if report.status == Status.FAILED and refund.status == Status.SUCCEEDED:
        _come_back(refund, payment, report.failure)
        return "refund came back"
    if report.status == Status.FAILED and refund.status == Status.PENDING:
        refund.provider_id = report.provider_id or refund.provider_id
        refund.refusals += 1
        refund.asked_until = None
        _try_later(refund, report.failure)
        spread_losses(payment)
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


def mark_succeeded(refund: Refund, payment: Payment) -> None:
    """Record that a refund was carried out. Expects the locks of both."""
    refund.status, refund.next_try_at, refund.failure = Status.SUCCEEDED, None, ""
    refund.asked_until = None
    refund.save()
    note_refund(refund, payment)
    total = carried_out(payment).aggregate(total=Sum("amount"))["total"]
    if total == payment.amount:
        payment.status = Payment.Status.REFUNDED
        payment.save()
    queue_sent_refund(refund, payment)


def _come_back(refund: Refund, payment: Payment, failure: str) -> None:
    """Store that the customer is owed a refund that their bank returned."""
    log.error("refund came back", extra={"refund": refund.pk, "reason": failure})
    note_came_back(refund, payment)
    if payment.status == Payment.Status.REFUNDED:
        payment.status = Payment.Status.SUCCEEDED
        payment.save()
    refund.status, refund.provider_id = Status.PENDING, ""
    refund.came_back += 1
    refund.refusals += 1
    _try_later(refund, failure)
    spread_losses(payment)
