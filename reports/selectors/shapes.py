"""
Lines of bookings as texts, so that equal bookings are counted.

A house has few prices: of a week's thousand bookings, most differ from others only by their number.
The database groups those, and their amounts are divided among their lines once.
"""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Aggregate, Case, CharField, F, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Concat

# Texts that people type have no control characters.
_END_OF_FIELD, _END_OF_LINE = "\x1f", "\x1e"
# The groups of a booking that differ from line to line.
LINES = {"category": "show_seat__seat__category__name", "ticket_type": "ticket_type"}


class Part(NamedTuple):
    """The price, state and groups of a booking's line."""

    price: Decimal
    is_active: bool
    keys: tuple[str, ...]


class _Shape(Aggregate):
    """The ordered texts of a row's lines. On SQLite each ends with its key."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        joiner = f", E'\\x{ord(_END_OF_LINE):x}' ORDER BY "
        return self.as_sql(compiler, connection, function="string_agg", arg_joiner=joiner)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        template = f"group_concat(%(expressions)s, char({ord(_END_OF_LINE)}))"
        joiner = f" || char({ord(_END_OF_FIELD)}) || "
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner)


def shape(lines: str, names: Collection[str]) -> Aggregate:
    """Aggregate lines: their prices, whether they are active, and these groups."""
    fields = [
        Cast(f"{lines}__price", CharField()),
        Case(When(**{f"{lines}__cancelled_at__isnull": True}, then=Value("1")), default=Value("")),
        *(F(f"{lines}__{LINES[name]}") for name in LINES if name in names),
    ]
    text: list[Any] = [fields[0]]
    for field in fields[1:]:
        text += [Value(_END_OF_FIELD), field]
    return _Shape(Concat(*text, output_field=CharField()), F(f"{lines}__pk"))


def parts_of(text: str, names: Collection[str]) -> Sequence[Part]:
    """Read the lines of a shape's text, ordered by key."""
    lines = [line.split(_END_OF_FIELD) for line in text.split(_END_OF_LINE)]
    groups = sum(name in names for name in LINES)
    if len(lines[0]) > 2 + groups:
        lines.sort(key=lambda fields: int(fields[-1]))
    return [
        Part(Decimal(price), is_active == "1", tuple(keys[:groups]))
        for price, is_active, *keys in lines
    ]


def counted(rows: QuerySet) -> Iterator[dict[str, Any]]:
    """Group rows that differ only in their key. `rows` is their number."""
    compiler = rows.query.get_compiler(connection=connection)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return
    columns = {name: column for column, _, name in compiler.select if name != "pk"}
    names = ", ".join(map(connection.ops.quote_name, columns))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names}, COUNT(*) FROM ({sql}) AS one GROUP BY {names}", parameters)
        found = cursor.fetchall()
    converters = compiler.get_converters(list(columns.values()))
    for row in compiler.apply_converters(found, converters):
        yield dict(zip([*columns, "rows"], row, strict=True))
