"""Querysets that lock rows, and SQL for ids and limited counts."""

from typing import Any, Self

from django.core.exceptions import EmptyResultSet
from django.db import connections, models


class LockingQuerySet(models.QuerySet):
    def locked(self, *, skip_locked: bool = False) -> Self:
        """
        Lock these rows in key order until the transaction ends.

        FOR NO KEY UPDATE: rows that refer to a locked one can still be inserted. On SQLite a
        transaction holds the whole database from its first statement, so nothing is added there.
        `skip_locked` leaves out rows that somebody else has locked.
        """
        return self.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked).order_by(
            "pk"
        )


def ids_or_others(
    rows: models.QuerySet[Any], others: models.QuerySet[Any], *, few: int, using: str
) -> tuple[str, list[Any]]:
    """
    Make a statement that returns the ids of `rows`.

    If they are many, it returns the ids of `others`. The statement's row is the number of `rows`
    (at most one more than `few`), their ids, and the ids of `others` if there are more than `few`.
    Ids are one text with commas, which Python reads faster than rows. Returns the statement and its
    parameters.
    """
    is_sqlite = connections[using].vendor == "sqlite"
    join = "group_concat(pk)" if is_sqlite else "string_agg(pk::text, ',')"
    joined = f"coalesce({join}, '')"
    (sql, values), (sql_of_others, values_of_others) = (
        side.order_by().values("pk")[: few + 1].query.get_compiler(using).as_sql()
        for side in (rows, others)
    )
    statement = f"""
        SELECT number, ids,
            CASE WHEN number > {few} THEN (SELECT {joined} FROM ({sql_of_others}) AS other) END
        FROM (SELECT COUNT(*) AS number, {joined} AS ids FROM ({sql}) AS one) AS found
    """
    return statement, [*values_of_others, *values]


def count_up_to(most: int, *parts: models.QuerySet[Any]) -> int:
    """
    Count the rows of disjoint querysets together, up to `most`.

    Django's own `count` takes longer to build this statement than PostgreSQL takes to run it.
    """
    using, selects, parameters = parts[0].db, [], []
    for part in parts:
        try:
            sql, values = part.order_by().values("pk").query.get_compiler(using).as_sql()
        except EmptyResultSet:
            continue
        selects.append(f"SELECT pk FROM ({sql}) AS part")
        parameters += values
    if not selects:
        return 0
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM ({' UNION ALL '.join(selects)} LIMIT {most}) AS found",
            parameters,
        )
        return cursor.fetchone()[0]
