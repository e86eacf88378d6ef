"""Calls that run at the same moment, with real commits."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

_LOCK = re.compile(r" FOR (?:NO KEY )?UPDATE(?: OF [^ ;)]+)?(?: SKIP LOCKED)?")


@contextmanager
def locks_removed() -> Iterator[None]:
    """
    Remove the row locks from this thread's statements.

    They are sent on a new connection. The control of a race shows with it that a rival gets through
    without the lock. It needs `settings.DATABASE_PREPARES = False`, because prepared statements are
    not sent again.
    """

    def without_locks(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        return execute(_LOCK.sub("", sql), *arguments)

    connection.close()
    with connection.execute_wrapper(without_locks):
        yield


def run_at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """
    Run the calls in threads that start together.

    Return each result or exception, in order. Each call runs once. For tests with real commits:
    `@pytest.mark.django_db(transaction=True)`.
    """
    results: list[Any] = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(index: int) -> None:
        try:
            _wait_until_locks_are_released()
            barrier.wait(timeout=30)
            results[index] = calls[index]()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(calls))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "a call has not ended"
    return results


def _wait_until_locks_are_released() -> None:
    """
    Let this connection wait for locks as long as for statements.

    On a busy machine a wait for a lock may exceed the three seconds of `lock_timeout`, although the
    code is right. PostgreSQL still reports deadlocks.
    """
    if connection.vendor != "postgresql":
        return
    options = connection.settings_dict["OPTIONS"]
    patient = {**options, "options": f"{options['options']} -c lock_timeout=0"}
    # A copy for this thread, because all threads share the dict.
    connection.settings_dict = {**connection.settings_dict, "OPTIONS": patient}
