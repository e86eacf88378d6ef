"""The one way to lock rows."""

from typing import Self

from django.db import models


class LockingQuerySet(models.QuerySet):
    def locked(self, *, skip_locked: bool = False) -> Self:
        """
        Lock these rows until the transaction ends, in the order of their keys.

        FOR NO KEY UPDATE: rows that refer to a locked one can still be inserted. On SQLite a
        transaction holds the whole database from its first statement, so nothing is added there.
        `skip_locked` leaves out rows that somebody else has locked.
        """
        return self.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked).order_by(
            "pk"
        )
