"""Recording what staff do, in the transaction of what they do."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from audit.models import Entry
from eventbooking_system.server.request_context import current_request_id, current_staff_id

# Values of other texts may be secrets, or say something about a person.
_PLAIN_TYPES = (
    models.BooleanField,
    models.IntegerField,
    models.DecimalField,
    models.FloatField,
    models.DateField,
    models.DurationField,
    models.SlugField,
    models.URLField,
)
# In the catalogue, everything is published, except what is said of blocked seats.
_CATALOGUE = {"events", "venues", "shows"}
_LEFT_OUT = {"block_reason", "block_owner", "password"}
_MAX_TEXT = 200
_MAX_ROWS = 1000

State = dict[str, Any]

# How many entries the current request has written.
entries_of_request: ContextVar[int] = ContextVar("entries_of_request", default=0)


def state_of(row: models.Model) -> State:
    """Return the values of a row's columns, for comparison after a change."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def record(
    action: str,
    row: models.Model | None = None,
    *,
    before: State | None = None,
    changes: Mapping[str, Any] | None = None,
    by: Any = None,
) -> None:
    """
    Record an action of the requesting member of staff, or of `by`.

    With `before`, the state of the row before the change, the entry has each column that changed.
    `changes` is for what no column says; it must hold no secret and no text about a person.
    Nothing is recorded for customers, commands and the worker, unless they act for `by`.
    """
    found = {} if before is None or row is None else _compare(row, before)
    record_all(action, [(row, {**found, **(changes or {})})], by=by)


def record_all(
    action: str, rows: Sequence[tuple[models.Model | None, Mapping[str, Any]]], *, by: Any = None
) -> None:
    """
    Record an action on many rows in one statement.

    Each row has changes of its own; see `record`.
    """
    actor_id = (by.pk if by.is_staff else None) if by is not None else current_staff_id.get()
    if actor_id is None or not rows:
        return
    Entry.objects.bulk_create(
        Entry(
            actor_id=actor_id,
            action=action[:100],
            object_type=row._meta.label_lower if row is not None else "",
            object_id=str(row.pk) if row is not None and row.pk is not None else "",
            changes=dict(changes),
            request_id=current_request_id.get() or "",
        )
        for row, changes in rows
    )
    entries_of_request.set(entries_of_request.get() + len(rows))


def record_at_admin(
    verb: str, model: type[models.Model], ids: Sequence[Any], changes: Mapping[str, Any], /
) -> None:
    """Record an action at the admin site unless a service did so."""
    if entries_of_request.get():
        return
    shown = {name: _shown_in_form(model, name, *values) for name, values in changes.items()}
    rows = [(model(pk=pk), shown) for pk in ids[:_MAX_ROWS]]
    record_all(f"{model._meta.label_lower}.{verb}", rows)


def _shown_in_form(model: type[models.Model], name: str, old: Any, new: Any) -> list[Any] | None:
    """Return a form field's old and new value, or None if unwritten."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    if field.many_to_many:
        return [_ids(old), _ids(new)]
    if not field.concrete or not is_shown(field):
        return None
    return [plain(getattr(value, "pk", value)) for value in (old, new)]


def _ids(rows: Any) -> list[Any]:
    return sorted(getattr(row, "pk", row) for row in rows or [])


def _compare(row: models.Model, before: State) -> dict[str, list[Any] | None]:
    """Return old and new values by column, or None for unwritten ones."""
    changes: dict[str, list[Any] | None] = {}
    for field in row._meta.concrete_fields:
        old, new = before.get(field.attname), getattr(row, field.attname)
        if old != new:
            shown = is_shown(field)
            changes[field.name] = [plain(old), plain(new)] if shown else None
    return changes


def is_shown(field: models.Field) -> bool:
    """Tell whether the audit may contain the values of a column."""
    if field.name in _LEFT_OUT or field.model._meta.label_lower == "users.user":
        return isinstance(field, models.BooleanField)
    is_plain = isinstance(field, (*_PLAIN_TYPES, models.ForeignKey)) or bool(field.choices)
    return is_plain or field.model._meta.app_label in _CATALOGUE


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)[:_MAX_TEXT]
