"""
How what is queued gets done: taking a row, and writing down how it went.

A worker takes a row in one short transaction, works without any, and records the outcome in
another. Taking it gives a lease and counts as an attempt; whoever comes back after the lease ran
out finds that the attempt is no longer his, and changes nothing.
"""

import random
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from bookings.models import Message, WebhookDelivery
from bookings.models.outgoing import Outgoing

State = Outgoing.State
Row = TypeVar("Row", Message, WebhookDelivery)

# Longer than any attempt takes: what is not recorded by then was cut off.
LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=10)
MAX_PAUSE = {Message: timedelta(minutes=30), WebhookDelivery: timedelta(hours=6)}
GIVEN_AGAIN = {Message: timedelta(days=1), WebhookDelivery: timedelta(days=3)}
DELIVERIES_KEPT_FOR = timedelta(days=30)


def take_next(model: type[Row]) -> Row | None:
    """Take the row of a queue that is due first; no other worker gets it while the lease lasts."""
    # Asked before, as on SQLite the transaction alone keeps everybody else from writing.
    return _take_next(model) if model.objects.due().exists() else None


@transaction.atomic(durable=True)
def _take_next(model: type[Row]) -> Row | None:
    row = model.objects.next_due().annotate(clock=Now()).first()
    if row:
        row.state, row.attempts = State.SENDING, row.attempts + 1
        row.due_at = row.clock + LEASE
        row.save(update_fields=["state", "attempts", "due_at"])
    return row


def taken(model: type[Row], row_id: int, attempt: int) -> Row | None:
    """The row, if this attempt is still the one that has it."""
    return model.objects.filter(pk=row_id, attempts=attempt, state=State.SENDING).first()


def record_sent(row: Row, **outcome: object) -> None:
    _record(row, state=State.SENT, finished_at=Now(), last_error="", **outcome)


def record_dropped(row: Row, reason: str) -> None:
    """There is nobody to tell any more, or nothing to say."""
    _record(row, state=State.DROPPED, finished_at=Now(), last_error=reason)


def record_failure(
    row: Row, error: str, *, is_final: bool = False, now: datetime, **outcome: object
) -> None:
    """Queue the row for another try, later each time; or leave it to staff, as a dead one."""
    if is_final or now >= row.give_up_at:
        _record(row, state=State.DEAD, finished_at=Now(), last_error=error[:500], **outcome)
        return
    due_at = now + pause(row.attempts, longest=MAX_PAUSE[type(row)])
    _record(row, state=State.QUEUED, due_at=due_at, last_error=error[:500], **outcome)


def pause(attempts: int, *, longest: timedelta) -> timedelta:
    """Twice as long after each attempt, and not the same for all that failed together."""
    # Capped before: two to the power of thousands of attempts is no interval.
    whole = min(longest, FIRST_PAUSE * 2 ** min(attempts - 1, 20))
    return whole * random.uniform(0.5, 1)


def _record(row: Row, **outcome: object) -> None:
    mine = type(row).objects.filter(pk=row.pk, attempts=row.attempts, state=State.SENDING)
    mine.update(**outcome)


@transaction.atomic(durable=True)
def send_again(*, model: type[Row], ids: list[int]) -> int:
    """Staff queue rows anew, whatever became of them; how many. What is under way stays."""
    over = model.objects.filter(pk__in=ids, state__in=[State.SENT, State.DROPPED, State.DEAD])
    return over.update(
        state=State.QUEUED,
        due_at=Now(),
        give_up_at=Now() + GIVEN_AGAIN[model],
        finished_at=None,
        last_error="",
    )


def forget_old_deliveries() -> int:
    """Delete deliveries that arrived long ago; how many."""
    arrived = Q(state=State.SENT, finished_at__lt=Now() - DELIVERIES_KEPT_FOR)
    return WebhookDelivery.objects.filter(arrived).delete()[0]
