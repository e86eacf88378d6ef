"""Prepared statements. On the hot path, planning a statement takes longer than running it."""

import hashlib
import re
from typing import Any


class Command:
    """SQL without a plan, such as SET. It is sent as it is."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def on(self, connection: Any) -> str:
        """Return the SQL."""
        return self.sql


class Statement(Command):
    """
    A statement that connections prepare.

    It has `%s` or `%(name)s` for each parameter, whose type must follow from its place. Each
    connection prepares it on first use. It is sent unprepared on SQLite, and behind a pooler, where
    a connection may serve other clients after each transaction.
    """

    def __init__(self, sql: str) -> None:
        super().__init__(sql)
        # The placeholder of each parameter, in the order of their numbers.
        written: list[str] = []
        numbered = re.sub(r"%(%|s|\(\w+\)s)", lambda found: _numbered(found[0], written), sql)
        name = f"s{hashlib.blake2b(sql.encode(), digest_size=12).hexdigest()}"
        parameters = ", ".join(written)
        self._name = name
        self._prepare = f"PREPARE {name} AS {numbered}"
        self._execute = f"EXECUTE {name} ({parameters})" if parameters else f"EXECUTE {name}"

    def on(self, connection: Any) -> str:
        """Return the SQL for this connection. The statement is prepared if it was not."""
        # A lost connection is replaced first, as nothing is prepared on the new one.
        connection.close_if_health_check_failed()
        if self._name in getattr(connection, "prepared", ()) and connection.connection is not None:
            return self._execute
        if not getattr(connection, "prepares", False):
            return self.sql
        connection.ensure_connection()
        if self._name not in connection.prepared:
            with connection.wrap_database_errors, connection.connection.cursor() as cursor:
                cursor.execute(self._prepare)
            connection.prepared.add(self._name)
        return self._execute


def _numbered(placeholder: str, written: list[str]) -> str:
    if placeholder == "%%":
        return "%"
    if placeholder == "%s" or placeholder not in written:
        written.append(placeholder)
        return f"${len(written)}"
    return f"${written.index(placeholder) + 1}"
