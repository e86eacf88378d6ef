"""Django's PostgreSQL backend with fewer round trips."""

import select
from typing import Any

from django.conf import settings
from django.core.checks import Warning
from django.db.backends.base.validation import BaseDatabaseValidation
from django.db.backends.postgresql import base


class Validation(BaseDatabaseValidation):
    """Checks that `migrate` and `check --database default` run."""

    def check(self, **_: Any) -> list[Warning]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_user")
            lock_timeout, role = cursor.fetchone()
        if lock_timeout != "0":
            return []
        return [
            Warning(
                "A statement may wait for a lock for ever.",
                hint=f"Behind a pooler the role sets it: ALTER ROLE {role} SET lock_timeout = '3s'; "
                "docs/operations.md has the others.",
                id="eventbooking_system.W001",
            )
        ]


class DatabaseWrapper(base.DatabaseWrapper):
    """
    A connection that asks the server whether it is alive only if there is a reason to.

    `prepares` says whether statements may be prepared. `prepared` holds the names of those that are.
    """

    validation_class = Validation

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prepared: set[str] = set()

    @property
    def prepares(self) -> bool:
        return settings.DATABASE_PREPARES

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.prepared = set()
        return super().get_new_connection(conn_params)

    def is_usable(self) -> bool:
        """
        Return whether the connection works.

        A server that stops closes its connections, and nothing else ever arrives on an idle one. So
        if there is nothing to read, there is no need to ask.
        """
        is_quiet = not self.errors_occurred and not self.connection.closed and self._is_silent()
        return is_quiet or super().is_usable()

    def _is_silent(self) -> bool:
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
