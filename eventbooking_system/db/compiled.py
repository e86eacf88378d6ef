"""
Queries of the hot path, compiled once.

The ORM takes several times as long to turn a queryset into SQL as PostgreSQL takes to answer it. A
CompiledQuery is still written as a queryset, and gives the same objects, or values.
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
    What a queryset came to: `sources` says of each `%s` which it is of all arguments in a row and the
    constants after them. PostgreSQL's has its constants written out.
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
        """PostgreSQL's SQL with `%(name)s` for each argument, of all in a row."""
        parameters = (f"%({names[source]})s" for source in self.sources)
        return re.sub(
            "%[s%]", lambda found: found[0] if found[0] == "%%" else next(parameters), self.sql
        )


class CompiledQuery:
    """
    `build` makes a queryset of its arguments: ids (integers or UUIDs), or lists of them.

    Each must reach the SQL as it is, as a parameter; what `build` reads elsewhere, the clock for
    one, is read once for all. Called with arguments, gives the rows as a list.
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
        """What the query is in SQL, for arguments of this shape."""
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
                # Where it may be prepared: what type a parameter has must be plain from where it stands.
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
    Turns rows into objects, as `ModelIterable` does, with all that is the same for every row; or
    leaves them as they are, for a queryset of `values_list`.
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
    """Arguments of one shape come to the same SQL."""
    return tuple(len(value) if isinstance(value, list) else type(value) for value in arguments)


def _stand_in(value: Any) -> Any:
    """A value of the same type that nothing else in the query has."""
    return uuid.uuid4() if isinstance(value, uuid.UUID) else uuid.uuid4().int >> 66


def _adapted(items: list[Any], using: str) -> list[Any]:
    """As the database takes them."""
    if connections[using].features.has_native_uuid_field:
        return items
    return [item.hex if isinstance(item, uuid.UUID) else item for item in items]


def _flattened(values: Any) -> list[Any]:
    flat = []
    for value in values:
        flat += value if isinstance(value, list) else [value]
    return flat
