"""Tests of the PostgreSQL backend: prepared statements and few round trips."""

from contextlib import suppress

import psycopg2
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from eventbooking_system.db.prepared import Statement

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
COUNT = "SELECT count(*) FROM django_content_type WHERE app_label = %s"
SUM = Statement("SELECT %s::int + %s::int, '100%%'")


@pytest.fixture(autouse=True)
def _connection_of_its_own():
    connection.close()
    yield
    connection.close()


def run(statement: Statement, *parameters: object) -> list:
    with connection.cursor() as cursor:
        cursor.execute(statement.on(connection), parameters)
        return cursor.fetchall()


def test_a_named_parameter_is_sent_once_wherever_it_stands():
    names = Statement("SELECT %(a)s::int * 10 + %(b)s::int, %(a)s, '100%%'")
    with connection.cursor() as cursor:
        cursor.execute(names.on(connection), {"a": 1, "b": 2})
        assert cursor.fetchall() == [(12, 1, "100%")]
        assert cursor.query.startswith(b"EXECUTE")
        assert cursor.query.endswith(b"(1, 2)")


def prepared() -> list[str]:
    return [sql for (sql,) in run(Statement("SELECT statement FROM pg_prepared_statements"))]


def test_a_statement_is_prepared_once_a_connection():
    for number in range(3):
        assert run(SUM, number, 1) == [(number + 1, "100%")]
    assert sum("$1::int + $2::int, '100%'" in sql for sql in prepared()) == 1
    connection.close()
    assert run(SUM, 2, 3) == [(5, "100%")]


def test_prepared_statement_survives_a_rollback():
    with transaction.atomic():
        run(SUM, 1, 1)
        transaction.set_rollback(True)
    assert run(SUM, 1, 1) == [(2, "100%")]


def test_behind_a_pooler_nothing_is_prepared(settings):
    settings.DATABASE_PREPARES = False
    assert run(SUM, 1, 1) == [(2, "100%")]
    assert prepared() == []


def test_rows_of_a_statement_that_fails_are_an_error_of_django():
    with pytest.raises(DataError):
        connection.rows("SELECT 1 / %s", [0])
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            connection.rows("SELECT 1", [])


def made_and_rolled_back() -> list:
    with suppress(LookupError), transaction.atomic():
        ContentType.objects.create(app_label="mine", model="mine")
        found = connection.rollback_with(COUNT, ["mine"])
        raise LookupError
    return found


def test_a_statement_sent_with_the_rollback_sees_nothing_of_its_transaction():
    with CaptureQueriesContext(connection) as queries:
        assert made_and_rolled_back() == [(0,)]
    assert [query["sql"] for query in queries][-1].startswith("ROLLBACK; SELECT")
    assert connection.rows(COUNT, ["mine"]) == [(0,)]


def test_a_statement_sent_with_the_rollback_of_an_inner_block_leaves_the_outer_one():
    with transaction.atomic():
        ContentType.objects.create(app_label="mine", model="outer")
        assert made_and_rolled_back() == [(2,)]
        assert connection.rows(COUNT, ["mine"]) == [(1,)]
        transaction.set_rollback(True)


def test_plans_are_made_once():
    """The parameters are keys, so one plan suits all values."""
    assert run(Statement("SELECT current_setting('plan_cache_mode')")) == [("force_generic_plan",)]


def begin_request() -> None:
    """Do what Django does at the start of each request."""
    connection.health_check_enabled, connection.health_check_done = True, False


def test_a_connection_that_is_quiet_is_not_asked():
    run(SUM, 1, 1)
    begin_request()
    with CaptureQueriesContext(connection) as queries:
        run(SUM, 1, 1)
    assert len(queries) == 1
    assert connection.is_usable()


def end_connection() -> int:
    """End the test's connection as a stopping server does. Return the id of its process."""
    ((pid,),) = run(Statement("SELECT pg_backend_pid()"))
    other = psycopg2.connect(
        connection.connection.dsn, password=connection.settings_dict["PASSWORD"]
    )
    try:
        other.autocommit = True
        other.cursor().execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    finally:
        other.close()
    return pid


def test_a_connection_that_the_server_has_closed_is_replaced():
    run(SUM, 1, 1)
    pid = end_connection()
    begin_request()
    assert run(SUM, 1, 1) == [(2, "100%")]
    assert run(Statement("SELECT pg_backend_pid()")) != [(pid,)]


def test_a_statement_is_prepared_again_on_the_connection_that_replaces_a_closed_one():
    """The hot path chooses its statement before it opens a cursor."""
    run(SUM, 1, 1)
    end_connection()
    begin_request()
    assert connection.rows(SUM.on(connection), [1, 1]) == [(2, "100%")]


def test_a_connection_that_failed_is_asked():
    run(SUM, 1, 1)
    connection.errors_occurred = True
    assert connection.is_usable()
    connection.connection.close()
    assert not connection.is_usable()


def test_a_role_without_a_lock_timeout_is_warned_of():
    def warnings() -> list[str]:
        return [warning.id for warning in connection.validation.check()]

    assert warnings() == []
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
    assert warnings() == ["eventbooking_system.W001"]
