"""Statements whose plan PostgreSQL keeps: on the hot path, to plan one takes longer than to run it."""

import hashlib
import re
from typing import Any


class Statement:
    """
    SQL with `%s` for each parameter, or `%(name)s` wherever one stands, whose type must follow from
    where it stands.

    Each connection prepares it when it first sends it. Behind a pooler that gives a connection to
    others after each transaction, and on SQLite, it is sent as it is.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        # How each parameter is written, in the order of their numbers.
        written: list[str] = []
        numbered = re.sub(r"%(%|s|\(\w+\)s)", lambda found: _numbered(found[0], written), sql)
        name = f"s{hashlib.blake2b(sql.encode(), digest_size=12).hexdigest()}"
        parameters = ", ".join(written)
        self._name = name
        self._prepare = f"PREPARE {name} AS {numbered}"
        self._execute = f"EXECUTE {name} ({parameters})" if parameters else f"EXECUTE {name}"

    def on(self, connection: Any) -> str:
        """What to send on this connection, with the parameters."""
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
