"""
Database connections that go with the work, not with the thread.

Django keeps one for each thread that ever served a request. A server has many threads, most of
which wait or refuse, and PostgreSQL has a process for each connection. Those that were used last
are lent first: so few are in use, and what PostgreSQL keeps for them stays in the processor's caches.
"""

from collections import defaultdict, deque

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

_idle: defaultdict[str, deque[BaseDatabaseWrapper]] = defaultdict(deque)
_is_lending = False


def install_pool() -> None:
    """
    From now on a thread that asks for a connection gets one that was given back, or else a new one.

    Those that are too old or broken are closed here, as Django does where requests start and end.
    """
    make = connections.create_connection

    def lend(alias: str) -> BaseDatabaseWrapper:
        try:
            connection = _idle[alias].pop()
        except IndexError:
            connection = make(alias)
            connection.inc_thread_sharing()
        else:
            connection.close_if_unusable_or_obsolete()
        return connection

    global _is_lending  # noqa: PLW0603 - Django's handler of connections is as global.
    _is_lending = True
    connections.create_connection = lend


def release_connections() -> None:
    """
    Take this thread's connections back, open: a process has as many as were in use at once.

    Nothing is done where none are lent.
    """
    if not _is_lending:
        return
    for connection in connections.all(initialized_only=True):
        del connections[connection.alias]
        _idle[connection.alias].append(connection)
