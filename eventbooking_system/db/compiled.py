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
from functools import cache, cached_property
from itertools import accumulate, pairwise
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, F, Func, Q
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.functions import Now
from django.db.models.query_utils import DeferredAttribute
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.subqueries import UpdateQuery

from eventbooking_system.db.prepared import Statement

_FIELDS: dict[type, Callable[[], models.Field]] = {
    int: models.BigIntegerField,
    str: models.TextField,
    uuid.UUID: models.UUIDField,
    datetime: models.DateTimeField,
}
_PLAIN_ATTRIBUTES = {DeferredAttribute, ForeignKeyDeferredAttribute}
_PLACEHOLDER = re.compile(r"%(%|s|\(\w+\)s)")


class Parameter(Expression):
    """A value that is given when the query runs: `%(name)s` in its SQL."""

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
    The condition that a column has one of these ids.

    It can be used in a compiled query.
    """
    if isinstance(ids, ListParameter):
        return _EqualsAny(F(column), ids)
    return Q(**{f"{column}__in": ids})


def parameters_of(build: Callable[..., Any]) -> list[Parameter | ListParameter]:
    """A parameter for each argument of a function, by its name and annotation."""
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
        with connection.cursor() as cursor:
            cursor.execute(self.statement.on(connection), values)
            return self.objects(cursor.fetchall())

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
        return _builder(self._compiler)

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
        self, *, after: Sequence[CompiledQuery | Statement] = (), **values: Any
    ) -> dict[str, list[Any]]:
        """
        Return the rows of each part by its name.

        The statement of `after` is sent with this one, in one round trip, and its rows are not
        read: it takes locks, so that the statement sees what is true under them. SQLite, where a
        transaction locks everything, runs no plain Statement.
        """
        connection = connections[next(iter(self.parts.values())).queryset.db]
        if connection.vendor != "postgresql":
            for query in after:
                if isinstance(query, CompiledQuery):
                    query.choose(values)
            return {name: part.choose(values) for name, part in self.parts.items()}
        statements = [*(getattr(query, "statement", query) for query in after), self._statement]
        with connection.cursor() as cursor:
            cursor.execute(together(connection, *statements), values)
            return self._split(cursor.fetchall())

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


def new_instance(
    model: type[models.Model], *, related: Mapping[str, models.Model] | None = None, **values: Any
) -> Any:
    """
    Make an unsaved instance from column values and related objects.

    It is what `model(**values)` gives, in a fifth of the time.
    """
    instance = model.__new__(model)
    state = ModelState()
    instance.__dict__.update(_defaults(model), _state=state, **values)
    if related:
        state.fields_cache.update(related)
    return instance


@cache
def _defaults(model: type[models.Model]) -> dict[str, Any]:
    return {field.attname: field.get_default() for field in model._meta.concrete_fields}


def together(connection: BaseDatabaseWrapper, *statements: Statement) -> str:
    """
    Statements sent in one round trip.

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


def _builder(compiler: SQLCompiler) -> Callable[[list[Any]], list[Any]]:
    """
    Turn rows into objects like `ModelIterable`, but faster.

    The work that all rows share is done once. A queryset of `values_list` keeps its rows.
    """
    columns = compiler.select
    converters = compiler.get_converters([column[0] for column in columns])
    if not compiler.query.default_cols:
        if not converters:
            return list
        return lambda rows: list(compiler.apply_converters(rows, converters))
    build = _instance_builder(compiler.klass_info, columns, compiler.using)
    # They stand together.
    annotations = list(compiler.annotation_col_map)
    first = min(compiler.annotation_col_map.values(), default=0)
    annotated = slice(first, first + len(annotations))

    def objects(rows: list[Any]) -> list[models.Model]:
        if converters:
            rows = list(compiler.apply_converters(rows, converters))
        built = [build(row) for row in rows]
        if annotations:
            for instance, row in zip(built, rows, strict=True):
                instance.__dict__.update(zip(annotations, row[annotated], strict=True))
        return built

    return objects


def _instance_builder(kind: Any, columns: Any, using: str) -> Callable[[Any], Any]:
    """
    Return a function that makes an instance from a row.

    It includes the instances of `select_related`.
    """
    model, fields = kind["model"], kind["select_fields"]
    names = [columns[position][0].target.attname for position in fields]
    make = _from_database(model, names, using)
    first, end = fields[0], fields[-1] + 1
    key = names.index(model._meta.pk.attname)
    related = [
        (_attribute_of(info), _instance_builder(info, columns, using))
        for info in kind.get("related_klass_infos", [])
    ]

    def build(row: Any) -> Any:
        values = row[first:end]
        if values[key] is None:
            return None
        instance = make(values)
        for name, build_related in related:
            instance._state.fields_cache[name] = build_related(row)
        return instance

    return build


def _attribute_of(kind: Any) -> str:
    """Return the name under which an instance keeps a related one."""
    field = kind["field"]
    return (field.remote_field if kind["reverse"] else field).cache_name


def _from_database(
    model: type[models.Model], names: Sequence[str], using: str
) -> Callable[[Sequence[Any]], models.Model]:
    """
    The fastest way to make an instance of a model from some of its columns.

    `Model.__init__` looks at each field and sends two signals, which takes ten times as long as to
    fill the instance. It is left out where a model's fields and `__init__` are Django's own.
    """
    is_plain = (
        model.__init__ is models.Model.__init__
        and model.from_db.__func__ is models.Model.from_db.__func__
        and {type(inspect.getattr_static(model, name)) for name in names} <= _PLAIN_ATTRIBUTES
    )
    if not is_plain:
        chosen = frozenset(names)
        return lambda values: model.from_db(using, chosen, values)

    def make(values: Sequence[Any]) -> models.Model:
        instance = model.__new__(model)
        attributes = instance.__dict__
        state = attributes["_state"] = ModelState()
        state.adding, state.db = False, using
        attributes.update(zip(names, values, strict=True))
        return instance

    return make
