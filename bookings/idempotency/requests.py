"""
Requests that may be repeated: the first answer is kept, and given again.

The row of a key is written first in the transaction of the effect, so that of two requests with
one key the second waits for the first on the unique constraint, and then gives its answer. A
payment, whose effect spans two transactions, commits the row without an answer in the first:
whoever meets it is told that the request is in flight.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, OperationalError, connections
from django.utils import timezone
from django.utils.translation import gettext

from bookings.errors import IdempotencyInFlight, IdempotencyKeyReused
from bookings.models import IdempotencyKey
from bookings.selectors import booking_as_held
from eventbooking_system.db.prepared import Statement
from eventbooking_system.problems import is_contention

KEPT_FOR = timedelta(hours=24)
# Longer than any request takes: what has no answer by then was cut off, and may be taken up again.
LEASE = timedelta(seconds=60)


# The ORM does not say whether it passed over the row.
_KEEP_IF_NEW = Statement(
    """
INSERT INTO bookings_idempotencykey (user_id, path, key, fingerprint, status, body, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
)


class KeyTaken(Exception):
    """Another request with this key came first and is through by now."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: str


class IdempotentRequest:
    """
    A request and its key; without a key nothing is kept.

    `render` turns what the service returns into the answer, which `answer` then has.
    """

    def __init__(
        self,
        *,
        user_id: int,
        path: str,
        key: str | None,
        body: bytes,
        render: Callable[[Any], Answer],
    ) -> None:
        self._identity = {"user_id": user_id, "path": path, "key": key}
        self._has_key = key is not None
        self._fingerprint = hashlib.sha256(body).hexdigest()
        self._render = render
        self.answer: Answer | None = None
        self.was_cut_off = False

    def earlier_answer(self) -> Answer | None:
        """
        The first answer to this key. Raises IdempotencyKeyReused where the first request had
        another body, and IdempotencyInFlight while it has no answer.
        """
        row = self._rows().first() if self._has_key else None
        if row is None:
            return None
        age = timezone.now() - row.created_at
        if age > KEPT_FOR or (row.status is None and age > LEASE):
            self.was_cut_off = row.status is None and row.fingerprint == self._fingerprint
            row.delete()
            return None
        if row.fingerprint != self._fingerprint:
            raise IdempotencyKeyReused(
                gettext("This Idempotency-Key came with another body before.")
            )
        if row.status is None:
            raise IdempotencyInFlight(
                gettext("The first request with this key is still under way.")
            )
        if row.booking_id is not None:
            return self._render(booking_as_held(row.booking_id))
        return Answer(row.status, row.body)

    def claim(self) -> None:
        """
        Take the key, in the transaction of the effect, before anything is written.

        Raises KeyTaken if another request did; IdempotencyInFlight if one is at it for long.
        """
        if not self._has_key:
            return
        try:
            self._row(status=None).save(force_insert=True)
        except IntegrityError as error:
            raise KeyTaken from error
        except OperationalError as error:
            if is_contention(error):
                raise IdempotencyInFlight(
                    gettext("The first request with this key is under way.")
                ) from error
            raise

    def complete(self, result: Any) -> None:
        """Keep the answer to a claimed key, in the transaction of the effect."""
        self.answer = self._render(result)
        if self._has_key:
            self._rows().update(status=self.answer.status, body=self.answer.body)

    @property
    def row(self) -> tuple[int, str, str | None, str]:
        """User, path, key and fingerprint, for who writes the key together with the effect."""
        return (*self._identity.values(), self._fingerprint)

    def set_response(self, booking: Any) -> None:
        """Answer with a booking whose key was written with it, and which says what to repeat."""
        self.answer = self._render(booking)

    def abandon(self) -> None:
        """Give back a claimed key that got no answer, so that the request can come again."""
        if self._has_key:
            self._rows().filter(status=None).delete()

    def keep_refusal(self, answer: Answer) -> None:
        """Keep the answer to a request that had no effect, unless another answer was kept."""
        claimed = self._rows().filter(status=None, fingerprint=self._fingerprint)
        if self._has_key and not claimed.update(status=answer.status, body=answer.body):
            self.keep_if_new(answer)

    def keep_if_new(self, answer: Answer) -> bool:
        """Keep the answer unless the key was sent before; whether it was not."""
        if not self._has_key:
            return True
        connection = connections[DEFAULT_DB_ALIAS]
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(
                _KEEP_IF_NEW.on(connection), (*self.row, answer.status, answer.body, now)
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


def without_key() -> IdempotentRequest:
    """For callers that do not repeat themselves: staff's pages, commands, tests."""
    return IdempotentRequest(
        user_id=0, path="", key=None, body=b"", render=lambda result: Answer(200, "")
    )


def forget_old_keys() -> int:
    """
    Delete the keys whose time is over; how many there were.

    They are those with the lowest ids, up to the first that is still kept: so there need be no
    index of their times, which every hold would write.
    """
    keys = IdempotencyKey.objects.order_by("pk")
    kept = (
        keys.filter(created_at__gt=timezone.now() - KEPT_FOR).values_list("pk", flat=True).first()
    )
    return (keys if kept is None else keys.filter(pk__lt=kept)).delete()[0]
