"""A fast serializer for large outputs."""

from collections.abc import Callable
from datetime import UTC
from functools import cache
from operator import attrgetter
from typing import Any

from rest_framework import serializers

from eventbooking_system.api.serializers import AmountField
from eventbooking_system.money import formatted


class DirectSerializer(serializers.ModelSerializer):
    """
    A serializer for large outputs, whose sources are attributes that always exist.

    It reads them directly. DRF checks for each part of a source whether it is a mapping or
    callable.
    """

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return _writer_of(type(self))(instance)


_Read = Callable[[Any], Any]


@cache
def _writer_of(serializer_class: type[DirectSerializer]) -> _Read:
    """
    Return a function that turns an instance into the answer.

    Its source is generated once, like that of a dataclass. It has an expression for each field, and
    fields of a related object share the way to it.
    """
    used: dict[str, Any] = {"formatted": formatted}
    steps: dict[str, str] = {}
    owners, values = {"": "instance"}, []

    def use(function: _Read) -> str:
        name = f"function_{len(used)}"
        used[name] = function
        return name

    for field in serializer_class()._readable_fields:
        if computed := _computed(field):
            read, write = computed
            value = f"{use(read)}(instance)"
        else:
            *path, attribute = _source(field).split(".")
            owner = ""
            for step in path:
                via, owner = owner, f"{owner}.{step}"
                if owner not in owners:
                    owners[owner] = f"owner_{len(owners)}"
                    steps[owners[owner]] = f"{owners[via]}.{step}"
            value, write = f"{owners[owner]}.{attribute}", _writer(field)
        if isinstance(field, AmountField):
            value = f"formatted({value}, instance.currency)"
        elif write is not None:
            value = f"None if (value := {value}) is None else {use(write)}(value)"
        values.append(f"{field.field_name!r}: {value}")
    lines = [f"{owner} = {value}" for owner, value in steps.items()]
    lines.append(f"return {{{', '.join(values)}}}")
    # All names are those of the serializer's fields and of their sources.
    exec("def write(instance):\n " + "\n ".join(lines), used)
    return used["write"]


def _computed(field: serializers.Field) -> tuple[_Read, _Read | None] | None:
    """Return a reader and a writer for a computed field, or None."""
    if isinstance(field, serializers.SerializerMethodField):
        return getattr(field.parent, field.method_name), None
    if isinstance(field, serializers.PrimaryKeyRelatedField | AmountField):
        return None
    is_plain = type(field).get_attribute is serializers.Field.get_attribute
    if not is_plain or field.source == "*":
        return field.get_attribute, field.to_representation
    if field.default is not serializers.empty:
        return _reader_or(field.default, attrgetter(field.source)), _writer(field)
    return None


def _source(field: serializers.Field) -> str:
    if isinstance(field, AmountField):
        return field.field_name
    is_key = isinstance(field, serializers.PrimaryKeyRelatedField)
    return f"{field.source}_id" if is_key else field.source


# Their values are written to JSON as they are.
_PLAIN = {
    serializers.CharField.to_representation,
    serializers.ChoiceField.to_representation,
    serializers.BooleanField.to_representation,
    serializers.PrimaryKeyRelatedField.to_representation,
}


def _writer(field: serializers.Field) -> _Read | None:
    """Return a function that writes a value, or None for none."""
    if type(field).to_representation in _PLAIN:
        return None
    if isinstance(field, serializers.DateTimeField):
        return lambda at: at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(field, serializers.ListSerializer):
        write = field.child.to_representation
        return lambda rows: [write(row) for row in rows]
    if type(field).to_representation is serializers.IntegerField.to_representation:
        return int
    return field.to_representation


def _reader_or(default: Any, read: _Read) -> _Read:
    """Return a reader with a default. The default replaces None anywhere in the path."""

    def read_or_default(instance: Any) -> Any:
        try:
            return read(instance)
        except AttributeError:
            return default

    return read_or_default
