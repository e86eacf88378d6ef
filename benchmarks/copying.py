"""Writing many rows of a model by PostgreSQL's COPY."""

from collections.abc import Iterable, Iterator, Sequence
from io import TextIOBase
from itertools import islice
from typing import Any

from django.db import connection, models


def copy(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows of these fields; all other fields get their defaults."""
    fields = [model._meta.get_field(name) for name in names]
    others = [
        field
        for field in model._meta.concrete_fields
        if field not in fields and not field.generated
    ]
    defaults = [field.get_db_prep_save(field.get_default(), connection) for field in others]
    tail = "".join(f"\t{_written(value)}" for value in defaults) + "\n"
    lines = ("\t".join(map(_written, row)) + tail for row in rows)
    columns = ", ".join(f'"{field.column}"' for field in [*fields, *others])
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", _Lines(lines))
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )


def _written(value: Any) -> str:
    """Write a value for COPY. The values contain no tab and no backslash."""
    if value is None:
        return r"\N"
    return str(getattr(value, "adapted", value))


class _Lines(TextIOBase):
    """An iterator of lines as a file that psycopg2 can read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._left = ""

    def read(self, size: int | None = -1) -> str:
        if size is None or size < 0:
            return self._left + "".join(self._lines)
        while len(self._left) < size:
            chunk = "".join(islice(self._lines, 1000))
            if not chunk:
                break
            self._left += chunk
        text, self._left = self._left[:size], self._left[size:]
        return text
