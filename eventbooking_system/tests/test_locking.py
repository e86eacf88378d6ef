"""Tests of `locked()`: one statement, one order, and a time limit."""

import sqlite3

import psycopg2
import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from eventbooking_system.problems import problem_of
from eventbooking_system.testing.races import run_at_once
from users.models import User
from users.tests.factories import UserFactory

pytestmark = pytest.mark.sqlite


@pytest.mark.django_db
def test_rows_are_locked_in_one_statement_in_the_order_of_their_keys():
    UserFactory.create_batch(3)
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        list(User.objects.order_by("-email").locked())
    (sql,) = [query["sql"] for query in queries if "SELECT" in query["sql"]]
    assert 'ORDER BY "users_user"."id" ASC' in sql
    on_postgres = connection.vendor == "postgresql"
    assert sql.endswith('FOR NO KEY UPDATE OF "users_user"') == on_postgres


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_is_not_given_in_time_is_busy():
    """Each database's real error is used. The rival has its own connection."""
    user = UserFactory()
    rival = _rival()
    try:
        rival.cursor().execute(f"UPDATE users_user SET first_name = 'Rival' WHERE id = {user.pk}")
        with pytest.raises(OperationalError) as refusal, transaction.atomic():
            list(User.objects.filter(pk=user.pk).locked())
        response = problem_of(refusal.value)
        assert response.status_code == 503
        assert 1 <= int(response["Retry-After"]) <= 3
    finally:
        rival.rollback()
        rival.close()
        connection.close()


def _rival() -> sqlite3.Connection | psycopg2.extensions.connection:
    """Open a second connection, and wait only briefly for locks."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout = 50")
            return sqlite3.connect(connection.settings_dict["NAME"])
        cursor.execute("SET lock_timeout = '50ms'")
    return psycopg2.connect(
        connection.connection.dsn, password=connection.settings_dict["PASSWORD"]
    )


@pytest.mark.django_db(transaction=True)
def test_calls_are_run_at_once_and_their_errors_are_results():
    def fail() -> None:
        raise ValueError("no")

    results = run_at_once([UserFactory, fail, UserFactory])
    assert [type(result) for result in results] == [User, ValueError, User]
    assert User.objects.count() == 2
