"""
A pool of database connections, shared by the threads of a process.

Django keeps one connection for each thread that ever served a request. A server has many threads,
most of which wait or refuse, and PostgreSQL runs a process for each connection. With the pool, a
process has no more connections than requests that are using the database.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from eventbooking_system.errors import Busy

# A connection that no thread used for so long is closed.
IDLE_SECONDS = 15.0
# How long a thread waits for a connection while its share is in use.
WAIT_SECONDS = 5.0
# The same after a payment provider has answered: money may have moved, so the answer is recorded.
WAIT_TO_RECORD_SECONDS = 30.0

Idle = deque[tuple[float, BaseDatabaseWrapper]]


class _Thread(threading.local):
    """The pool's record of one thread."""

    def __init__(self, share: str, wait: float) -> None:
        self.share = share
        self.wait = wait
        # The places that its connections take, by alias.
        self.places: dict[str, threading.Semaphore] = {}


@dataclass
class _Database:
    """The limits and the idle connections of one database."""

    places: dict[str, threading.Semaphore]
    # With the time of their release, the longest idle first.
    idle: Idle = field(default_factory=deque)


class ConnectionPool:
    """
    A pool that gives each thread a connection for a request.

    A share is a group of requests, such as payments. Each share may use `size` connections at once,
    so that no group keeps another from the database.
    """

    def __init__(
        self,
        connect: Callable[[str], BaseDatabaseWrapper],
        *,
        size: int,
        shares: Sequence[str] = ("requests",),
        idle_seconds: float = IDLE_SECONDS,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self.idle_seconds = idle_seconds
        self._connect = connect
        self._size = size
        self._shares = shares
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._databases: dict[str, _Database] = {}
        self._thread = _Thread(shares[0], wait_seconds)

    def acquire(self, alias: str) -> BaseDatabaseWrapper:
        """
        Return the connection that was released last, or a new one.

        Raises Busy if the share of this thread stays in use for too long.
        """
        database = self._databases.get(alias) or self._add(alias)
        place = database.places[self._thread.share]
        if not place.acquire(timeout=self._thread.wait):
            raise Busy("All connections to the database are in use. Try again in a moment.")
        try:
            _, connection = database.idle.pop()
        except IndexError:
            connection = self._connect(alias)
            connection.inc_thread_sharing()
        self._thread.places[alias] = place
        return connection

    def release(self) -> None:
        """Take this thread's connections back. Drop one that is broken, old or was never opened."""
        for connection in connections.all(initialized_only=True):
            place = self._thread.places.pop(connection.alias, None)
            if place is None:
                continue  # The thread had it before there was a pool.
            del connections[connection.alias]
            try:
                if _is_reusable(connection):
                    idle = self._databases[connection.alias].idle
                    idle.append((time.monotonic(), connection))
            finally:
                place.release()

    def use_share(self, share: str) -> None:
        """Count the next connections of this thread to a share."""
        self._thread.share, self._thread.wait = share, self._wait_seconds

    def wait_to_record(self) -> None:
        """
        Let this thread wait longer for its next connections.

        That lasts until it changes its share.
        """
        self._thread.wait = WAIT_TO_RECORD_SECONDS

    def close_idle(self, *, older_than: float) -> None:
        """Close the connections that have been idle for more than `older_than` seconds."""
        for database in list(self._databases.values()):
            while connection := _longest_idle(database.idle, older_than):
                connection.close()

    def _add(self, alias: str) -> _Database:
        with self._lock:
            if alias not in self._databases:
                places = {share: threading.Semaphore(self._size) for share in self._shares}
                self._databases[alias] = _Database(places)
            return self._databases[alias]


def _is_reusable(connection: BaseDatabaseWrapper) -> bool:
    """Tell whether a connection is open, works and is not too old. Close one that is not."""
    if connection.in_atomic_block:
        connection.close()
        return False
    connection.close_if_unusable_or_obsolete()
    return connection.connection is not None


def _longest_idle(idle: Idle, older_than: float) -> BaseDatabaseWrapper | None:
    """Take the connection that was released first, if it is old enough."""
    try:
        released_at, connection = idle.popleft()
    except IndexError:
        return None
    if time.monotonic() - released_at >= older_than:
        return connection
    idle.appendleft((released_at, connection))
    return None


_pool: ConnectionPool | None = None


def install_pool(*, size: int, **terms: Any) -> None:
    """Make all threads use connections of a ConnectionPool from now on."""
    global _pool
    pool = ConnectionPool(connections.create_connection, size=size, **terms)
    _pool, connections.create_connection = pool, pool.acquire
    threading.Thread(target=_close_idle_forever, args=(pool,), daemon=True).start()


def remove_pool() -> None:
    """Close the idle connections, and stop pooling."""
    global _pool  # noqa: PLW0603
    if _pool is not None:
        _pool.close_idle(older_than=0)
        _pool = None
        del connections.create_connection


def _close_idle_forever(pool: ConnectionPool) -> None:
    while _pool is pool:
        time.sleep(pool.idle_seconds / 3)
        pool.close_idle(older_than=pool.idle_seconds)


def use_share(share: str) -> None:
    """Count the next connections of this thread to a share. Does nothing without a pool."""
    if _pool is not None:
        _pool.use_share(share)


def release_connections() -> None:
    """Give the connections of this thread back to the pool. Does nothing without a pool."""
    if _pool is not None:
        _pool.release()


@contextmanager
def connections_released() -> Iterator[None]:
    """
    Release this thread's connections while something slow is asked.

    An example is a payment provider. Not for use inside a transaction. Does nothing without a pool.
    """
    if _pool is not None:
        _pool.release()
        _pool.wait_to_record()
    yield
