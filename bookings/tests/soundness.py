"""The invariants, checked with statements of an earlier check."""

from collections.abc import Callable
from typing import Any

from django.db import connection

from bookings.invariants import all_checks
from bookings.invariants.checks import Check

Statements = list[tuple[str, tuple[Any, ...]]]
# The statements of each check on each database. They find no row if nothing is wrong.
_statements: dict[tuple[Check, str], Statements] = {}


def broken() -> list[str]:
    """
    Return a line for each violation, as `bookings.invariants.broken` does.

    To build a check's queries takes ten times as long as to run them, and tests check thousands of
    times. A check whose statements all found no row did not go on from any of them, so as long as
    the same statements find none, it would say the same. Otherwise the check itself runs.
    """
    return [line for check in all_checks() for line in _broken(check)]


def _broken(check: Check) -> list[str]:
    key = (check, connection.vendor)
    if key in _statements:
        with connection.cursor() as cursor:
            if not any(_finds_row(cursor, *statement) for statement in _statements[key]):
                return []
        return list(check())
    statements: Statements = []
    rows = 0

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal rows
        result = execute(sql, params, many, context)
        rows += max(context["cursor"].rowcount, 0)
        statements.append((sql, tuple(params or ())))
        return result

    with connection.execute_wrapper(note):
        lines = list(check())
    # SQLite does not say how many rows there are.
    if connection.vendor == "postgresql" and not rows and not lines:
        _statements[key] = statements
    return lines


def _finds_row(cursor: Any, sql: str, params: tuple[Any, ...]) -> bool:
    cursor.execute(sql, params)
    return cursor.fetchone() is not None
