"""Fixtures that the tests of every app share."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.core.management.color import no_style
from django.db import OperationalError, connection, connections
from django.test import TransactionTestCase
from psycopg2.errorcodes import LOCK_NOT_AVAILABLE
from rest_framework.test import APIClient

# How much work a guess is matters to no test, and logins are made by the hundred.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = 1, 8
Argon2PasswordHasher.parallelism = 1


# What migrations fill, and every test only reads.
_LASTING = {"auth_permission", "django_content_type"}


def _empty_tables(case: TransactionTestCase) -> None:
    """In place of `flush`, which fills what is lasting again after each test with real commits."""
    tables = set(connection.introspection.django_table_names(only_existing=True)) - _LASTING
    statements = connection.ops.sql_flush(no_style(), sorted(tables))
    connection.ops.execute_sql_flush(statements)


TransactionTestCase._fixture_teardown = _empty_tables


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Throttles count in the cache, and answers are kept: each test starts from nothing."""
    # Here, as settings are not read when plugins are.
    from eventbooking_system.api import throttles
    from eventbooking_system.cache import versioned as caching

    cache.clear()
    throttles._counts.clear()
    caching.clear_local()


@pytest.fixture
def api() -> APIClient:
    """A client without a login. Errors of the server are answers, as they are over the wire."""
    return APIClient(raise_request_exception=False)


@pytest.fixture
def login() -> Callable[[Any], APIClient]:
    """`login(user)`: a client that sends a real access token of that user."""
    from users.tokens import start_session  # Here, as models are not loaded when plugins are.

    def _login(user: Any) -> APIClient:
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_session(user).access}")
        return client

    return _login


def _asking_again(call: Callable[[], Any]) -> Any:
    """A slow machine makes people wait too long for a lock, and who is told so asks again."""
    for _ in range(15):
        try:
            return call()
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) != LOCK_NOT_AVAILABLE:
                raise
    return call()


def run_at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """
    Run the calls in threads that start together; each result or exception, in order.

    For tests with real commits: `@pytest.mark.django_db(transaction=True)`.
    """
    results: list[Any] = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(index: int) -> None:
        try:
            barrier.wait(timeout=30)
            results[index] = _asking_again(calls[index])
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
