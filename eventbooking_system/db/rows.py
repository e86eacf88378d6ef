"""INSERTs of any number of rows within a larger PostgreSQL statement."""

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models


class Rows:
    """
    The INSERT of one model's rows, with texts for each column.

    `name` sets its parameters apart from those of other parts. A statement with any number of rows
    stays the same, so that it is prepared once.
    """

    def __init__(self, name: str, model: type[models.Model], *, skips_conflicts: bool = False):
        self._name = name
        self._model = model
        self._skips_conflicts = skips_conflicts

    @cached_property
    def sql(self) -> str:
        connection = connections[DEFAULT_DB_ALIAS]
        columns = ", ".join(field.column for field in self._fields)
        lists = ", ".join(f"%({self._parameter(field)})s::text[]" for field in self._fields)
        texts = ", ".join(f"{field.column}::{field.db_type(connection)}" for field in self._fields)
        insert = (
            f"INSERT INTO {self._model._meta.db_table} ({columns}) "
            f"SELECT {texts} FROM unnest({lists}) AS new ({columns})"
        )
        return f"{insert} ON CONFLICT DO NOTHING" if self._skips_conflicts else insert

    def values(self, objects: Iterable[models.Model]) -> dict[str, list[str | None]]:
        """Return the parameters for these unsaved objects."""
        objects = list(objects)
        return {
            self._parameter(field): [_text(field, each) for each in objects]
            for field in self._fields
        }

    @cached_property
    def _fields(self) -> list[models.Field]:
        return [field for field in self._model._meta.concrete_fields if not field.primary_key]

    def _parameter(self, field: models.Field) -> str:
        return f"{self._name}_{field.column}"


def _text(field: models.Field, instance: models.Model) -> str | None:
    """Write a column's value as PostgreSQL reads it."""
    value = field.pre_save(instance, add=True)
    if isinstance(field, models.JSONField):
        return json.dumps(value, cls=field.encoder)
    prepared: Any = field.get_prep_value(value)
    return None if prepared is None else str(prepared)
