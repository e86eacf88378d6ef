"""Connections that go from thread to thread."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from eventbooking_system.db import connection_pool as lending
from eventbooking_system.db.connection_pool import install_pool, release_connections
from users.views import AnswerFirst

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _lending(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    lending._idle.clear()
    monkeypatch.setattr(connections, "create_connection", connections.create_connection)
    monkeypatch.setattr(lending, "_is_lending", False)
    install_pool()
    yield
    for lent in idle():
        lent.close()
    lending._idle.clear()


def idle() -> list[BaseDatabaseWrapper]:
    return [lent for of_alias in lending._idle.values() for lent in of_alias]


def in_a_thread(work: Any) -> Any:
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join(timeout=30)
    return results[0]


def work() -> Any:
    """The driver's connection with which a request was served; it stays referred to."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return connection.connection
    finally:
        release_connections()


def test_one_thread_after_the_other_uses_the_same_connection(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    assert in_a_thread(work) is in_a_thread(work)
    assert len(idle()) == 1


def test_two_at_once_use_two(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)

    def outer() -> tuple[Any, Any]:
        try:
            connection.ensure_connection()
            return connection.connection, in_a_thread(work)
        finally:
            release_connections()

    first, second = in_a_thread(outer)
    assert first is not second


def test_a_thread_keeps_none():
    def left() -> list[Any]:
        work()
        return connections.all(initialized_only=True)

    assert in_a_thread(left) == []


def test_what_is_done_after_an_answer_keeps_none():
    def left() -> list[Any]:
        AnswerFirst(connection.ensure_connection).close()
        return connections.all(initialized_only=True)

    assert in_a_thread(left) == []
    assert len(idle()) == 1


@pytest.mark.postgres
def test_one_that_broke_is_opened_anew(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    first = in_a_thread(work)
    [lent] = idle()
    lent.errors_occurred = True
    first.close()
    assert in_a_thread(work) is not first


def test_a_thread_that_asks_for_none_has_none():
    def idle_meanwhile() -> int:
        release_connections()
        return len(idle())

    in_a_thread(work)
    assert in_a_thread(idle_meanwhile) == 1
