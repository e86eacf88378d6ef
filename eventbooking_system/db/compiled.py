"""
Queries of the hot path, compiled once.

The ORM takes several times as long to turn a queryset into SQL as PostgreSQL takes to answer it. A
CompiledQuery is still written as a queryset, and returns the same objects or values.
"""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections, models, router
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

from eventbooking_system.db.prepared import Statement


@dataclass(frozen=True)
class CompiledSQL:
    """
    The SQL of a queryset, with the source of each parameter.

    `sources` holds for each `%s` its position in the list of all arguments followed by the
    constants. On PostgreSQL, constants are part of the SQL.
    """

    compiler: SQLCompiler
    sql: str
    sources: Sequence[int]
    constants: Sequence[Any]

    def bind(self, arguments: Sequence[Any]) -> list[Any]:
        items = _adapted(_flattened(arguments), self.compiler.using)
        items += self.constants
        return list(map(items.__getitem__, self.sources))

    def named(self, *names: str) -> str:
        """Return PostgreSQL's SQL with `%(name)s` for each argument, named in their order."""
        parameters = (f"%({names[source]})s" for source in self.sources)
        return re.sub(
            "%[s%]", lambda found: found[0] if found[0] == "%%" else next(parameters), self.sql
        )


class CompiledQuery:
    """
    A queryset that is compiled once. Calling it with arguments returns the rows as a list.

    `build` makes the queryset from its arguments: ids (integers or UUIDs), or lists of them. Each
    must become a parameter of the SQL, unchanged. Other values that `build` reads, such as the
    clock, are read only once.
    """

    def __init__(self, build: Callable[..., models.QuerySet]) -> None:
        self.build = build
        self._compiled: dict[Any, Callable[..., list[Any]]] = {}

    def __call__(self, *arguments: Any) -> list[Any]:
        shape = shape_of(arguments)
        run = self._compiled.get(shape) or self._compiled.setdefault(
            shape, self._compile(arguments)
        )
        return run(arguments)

    def sql(self, *arguments: Any) -> CompiledSQL:
        """Return the SQL of the query for arguments of this shape."""
        stand_ins = [
            [_stand_in(item) for item in value] if isinstance(value, list) else _stand_in(value)
            for value in arguments
        ]
        queryset = self.build(*stand_ins)
        using = router.db_for_read(queryset.model)
        compiler = queryset.query.get_compiler(using=using)
        sql, parameters = compiler.as_sql()
        flat, pending = _adapted(_flattened(stand_ins), using), iter(parameters)
        sources: list[int] = []
        constants: list[Any] = []

        def placed(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%%"
            item = next(pending)
            if item in flat:
                sources.append(flat.index(item))
            elif connections[using].vendor == "postgresql":
                # A prepared statement must show the type of each parameter by its place, so constants are
                # written out.
                return connections[using].ops.compose_sql("%s", [item]).replace("%", "%%")
            else:
                sources.append(len(flat) + len(constants))
                constants.append(item)
            return "%s"

        sql = re.sub("%[s%]", placed, sql)
        return CompiledSQL(compiler, sql, sources, constants)

    def _compile(self, arguments: tuple[Any, ...]) -> Callable[..., list[Any]]:
        compiled = self.sql(*arguments)
        statement, using = Statement(compiled.sql), compiled.compiler.using
        objects = _builder(compiled.compiler)

        def run(values: tuple[Any, ...]) -> list[Any]:
            connection = connections[using]
            with connection.cursor() as cursor:
                cursor.execute(statement.on(connection), compiled.bind(values))
                return objects(cursor.fetchall())

        return run


def _builder(compiler: SQLCompiler) -> Callable[[list[Any]], list[Any]]:
    """
    Return a function that turns rows into objects, as Django's `ModelIterable` does.

    All steps that are the same for every row are done here. Rows of `values_list` stay as they are.
    """
    kind, columns = compiler.klass_info, compiler.select
    converters = compiler.get_converters([column[0] for column in columns])
    if not compiler.query.default_cols:
        return lambda rows: list(compiler.apply_converters(rows, converters))
    model, fields = kind["model"], kind["select_fields"]
    first, end = fields[0], fields[-1] + 1
    names = [column[0].target.attname for column in columns[first:end]]
    related = get_related_populators(kind, columns, compiler.using)

    def objects(rows: list[Any]) -> list[models.Model]:
        if converters:
            rows = list(compiler.apply_converters(rows, converters))
        built = []
        for row in rows:
            built.append(instance := model.from_db(compiler.using, names, row[first:end]))
            for populator in related:
                populator.populate(row, instance)
            for name, position in compiler.annotation_col_map.items():
                setattr(instance, name, row[position])
        return built

    return objects


def shape_of(arguments: Sequence[Any]) -> tuple[Any, ...]:
    """Return the shape of arguments. Arguments of one shape have the same SQL."""
    return tuple(len(value) if isinstance(value, list) else type(value) for value in arguments)


def _stand_in(value: Any) -> Any:
    """Return a value of the same type that occurs nowhere else in the query."""
    return uuid.uuid4() if isinstance(value, uuid.UUID) else uuid.uuid4().int >> 66


def _adapted(items: list[Any], using: str) -> list[Any]:
    """Convert UUIDs to the form that the database takes."""
    if connections[using].features.has_native_uuid_field:
        return items
    return [item.hex if isinstance(item, uuid.UUID) else item for item in items]


def _flattened(values: Any) -> list[Any]:
    flat = []
    for value in values:
        flat += value if isinstance(value, list) else [value]
    return flat
