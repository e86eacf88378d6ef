"""Django's PostgreSQL backend, less the round trips that it need not make."""

import select
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """
    Asks the server whether it is still there only where there is reason to.

    `prepares` says whether statements may be prepared; `prepared` names those that are.
    """

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
        A server that stops closes its connections, and on an idle one nothing else ever arrives:
        as long as there is nothing to read, there is no need to ask.
        """
        is_quiet = not self.errors_occurred and not self.connection.closed and self._is_silent()
        return is_quiet or super().is_usable()

    def _is_silent(self) -> bool:
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
