"""
Queries of the hot path, compiled once.

The ORM takes several times as long to turn a queryset into SQL as PostgreSQL takes to answer it. A
CompiledQuery is still written as a queryset, and gives the same objects or values. SQLite runs the
queryset itself.
"""

import inspect
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, F, Func, Q
from django.db.models.functions import Now
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.subqueries import UpdateQuery

from eventbooking_system.db.instances import objects_builder
from eventbooking_system.db.prepared import Command, Statement

_FIELDS: dict[type, Callable[[], models.Field]] = {
    int: models.BigIntegerField,
    str: models.TextField,
    uuid.UUID: models.UUIDField,
    datetime: models.DateTimeField,
}
_PLACEHOLDER = re.compile(r"%(%|s|\(\w+\)s)")


class Parameter(Expression):
    """A value given when the query runs: `%(name)s` in its SQL."""

    def __init__(self, name: str, kind: type) -> None:
        super().__init__(_FIELDS[kind]())
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        return f"%({self.name})s", []


class ListParameter(Expression):
    """The same for a list of ids of any length."""

    def __init__(self, name: str) -> None:
        super().__init__(models.BigIntegerField())
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        return f"(%({self.name})s::bigint[])", []


class _EqualsAny(Func):
    template = "%(expressions)s"
    arg_joiner = " = ANY"
    output_field = models.BooleanField()


def is_one_of(column: str, ids: ListParameter | Sequence[int]) -> Q | Expression:
    """
    Return the condition that a column has one of these ids.

    It can be used in a compiled query.
    """
    if isinstance(ids, ListParameter):
        return _EqualsAny(F(column), ids)
    return Q(**{f"{column}__in": ids})


def parameters_of(build: Callable[..., Any]) -> list[Parameter | ListParameter]:
    """
    Return a parameter for each argument of a function.

    Its name and annotation are the argument's.
    """
    return [
        ListParameter(name) if kind == list[int] else Parameter(name, kind)
        for name, kind in inspect.get_annotations(build).items()
        if name != "return"
    ]


class Clock(Now):
    """
    The database's clock at this moment.

    Now() is the time when the statement was sent.
    """

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="CLOCK_TIMESTAMP()", **context)


class CompiledQuery:
    """
    A query that is compiled once.

    `build` makes its queryset from parameters: ids, texts, instants or lists of ids. It is called
    once, with a Parameter for each argument, so it must hand them to the queryset as they are. A
    list goes through `is_one_of`. Called with values, gives the rows as a list.
    """

    def __init__(self, build: Callable[..., models.QuerySet]) -> None:
        self.build = build
        self.parameters = parameters_of(build)

    def __call__(self, *arguments: Any, **named: Any) -> list[Any]:
        values = dict(zip(self.names, arguments, strict=False)) | named
        connection = connections[self.queryset.db]
        if connection.vendor != "postgresql":
            return list(self.build(**values))
        return self.objects(connection.rows(self.statement.on(connection), values))

    def after_rollback(self, *arguments: Any) -> list[Any] | None:
        """
        Roll the transaction back and run the query in one round trip.

        See `rollback_with` of the connection. Does nothing and returns None on SQLite.
        """
        connection = connections[self.queryset.db]
        if connection.vendor != "postgresql":
            return None
        values = dict(zip(self.names, arguments, strict=True))
        return self.objects(connection.rollback_with(self.statement.on(connection), values))

    def choose(self, values: Mapping[str, Any]) -> list[Any]:
        """Call with those of these values that the query has parameters for."""
        return self(**{name: values[name] for name in self.names})

    @cached_property
    def names(self) -> list[str]:
        return [parameter.name for parameter in self.parameters]

    @cached_property
    def queryset(self) -> models.QuerySet:
        return self.build(*self.parameters)

    @cached_property
    def statement(self) -> Statement:
        return Statement(self.sql)

    @cached_property
    def sql(self) -> str:
        """The query in PostgreSQL's SQL, with `%(name)s` for each argument."""
        return _with_literals(*self._compiler.as_sql(), connections[self.queryset.db])

    @cached_property
    def objects(self) -> Callable[[list[Any]], list[Any]]:
        """Turns rows into objects. The rows of a `values_list` queryset stay rows."""
        return objects_builder(self._compiler)

    @cached_property
    def width(self) -> int:
        """How many columns a row has."""
        return len(self._compiler.select)

    @cached_property
    def _compiler(self) -> SQLCompiler:
        compiler = self.queryset.query.get_compiler(using=self.queryset.db)
        compiler.as_sql()
        return compiler


class JoinedQuery:
    """
    Several compiled queries answered by one statement on PostgreSQL.

    All but the last one have one row at the most. The first column of each is never null.
    """

    def __init__(self, **parts: CompiledQuery) -> None:
        self.parts = parts

    def __call__(
        self, *, after: Sequence[CompiledQuery | Command] = (), **values: Any
    ) -> dict[str, list[Any]]:
        """
        Return the rows of each part by its name.

        The statements of `after` are sent with this one, in one round trip, and their rows are not
        read. They take locks, so that this statement sees what is true under them. On SQLite a
        transaction locks everything, so only their compiled queries run there.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor != "postgresql":
            for query in after:
                if isinstance(query, CompiledQuery):
                    query.choose(values)
            return {name: part.choose(values) for name, part in self.parts.items()}
        statements = [*(getattr(query, "statement", query) for query in after), self._statement]
        return self._split(connection.rows(together(connection, *statements), values))

    @cached_property
    def _statement(self) -> Statement:
        columns = {
            name: ", ".join(f"{name}_{index}" for index in range(part.width))
            for name, part in self.parts.items()
        }
        joins = " ".join(
            f"LEFT JOIN ({part.sql}) AS {name} ({columns[name]}) ON true"
            for name, part in self.parts.items()
        )
        return Statement(f"SELECT {', '.join(columns.values())} FROM (SELECT 1) AS base {joins}")

    @cached_property
    def _columns(self) -> list[tuple[str, slice]]:
        """The columns of each part."""
        bounds = pairwise(accumulate((part.width for part in self.parts.values()), initial=0))
        return [(name, slice(*ends)) for name, ends in zip(self.parts, bounds, strict=True)]

    def _split(self, rows: list[Any]) -> dict[str, list[Any]]:
        found, last = {}, next(reversed(self.parts))
        for name, columns in self._columns:
            mine = rows if name == last else rows[:1]
            there = [row[columns] for row in mine if row[columns.start] is not None]
            found[name] = self.parts[name].objects(there)
        return found


def together(connection: BaseDatabaseWrapper, *statements: Command) -> str:
    """
    Join statements that are sent in one round trip.

    The rows of the last one are returned.
    """
    return "; ".join(statement.on(connection) for statement in statements)


def update_sql(queryset: models.QuerySet, values: Mapping[str, Any]) -> str:
    """
    Return a queryset's UPDATE in PostgreSQL's SQL.

    It has `%(name)s` for each Parameter.
    """
    query = queryset.query.chain(UpdateQuery)
    query.add_update_values(values)
    return _with_literals(*query.get_compiler(using=queryset.db).as_sql(), connections[queryset.db])


def _with_literals(sql: str, values: Sequence[Any], connection: BaseDatabaseWrapper) -> str:
    """
    Write out the constants of a query.

    A statement that is prepared needs them so: the type of each parameter must be plain from where
    it stands.
    """
    pending = iter(values)

    def written(found: re.Match[str]) -> str:
        if found[0] != "%s":
            return found[0]
        return connection.ops.compose_sql("%s", [next(pending)]).replace("%", "%%")

    return _PLACEHOLDER.sub(written, sql)
