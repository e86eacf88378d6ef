"""
Requests with an idempotency key, whose first answer is returned again.

The row of a key is written at the start of the effect's transaction. A second request with the same
key waits on the unique constraint and then returns the first answer. The effect of a payment spans
two transactions. The first commits the row without an answer, and until the second ends, other
requests with the key are told that the first is in flight.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, OperationalError, connections
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from bookings.errors import IdempotencyInFlight, IdempotencyKeyReused
from bookings.models import Booking, IdempotencyKey
from eventbooking_system.db.compiled import CompiledQuery
from eventbooking_system.db.prepared import Statement
from eventbooking_system.problems import is_contention

KEPT_FOR = timedelta(hours=24)
# Longer than any request takes. A request without an answer by then was cut off, and may be repeated.
LEASE = timedelta(seconds=60)


# The ORM does not tell whether a conflict skipped the row.
_STORE_IF_NEW = Statement(
    """
INSERT INTO bookings_idempotencykey (user_id, path, key, fingerprint, status, body, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
)


class KeyTaken(Exception):
    """Another request with this key came first and has ended."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: str


class IdempotentRequest:
    """
    A request with or without an idempotency key.

    Without a key nothing is stored. `render` turns a service's result into the answer, which is
    then in `answer`. `held_booking` reads a booking as it was when it was held, for keys whose
    answer is such a booking.
    """

    def __init__(
        self,
        *,
        user_id: int,
        path: str,
        key: str | None,
        body: bytes,
        render: Callable[[Any], Answer],
        held_booking: Callable[[int], Any] | None = None,
    ) -> None:
        self._identity = {"user_id": user_id, "path": path, "key": key}
        self._has_key = key is not None
        self._fingerprint = hashlib.sha256(body).hexdigest()
        self._render, self._held_booking = render, held_booking
        self.answer: Answer | None = None
        self.was_cut_off = False

    def earlier_answer(self) -> Answer | None:
        """
        Return the first answer to this key, if there is one.

        Raises IdempotencyKeyReused if the first request had another body, and IdempotencyInFlight
        while it has no answer.
        """
        row = next(iter(_rows_of(**self._identity)), None) if self._has_key else None
        if row is None:
            return None
        age = timezone.now() - row.created_at
        if age > KEPT_FOR or (row.status is None and age > LEASE):
            self.was_cut_off = row.status is None and row.fingerprint == self._fingerprint
            row.delete()
            return None
        if row.fingerprint != self._fingerprint:
            raise IdempotencyKeyReused(
                gettext("An earlier request used this Idempotency-Key with another body.")
            )
        if row.status is None:
            raise IdempotencyInFlight(gettext("The first request with this key is still running."))
        if row.booking_id is not None:
            return self._render(self._held_booking(row.booking_id))
        return Answer(row.status, row.body)

    def claim(self) -> None:
        """
        Claim the key in the effect's transaction, before anything else is written.

        Raises KeyTaken if another request has claimed it, and IdempotencyInFlight if the wait for
        such a request takes too long.
        """
        if self._has_key:
            with _refusals_of_claim():
                self._row(status=None).save(force_insert=True)

    def claim_with(self, query: CompiledQuery, **values: Any) -> list[Any]:
        """
        Claim the key as `claim` does, together with a locking query.

        Return the rows of the query. On PostgreSQL both are one statement.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        if not self._has_key or connection.vendor != "postgresql":
            self.claim()
            return query(**values)
        keys = dict(zip(_CLAIMED, (*self.row, "", timezone.now()), strict=True))
        with _refusals_of_claim(), connection.cursor() as cursor:
            cursor.execute(_claim_before(query).on(connection), keys | values)
            return query.objects(cursor.fetchall())

    def complete(self, result: Any) -> None:
        """Store the answer to a claimed key, in the effect's transaction."""
        self.answer = self._render(result)
        if self._has_key:
            self._rows().update(status=self.answer.status, body=self.answer.body)

    @property
    def row(self) -> tuple[int, str, str | None, str]:
        """The user, path, key and fingerprint of the key's row."""
        return (*self._identity.values(), self._fingerprint)

    def set_response(self, booking: Any) -> None:
        """Answer with a booking that was written together with the key."""
        self.answer = self._render(booking)

    def abandon(self) -> None:
        """Release a claimed key, so that the request can be repeated."""
        if self._has_key:
            self._rows().filter(status=None).delete()

    def interrupt(self, result: Any) -> None:
        """
        Answer with a result that is not final.

        The request may be repeated at once. The repeated request is treated as one whose first try
        was cut off.
        """
        self.answer = self._render(result)
        if self._has_key:
            past = timezone.now() - LEASE - timedelta(seconds=1)
            self._rows().filter(status=None).update(created_at=past)

    def store_refusal(self, answer: Answer) -> None:
        """Store the answer to a refused request, unless another answer is stored."""
        claimed = self._rows().filter(status=None, fingerprint=self._fingerprint)
        if self._has_key and not claimed.update(status=answer.status, body=answer.body):
            self.store_if_new(answer)

    def store_if_new(self, answer: Answer) -> bool:
        """Store the answer unless the key was used before. Return whether it was stored."""
        if not self._has_key:
            return True
        connection = connections[DEFAULT_DB_ALIAS]
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(
                _STORE_IF_NEW.on(connection), (*self.row, answer.status, answer.body, now)
            )
            return cursor.rowcount == 1

    def _rows(self) -> Any:
        return IdempotencyKey.objects.filter(**self._identity)

    def _row(self, **fields: Any) -> IdempotencyKey:
        return IdempotencyKey(
            **self._identity,
            fingerprint=self._fingerprint,
            created_at=timezone.now(),
            **fields,
        )


# The columns of a claimed key, as they are called beside the parameters of another query.
_CLAIMED = ("key_user_id", "key_path", "key_text", "key_fingerprint", "key_body", "key_created_at")


@cache
def _claim_before(query: CompiledQuery) -> Statement:
    values = ", ".join(f"%({name})s" for name in _CLAIMED)
    return Statement(
        f"WITH claimed AS (INSERT INTO {IdempotencyKey._meta.db_table}"
        f" (user_id, path, key, fingerprint, body, created_at) VALUES ({values})) {query.sql}"
    )


@contextmanager
def _refusals_of_claim() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise KeyTaken from error
    except OperationalError as error:
        # PostgreSQL names what it waited for. A locked booking says nothing about the key.
        if is_contention(error) and f'"{Booking._meta.db_table}"' not in str(error):
            raise IdempotencyInFlight(
                gettext("The first request with this key is still running.")
            ) from error
        raise


@CompiledQuery
def _rows_of(user_id: int, path: str, key: str) -> QuerySet[IdempotencyKey]:
    return IdempotencyKey.objects.filter(user=user_id, path=path, key=key).order_by()


def without_key() -> IdempotentRequest:
    """Return a request without a key, for callers that never repeat it."""
    return IdempotentRequest(
        user_id=0, path="", key=None, body=b"", render=lambda result: Answer(200, "")
    )


def forget_old_keys() -> int:
    """
    Delete the keys that are older than KEPT_FOR, and return their number.

    Old keys have the lowest ids, so they are found without an index on the time, which every hold
    would have to write.
    """
    keys = IdempotencyKey.objects.order_by("pk")
    kept = (
        keys.filter(created_at__gt=timezone.now() - KEPT_FOR).values_list("pk", flat=True).first()
    )
    return (keys if kept is None else keys.filter(pk__lt=kept)).delete()[0]
