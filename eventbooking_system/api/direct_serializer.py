"""A fast serializer for large outputs."""

from collections.abc import Callable
from datetime import UTC
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

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
        plan = _plan_of(type(self))
        owners = [instance]
        for owner, attribute in plan.steps:
            owners.append(getattr(owners[owner], attribute))
        data = plan.empty.copy()
        for owner, names, read in plan.columns:
            data.update(zip(names, read(owners[owner]), strict=False))
        for name, write in plan.written:
            if (value := data[name]) is not None:
                data[name] = write(value)
        if plan.amounts:
            currency = instance.currency
            for name in plan.amounts:
                data[name] = formatted(data[name], currency)
        for name, read, write in plan.computed:
            if (value := read(instance)) is not None:
                data[name] = write(value)
        return data


_Read = Callable[[Any], Any]


class _Plan(NamedTuple):
    """
    How a serializer reads its fields.

    It is the same for every request. Fields of a related object share the way to it. The instance
    is owner 0, and each step leads from one owner to the next one. Most fields are columns, of
    which those of one owner are read at once. Some are then written in another form. The others are
    computed from the instance.
    """

    empty: dict[str, None]
    steps: list[tuple[int, str]]
    columns: list[tuple[int, list[str], _Read]]
    written: list[tuple[str, _Read]]
    amounts: list[str]
    computed: list[tuple[str, _Read, _Read]]


@cache
def _plan_of(serializer_class: type[DirectSerializer]) -> _Plan:
    fields = list(serializer_class()._readable_fields)
    plan = _Plan({field.field_name: None for field in fields}, [], [], [], [], [])
    owners = {"": 0}
    columns: dict[int, dict[str, str]] = {}
    for field in fields:
        name = field.field_name
        if computed := _computed(field):
            plan.computed.append((name, *computed))
            continue
        *path, attribute = _source(field).split(".")
        reached = ""
        for step in path:
            via, reached = reached, f"{reached}.{step}"
            if reached not in owners:
                plan.steps.append((owners[via], step))
                owners[reached] = len(plan.steps)
        columns.setdefault(owners[reached], {})[name] = attribute
        if isinstance(field, AmountField):
            plan.amounts.append(name)
        elif write := _writer(field):
            plan.written.append((name, write))
    for owner, attributes in columns.items():
        # With one more attribute, so that the getter of a single one gives a tuple, too.
        read = attrgetter(*attributes.values(), next(iter(attributes.values())))
        plan.columns.append((owner, list(attributes), read))
    return plan


def _computed(field: serializers.Field) -> tuple[_Read, _Read] | None:
    """Return a reader and a writer for a computed field, or None."""
    if isinstance(field, serializers.SerializerMethodField):
        return getattr(field.parent, field.method_name), _as_it_is
    if isinstance(field, serializers.PrimaryKeyRelatedField | AmountField):
        return None
    is_plain = type(field).get_attribute is serializers.Field.get_attribute
    if not is_plain or field.source == "*":
        return field.get_attribute, field.to_representation
    if field.default is not serializers.empty:
        return _reader_or(field.default, attrgetter(field.source)), _writer(field) or _as_it_is
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


def _as_it_is(value: Any) -> Any:
    return value


def _reader_or(default: Any, read: _Read) -> _Read:
    """Return a reader with a default. The default replaces None anywhere in the path."""

    def read_or_default(instance: Any) -> Any:
        try:
            return read(instance)
        except AttributeError:
            return default

    return read_or_default
