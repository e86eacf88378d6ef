"""Django's PostgreSQL backend with fewer round trips."""

import select
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg2.extensions
from django.conf import settings
from django.core.checks import Warning
from django.db.backends.base.validation import BaseDatabaseValidation
from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from psycopg2.extensions import TRANSACTION_STATUS_IDLE


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


class Cursor(psycopg2.extensions.cursor):
    """A cursor that sends BEGIN together with the first statement."""

    wrapper: "DatabaseWrapper"

    def execute(self, sql: Any, params: Any = None) -> None:
        if not self.wrapper.begin_is_due:
            super().execute(sql, params)
            return
        self.wrapper.begin_is_due = False
        try:
            super().execute(f"BEGIN; {sql}", params)
        except BaseException:
            # A text that PostgreSQL cannot parse as a whole starts no transaction.
            self.wrapper.begin_is_due = self.wrapper.is_outside_of_transaction()
            raise

    def executemany(self, sql: Any, params: Any) -> None:
        self.wrapper.begin_if_due()
        super().executemany(sql, params)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        self.wrapper.begin_if_due()
        super().copy_expert(sql, file, size)


class DatabaseWrapper(base.DatabaseWrapper):
    """
    A connection that sends BEGIN with a transaction's first statement.

    `commit_with` sends COMMIT with its last one, and `rollback_with` sends ROLLBACK with the next
    one. The server is asked whether it is alive only if there is a reason to. `prepares` says
    whether statements may be prepared. `prepared` holds the names of those that are.
    """

    validation_class = Validation

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prepared: set[str] = set()
        self.begin_is_due = False

    def rows(self, sql: str, params: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """
        Run a statement of the hot path, and return its rows.

        It is what a cursor of Django does, without the objects around the driver's cursor.
        """
        if self.queries_logged or self.execute_wrappers:
            with self.cursor() as cursor:
                cursor.execute(sql, params)
                return cursor.fetchall() if cursor.description else []
        self.validate_thread_sharing()
        self.validate_no_broken_transaction()
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors, self.create_cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall() if cursor.description else []

    def commit_with(self, sql: str, params: Sequence[Any] | Mapping[str, Any]) -> None:
        """
        Send the last statement of this `atomic` block with its COMMIT.

        Inside of another block the statement is sent alone.
        """
        self.rows(f"{sql}; COMMIT" if self._is_in_outermost_block else sql, params)

    def rollback_with(
        self, sql: str, params: Sequence[Any] | Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """
        Send the current `atomic` block's ROLLBACK with the statement after it.

        Inside of another block the statement is sent alone. Nothing else may be sent in the block:
        raise an exception next.
        """
        return self.rows(f"ROLLBACK; {sql}" if self._is_in_outermost_block else sql, params)

    @property
    def _is_in_outermost_block(self) -> bool:
        return self.in_atomic_block and not self.savepoint_ids

    def create_cursor(self, name: str | None = None) -> Any:
        if name:
            self.begin_if_due()
            return super().create_cursor(name)
        cursor = self.connection.cursor(cursor_factory=Cursor)
        cursor.wrapper = self
        cursor.tzinfo_factory = self.tzinfo_factory if settings.USE_TZ else None
        return cursor

    def begin_if_due(self) -> None:
        """Send a BEGIN by itself, for what cannot be sent with it."""
        if self.begin_is_due:
            with self.connection.cursor() as cursor:
                cursor.execute("BEGIN")
            self.begin_is_due = False

    def is_outside_of_transaction(self) -> bool:
        """Tell whether the server has no transaction open here. Asks the driver, not the server."""
        return self.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE

    def _set_autocommit(self, autocommit: bool) -> None:
        # The driver stays in its autocommit mode, as its own BEGIN is a round trip.
        self.begin_is_due = not autocommit
        if not self.connection.autocommit:
            super()._set_autocommit(True)

    def _commit(self) -> None:
        self._end("COMMIT")

    def _rollback(self) -> None:
        self._end("ROLLBACK")

    def _end(self, how: str) -> None:
        self.begin_is_due = False
        if self.connection is None or self.is_outside_of_transaction():
            return
        with (
            debug_transaction(self, how),
            self.wrap_database_errors,
            self.connection.cursor() as cursor,
        ):
            cursor.execute(how)

    @property
    def prepares(self) -> bool:
        return settings.DATABASE_PREPARES

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.prepared, self.begin_is_due = set(), False
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
