"""Connections that go from thread to thread."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from eventbooking_system import lending
from eventbooking_system.lending import LentConnections

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_is_lent() -> Iterator[None]:
    lending._idle.clear()
    yield
    for connections_of_one in lending._idle:
        for lent in connections_of_one:
            lent.close()
    lending._idle.clear()


def in_a_thread(work: Any) -> Any:
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join(timeout=30)
    return results[0]


def work() -> Any:
    """The driver's connection with which a request was served; it stays referred to."""
    with LentConnections():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return connection.connection


def test_one_thread_after_the_other_uses_the_same_connection(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    assert in_a_thread(work) is in_a_thread(work)
    assert len(lending._idle) == 1


def test_two_at_once_use_two(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)

    def outer() -> tuple[Any, Any]:
        with LentConnections():
            connection.ensure_connection()
            return connection.connection, in_a_thread(work)

    first, second = in_a_thread(outer)
    assert first is not second
    assert len(lending._idle) == 2


def test_a_thread_keeps_none():
    def left() -> list[Any]:
        work()
        return connections.all(initialized_only=True)

    assert in_a_thread(left) == []


@pytest.mark.postgres
def test_one_that_broke_is_opened_anew(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    first = in_a_thread(work)
    [[lent]] = lending._idle
    lent.errors_occurred = True
    first.close()
    assert in_a_thread(work) is not first


def test_a_crash_gives_the_connection_back():
    def crash() -> None:
        with LentConnections():
            connection.ensure_connection()
            raise ValueError

    def crashes() -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - It says no more.
            crash()

    in_a_thread(crashes)
    assert len(lending._idle) == 1
