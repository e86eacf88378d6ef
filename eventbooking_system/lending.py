"""
Database connections that go with the work, not with the thread.

Django keeps one for each thread that ever served a request. A server has many threads, most of
which wait or refuse, and PostgreSQL has a process for each connection.
"""

from collections import deque

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

_idle: deque[list[BaseDatabaseWrapper]] = deque()


class LentConnections:
    """
    Lend this thread the connections that were last used, and take them back at the end, open.

    A process so has as many as there ever were blocks at once. Those that are too old or broken
    are closed here, as Django does where requests start and end.
    """

    def __enter__(self) -> None:
        try:
            mine = _idle.pop()
        except IndexError:
            mine = []
        for connection in mine:
            connections[connection.alias] = connection
            connection.close_if_unusable_or_obsolete()

    def __exit__(self, *_: object) -> None:
        used = connections.all(initialized_only=True)
        for connection in used:
            if not connection.allow_thread_sharing:
                connection.inc_thread_sharing()
            del connections[connection.alias]
        _idle.append(used)
