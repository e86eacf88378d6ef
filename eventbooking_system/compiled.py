"""
Queries of the hot path, compiled once.

The ORM takes several times as long to turn a queryset into SQL as PostgreSQL takes to answer it. A
CompiledQuery is still written as a queryset, and gives the same objects.
"""

import copy
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.db import connections, models, router
from django.db.models.query import ModelIterable


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
        shape = tuple(len(value) if isinstance(value, list) else type(value) for value in arguments)
        run = self._compiled.get(shape) or self._compiled.setdefault(
            shape, self._compile(arguments)
        )
        return run(arguments)

    def _compile(self, arguments: tuple[Any, ...]) -> Callable[..., list[Any]]:
        stand_ins = [
            [_stand_in(item) for item in value] if isinstance(value, list) else _stand_in(value)
            for value in arguments
        ]
        queryset = self.build(*stand_ins)
        using = router.db_for_read(queryset.model)
        compiler = queryset.query.get_compiler(using=using)
        sql, parameters = compiler.as_sql()
        flat = [_prepared(item, using) for item in _flattened(stand_ins)]
        # Where in the arguments each parameter comes from; the others are constants.
        sources = [flat.index(item) if item in flat else None for item in parameters]

        def run(values: tuple[Any, ...]) -> list[Any]:
            items = [_prepared(item, using) for item in _flattened(values)]
            bound = tuple(
                constant if source is None else items[source]
                for source, constant in zip(sources, parameters, strict=True)
            )
            mine = copy.copy(compiler)
            mine.connection = connections[using]
            mine.as_sql = lambda *args, **kwargs: (sql, bound)
            rows = SimpleNamespace(
                db=using,
                query=SimpleNamespace(get_compiler=lambda using: mine),
                _known_related_objects={},
            )
            return list(ModelIterable(rows))

        return run


def _stand_in(value: Any) -> Any:
    """A value of the same type that nothing else in the query has."""
    return uuid.uuid4() if isinstance(value, uuid.UUID) else uuid.uuid4().int >> 66


def _prepared(value: Any, using: str) -> Any:
    if isinstance(value, uuid.UUID) and not connections[using].features.has_native_uuid_field:
        return value.hex
    return value


def _flattened(values: Any) -> list[Any]:
    flat = []
    for value in values:
        flat += value if isinstance(value, list) else [value]
    return flat
