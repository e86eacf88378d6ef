"""Rows that the tests of a module share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def shared_rows(django_db_blocker: Any) -> Iterator[None]:
    """
    Keep the rows that are made inside until the block ends.

    Fixtures of a module use it. Each test's own transaction is a savepoint inside, so its changes of
    the rows are undone before the next test. Tests with real commits cannot use it.
    """
    whole = transaction.atomic()
    # Durable services may run inside this transaction, as in any test.
    whole._from_testcase = True
    with django_db_blocker.unblock(), whole:
        yield
        transaction.set_rollback(True)


def check_shared_rows() -> None:
    """Check foreign keys once, and not again after each test."""
    connection.check_constraints()
