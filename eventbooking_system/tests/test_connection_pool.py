"""Tests of the connection pool."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction

from eventbooking_system.db.connection_pool import (
    connections_released,
    install_pool,
    release_connections,
    remove_pool,
    use_share,
)
from eventbooking_system.errors import Busy
from users.views.base import AnswerFirst

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install a pool of two connections. `pool(**terms)` puts another one in its place."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)

    def use_pool(*, size: int = 2, **terms: Any) -> None:
        release_connections()
        remove_pool()
        connection.close()  # So that the test's own thread uses the pool, too.
        del connections[connection.alias]
        install_pool(size=size, **terms)

    use_pool()
    yield use_pool
    release_connections()
    remove_pool()


def in_a_thread(work: Any) -> Any:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result(timeout=30)


def work() -> Any:
    """Serve a request. Return the driver's connection that it used."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return connection.connection
    finally:
        release_connections()


def test_a_released_connection_is_lent_to_the_next_thread():
    assert in_a_thread(work) is in_a_thread(work)


def test_two_threads_at_once_use_two_connections():
    connection.ensure_connection()
    assert in_a_thread(work) is not connection.connection


def test_a_thread_has_no_connection_after_it_released_them():
    def left() -> list[Any]:
        work()
        return connections.all(initialized_only=True)

    assert in_a_thread(left) == []


def test_work_after_an_answer_releases_its_connection():
    def left() -> list[Any]:
        AnswerFirst(connection.ensure_connection).close()
        return connections.all(initialized_only=True)

    assert in_a_thread(left) == []


@pytest.mark.postgres
def test_a_connection_that_broke_while_in_use_is_not_reused():
    def break_it() -> Any:
        try:
            connection.ensure_connection()
            connection.connection.close()
            connection.errors_occurred = True
            return connections[connection.alias]
        finally:
            release_connections()

    wrapper = in_a_thread(break_it)
    assert connections[connection.alias] is not wrapper


def test_a_connection_that_was_never_opened_is_not_kept():
    """A wrapper whose connect failed must not come first."""

    def look() -> Any:
        wrapper = connections[connection.alias]
        release_connections()
        return wrapper

    assert in_a_thread(look) is not connections[connection.alias]


def test_a_connection_released_inside_a_transaction_is_closed():
    def leave_open() -> Any:
        transaction.atomic().__enter__()
        driver = connection.connection
        release_connections()
        return driver

    driver = in_a_thread(leave_open)
    assert in_a_thread(work) is not driver


@pytest.mark.postgres
def test_a_connection_that_the_server_closed_while_idle_is_replaced():
    first = in_a_thread(work)
    first.close()
    assert in_a_thread(work).closed == 0


def test_a_connection_that_stays_idle_is_closed(pool):
    pool(idle_seconds=0.03)
    driver = in_a_thread(work)
    time.sleep(0.5)
    assert in_a_thread(work) is not driver


def test_a_connection_that_was_just_used_stays_open(pool):
    pool(idle_seconds=30)
    driver = in_a_thread(work)
    time.sleep(0.5)
    assert in_a_thread(work) is driver


def test_a_thread_is_refused_while_its_share_is_in_use(pool):
    pool(size=1, wait_seconds=0.05)
    connection.ensure_connection()
    with pytest.raises(Busy):
        in_a_thread(work)
    release_connections()
    assert in_a_thread(work)


def test_one_share_in_use_leaves_the_others_their_connections(pool):
    pool(size=1, wait_seconds=0.05, shares=["requests", "payments"])

    def pay() -> Any:
        use_share("payments")
        return work()

    connection.ensure_connection()
    assert in_a_thread(pay)


def test_no_connection_is_held_while_something_slow_is_asked(pool):
    pool(size=1, wait_seconds=0.05)
    connection.ensure_connection()
    with connections_released():
        assert in_a_thread(work)
    assert work()


def test_a_thread_waits_longer_for_its_connection_after_something_slow(pool):
    pool(size=1, wait_seconds=0.05)
    is_taken, may_release = threading.Event(), threading.Event()

    def hold() -> None:
        connection.ensure_connection()
        is_taken.set()
        may_release.wait(timeout=30)
        release_connections()

    def wait_longer() -> Any:
        with connections_released():
            pass
        threading.Timer(0.5, may_release.set).start()
        return work()

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_taken.wait(timeout=30)
    assert in_a_thread(wait_longer)
    holder.join(timeout=30)


def test_many_threads_share_few_connections_and_none_is_lost(pool):
    pool(size=3, wait_seconds=30)
    with ThreadPoolExecutor(20) as threads:
        drivers = set(threads.map(lambda _: work(), range(500)))
    assert 1 <= len(drivers) <= 3
    assert all(in_a_thread(work) in drivers for _ in range(3))
