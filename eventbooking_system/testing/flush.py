"""How tests with real commits leave the database empty."""

from collections.abc import Iterable
from functools import cache

from django.core.management.color import no_style
from django.db import connection, transaction
from django.test import TransactionTestCase

# The tables that migrations fill, and that every test only reads.
_LASTING = {"auth_permission", "django_content_type"}
# Deleted rows stay in a table's file. A larger file is replaced, so that plans stay those of small tables.
_MAX_FILE_BYTES = 256 * 1024


def empty_tables(case: TransactionTestCase) -> None:
    """
    Empty the tables as `flush` does, without refilling lasting ones each time.

    TRUNCATE gives each table and each index a new file, which takes a hundred times as long as to
    delete a few rows.
    """
    tables = _tables()
    if connection.vendor == "sqlite" or not _deleted(tables):
        _truncate(tables)


def renew_files() -> None:
    """Give each table a new file. Tests of plans count the pages of deleted rows."""
    _truncate(_tables())


@cache
def _tables() -> list[str]:
    return sorted(set(connection.introspection.django_table_names(only_existing=True)) - _LASTING)


def _deleted(tables: list[str]) -> bool:
    """
    Delete all rows on PostgreSQL.

    Return False if a file is large or the role may not do this.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            return False
        # A thread that a test has left behind must not commit afterwards.
        cursor.execute(f"LOCK TABLE {', '.join(map(_quoted, tables))}")
        cursor.execute(
            "SELECT relname, pg_relation_size(oid) FROM pg_class"
            " WHERE relnamespace = current_schema()::text::regnamespace AND relname = ANY(%s)",
            [tables],
        )
        sizes = dict(cursor.fetchall())
        # Rolled back rows stay in the file, too, so empty tables count.
        if any(size > _MAX_FILE_BYTES for size in sizes.values()):
            return False
        # Triggers are off, because some refuse to delete, and foreign keys would need an order.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in [name for name, size in sizes.items() if size]:
            cursor.execute(f"DELETE FROM {_quoted(table)}")
    return True


def _truncate(tables: Iterable[str]) -> None:
    triggers = _sqlite_triggers()
    statements = connection.ops.sql_flush(no_style(), tables)
    connection.ops.execute_sql_flush(
        [*(f"DROP TRIGGER {name}" for name in triggers), *statements, *triggers.values()]
    )


def _sqlite_triggers() -> dict[str, str]:
    """
    Return SQLite's triggers with their SQL.

    They are removed because some refuse the DELETE that empties a table.
    """
    if connection.vendor != "sqlite":
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return dict(cursor.fetchall())


def _quoted(table: str) -> str:
    return connection.ops.quote_name(table)
