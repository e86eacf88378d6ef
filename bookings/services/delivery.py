"""
The queue of outgoing messages: claiming a row and recording the outcome.

A worker claims rows in one short transaction, sends them outside of any transaction, and records the
outcome of each right after it. Claiming sets a lease and counts as an attempt. The outcome is
recorded only if no later attempt has claimed the row, so a worker whose lease ran out changes
nothing.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache, reduce
from operator import or_
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from bookings.models import AccountMail, Message, WebhookDelivery
from bookings.models.outgoing import Outgoing
from eventbooking_system.db.compiled import Parameter, update_sql
from eventbooking_system.db.prepared import Statement

State = Outgoing.State
Row = TypeVar("Row", bound=Outgoing)

# Longer than any attempt takes. An attempt without an outcome by then was interrupted.
LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=10)
MAX_PAUSE = {Message: timedelta(minutes=30), WebhookDelivery: timedelta(hours=6)}
GIVEN_AGAIN = {Message: timedelta(days=1), WebhookDelivery: timedelta(days=3)}
DELIVERIES_KEPT_FOR = timedelta(days=30)
_SENT = {"state": State.SENT, "finished_at": Now(), "last_error": ""}


def take_next(model: type[Row]) -> Row | None:
    """Claim the row that is due first, if there is one."""
    return next(iter(take_batch(model, most=1)), None)


def take_batch(model: type[Row], *, most: int) -> list[Row]:
    """Claim the rows that are due first."""
    # On SQLite a transaction blocks all other writers, so it is opened only if a row is due.
    return _take_batch(model, most) if model.objects.due().exists() else []


@transaction.atomic(durable=True)
def _take_batch(model: type[Row], most: int) -> list[Row]:
    rows = list(model.objects.next_due().annotate(clock=Now())[:most])
    if rows:
        due_at = rows[0].clock + LEASE
        claimed = model.objects.filter(pk__in=[row.pk for row in rows])
        claimed.update(state=State.SENDING, attempts=F("attempts") + 1, due_at=due_at)
    for row in rows:
        row.state, row.attempts, row.due_at = State.SENDING, row.attempts + 1, due_at
    return rows


def taken(model: type[Row], row_id: int, attempt: int) -> Row | None:
    """Return the row if this attempt still has the claim."""
    return next(iter(taken_batch(model, {row_id: attempt})), None)


def taken_batch(model: type[Row], attempts: Mapping[int, int]) -> list[Row]:
    """Return the rows that these attempts still have, ordered by key."""
    rows = model.objects.annotate(clock=Now()).filter(pk__in=attempts, state=State.SENDING)
    return [row for row in rows.order_by("pk") if row.attempts == attempts[row.pk]]


def put_back(rows: Sequence[Row]) -> None:
    """
    Give up the claims of rows that were not tried.

    Any worker can take them, and they do not count as tried. Only the owner of a claim calls this,
    so no other attempt can have its number.
    """
    claims = [Q(pk=row.pk, attempts=row.attempts) for row in rows]
    mine = type(rows[0]).objects.filter(reduce(or_, claims), state=State.SENDING)
    mine.update(state=State.QUEUED, attempts=F("attempts") - 1, due_at=Now())


def record_sent(row: Row, **outcome: object) -> None:
    """Record that the row was delivered."""
    if isinstance(row, Message) and connection.vendor == "postgresql":
        claim = {"pk": row.pk, "attempts": row.attempts}
        connection.rows(_message_sent().on(connection), claim)
        return
    _record(row, **_SENT, **outcome)


@cache
def _message_sent() -> Statement:
    """Return the statement that records a sent message, compiled once."""
    claimed = _claimed(Message, Parameter("pk", int), Parameter("attempts", int))
    return Statement(update_sql(claimed, _SENT))


def record_dropped(row: Row, reason: str) -> None:
    """Record that the row needs no delivery any more, and why."""
    _record(row, state=State.DROPPED, finished_at=Now(), last_error=reason)


def record_failure(row: Row, error: str, *, is_final: bool = False, **outcome: object) -> None:
    """
    Queue the row for another attempt.

    The pause before it grows with each failure. After a final failure, or past `give_up_at`, the
    row is dead and only staff can queue it again.
    """
    if is_final or row.clock >= row.give_up_at:
        _record(row, state=State.DEAD, finished_at=Now(), last_error=error[:500], **outcome)
        return
    due_at = Now() + pause(row.attempts, longest=MAX_PAUSE.get(type(row), MAX_PAUSE[Message]))
    _record(row, state=State.QUEUED, due_at=due_at, last_error=error[:500], **outcome)


def pause(attempts: int, *, longest: timedelta) -> timedelta:
    """
    Return the pause after this many attempts.

    It doubles with each attempt up to `longest`. Its random part keeps rows that failed together
    from being sent together again.
    """
    # The exponent is capped because an interval cannot hold two to the power of a thousand.
    whole = min(longest, FIRST_PAUSE * 2 ** min(attempts - 1, 20))
    return whole * random.uniform(0.5, 1)


def _record(row: Row, **outcome: object) -> None:
    _claimed(type(row), row.pk, row.attempts).update(**outcome)


def _claimed(model: type[Row], pk: Any, attempts: Any) -> QuerySet[Row]:
    """Select the row of a claim, unless a later attempt has it."""
    return model.objects.filter(pk=pk, attempts=attempts, state=State.SENDING)


@transaction.atomic(durable=True)
def send_again(*, model: type[Row], ids: list[int]) -> int:
    """
    Queue finished rows again for staff, and return their number.

    Rows that are being sent stay as they are.
    """
    over = model.objects.filter(pk__in=ids, state__in=[State.SENT, State.DROPPED, State.DEAD])
    return over.update(
        state=State.QUEUED,
        due_at=Now(),
        give_up_at=Now() + GIVEN_AGAIN.get(model, GIVEN_AGAIN[Message]),
        finished_at=None,
        last_error="",
    )


def forget_old_deliveries() -> int:
    """
    Delete deliveries that arrived over DELIVERIES_KEPT_FOR ago, and return how many.

    Mails of accounts are deleted with any outcome, because their address may be a stranger's.
    """
    is_old = Q(finished_at__lt=Now() - DELIVERIES_KEPT_FOR)
    count, _ = WebhookDelivery.objects.filter(is_old, state=State.SENT).delete()
    return count + AccountMail.objects.filter(is_old).delete()[0]
