"""
Serializers that accept exactly the fields that they declare.

A field that does not exist, or that the caller may not set, is an error that names it; a number
is not a string, and a boolean is not a number.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.relations import MANY_RELATION_KWARGS

from eventbooking_system.api.exceptions import MAX_ERRORS
from eventbooking_system.money import CURRENCY_DIGITS, DECIMAL_PLACES, MAX_DIGITS, formatted
from eventbooking_system.plain_text import validate_line, validate_lines
from eventbooking_system.timezones import TimeRefused, parse_time

BIGINT = 2**63 - 1
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class StrictIntegerField(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", -BIGINT)
        kwargs.setdefault("max_value", BIGINT)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class IdField(StrictIntegerField):
    """An id: a positive 64-bit integer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, **kwargs})


class StrictCharField(serializers.CharField):
    """A text of one line, without control characters."""

    validate_text = staticmethod(validate_line)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(self._validate_text)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

    def _validate_text(self, value: Any) -> None:
        # A subclass may turn the text into something else, such as a phone number.
        if isinstance(value, str):
            self.validate_text(value)


class StrictTextField(StrictCharField):
    """A text of several lines, without other control characters."""

    validate_text = staticmethod(validate_lines)


class StrictSlugField(StrictCharField, serializers.SlugField):
    pass


class StrictBooleanField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool:
            self.fail("invalid", input=data)
        return data


class StrictFloatField(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        if type(data) not in (int, float):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictTimeField(serializers.DateTimeField):
    """
    An ISO 8601 time; without an offset it is in UTC.

    Every serializer reads times with this field, and imports with the same parser.
    """

    any_year = False

    def to_internal_value(self, data: Any) -> datetime:
        try:
            text = data if isinstance(data, str) else ""
            value = parse_time(text, any_year=self.any_year)
        except TimeRefused as refused:
            raise serializers.ValidationError(refused.detail, refused.code) from refused
        return self.enforce_timezone(value)


class QueryTimeField(StrictTimeField):
    """A time in a query. The plus sign of an offset may arrive as a space."""

    def to_internal_value(self, data: Any) -> datetime:
        return super().to_internal_value(str(data).replace(" ", "+"))


class _IdsRelatedField(serializers.ManyRelatedField):
    """Related rows, by a list of their ids. An object is refused, even an empty one."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, dict):
            self.fail("not_a_list", input_type="dict")
        return super().to_internal_value(data)


class IdRelatedField(serializers.PrimaryKeyRelatedField):
    """A related row, by its id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"pk_field": IdField(), **kwargs})

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> serializers.ManyRelatedField:
        shared = {name: kwargs[name] for name in MANY_RELATION_KWARGS if name in kwargs}
        return _IdsRelatedField(child_relation=cls(*args, **kwargs), **shared)


class MoneyField(serializers.DecimalField):
    """
    An amount as a decimal string such as "250.00". A JSON number is refused: it may be a float.

    A serializer that knows the currency checks the number of digits.
    """

    default_error_messages = {"string": 'An amount is a decimal string such as "250.00".'}

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"min_value": Decimal(0), "max_digits": MAX_DIGITS, **kwargs}
        super().__init__(**{"decimal_places": DECIMAL_PLACES, **kwargs})

    def to_internal_value(self, data: Any) -> Decimal:
        # Decimal would also read "1e3", "1_000" and the digits of other scripts.
        if not isinstance(data, str) or not _DECIMAL.fullmatch(data):
            self.fail("string")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "example": "250.00"})
class AmountField(serializers.Field):
    """An amount of a row, with the digits of the row's currency."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> tuple[Decimal, str]:
        return getattr(instance, self.field_name), instance.currency

    def to_representation(self, value: tuple[Decimal, str]) -> str:
        return formatted(*value)


class CurrencyField(serializers.ChoiceField):
    """An ISO 4217 code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=sorted(CURRENCY_DIGITS), **kwargs)


class RefuseUnknownFields:
    default_error_messages = {
        "unknown_field": "There is no such field.",
        "read_only": "This field cannot be set.",
    }

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._unknown(data) if isinstance(data, dict) else {}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**error.detail, **unknown}) from error
        if unknown:
            raise serializers.ValidationError(unknown)
        return value

    def _unknown(self, data: dict[str, Any]) -> dict[str, list[ErrorDetail]]:
        """Return the errors of the first hundred unknown fields."""
        errors: dict[str, list[ErrorDetail]] = {}
        for name in data:
            if len(errors) == MAX_ERRORS:
                break
            field = self.fields.get(name)
            if field is None:
                errors[name] = [ErrorDetail(self.error_messages["unknown_field"], "unknown_field")]
            elif field.read_only or isinstance(field, serializers.HiddenField):
                errors[name] = [ErrorDetail(self.error_messages["read_only"], "read_only")]
        return errors


class DirectSerializer(serializers.ModelSerializer):
    """
    A serializer for large outputs, whose sources are attributes that always exist.

    It reads them directly. DRF checks for each part of a source whether it is a mapping or callable.
    """

    def to_representation(self, instance: Any) -> dict[str, Any]:
        steps, columns = _plan_of(type(self))
        owners = [instance]
        for owner, attribute in steps:
            owners.append(getattr(owners[owner], attribute))
        return {
            name: None if (value := read(owners[owner])) is None else write(value)
            for name, owner, read, write in columns
        }


_Step = tuple[int, str]
_Column = tuple[str, int, Callable[[Any], Any], Callable[[Any], Any]]


@cache
def _plan_of(serializer_class: type[DirectSerializer]) -> tuple[list[_Step], list[_Column]]:
    """
    Return how a serializer reads its fields.

    It is the same for every request. Fields of a related object share the way to it. The instance
    is owner 0, and each step leads from one owner to the next one. A column is a field with its
    owner, its reader and its writer.
    """
    owners, steps, columns = {"": 0}, [], []
    for field in serializer_class()._readable_fields:
        path, read, write = _direct(field)
        reached = ""
        for attribute in path:
            via, reached = reached, f"{reached}.{attribute}"
            if reached not in owners:
                steps.append((owners[via], attribute))
                owners[reached] = len(steps)
        columns.append((field.field_name, owners[reached], read, write))
    return steps, columns


def _direct(
    field: serializers.Field,
) -> tuple[list[str], Callable[[Any], Any], Callable[[Any], Any]]:
    """Return a field's owner path, and functions that read and write."""
    if isinstance(field, serializers.PrimaryKeyRelatedField):
        return [], attrgetter(f"{field.source}_id"), int
    if isinstance(field, AmountField):
        return [], attrgetter(field.field_name, "currency"), _formatted
    is_plain = type(field).get_attribute is serializers.Field.get_attribute
    if not is_plain or field.source == "*":
        return [], field.get_attribute, field.to_representation
    if field.default is not serializers.empty:
        return [], _reader_or(field.default, attrgetter(field.source)), _writer(field)
    *path, name = field.source.split(".")
    return path, attrgetter(name), _writer(field)


def _writer(field: serializers.Field) -> Callable[[Any], Any]:
    if isinstance(field, serializers.DateTimeField):
        return lambda at: at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(field, serializers.ListSerializer):
        write = field.child.to_representation
        return lambda rows: [write(row) for row in rows]
    if type(field).to_representation is serializers.CharField.to_representation:
        return str
    if type(field).to_representation is serializers.IntegerField.to_representation:
        return int
    return field.to_representation


def _reader_or(default: Any, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a reader with a default. The default replaces None anywhere in the path."""

    def read_or_default(instance: Any) -> Any:
        try:
            return read(instance)
        except AttributeError:
            return default

    return read_or_default


def _formatted(amount: tuple[Decimal, str]) -> str:
    return formatted(*amount)


class StrictSerializer(RefuseUnknownFields, serializers.Serializer):
    pass


class StrictModelSerializer(RefuseUnknownFields, serializers.ModelSerializer):
    serializer_related_field = IdRelatedField
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: StrictCharField,
        models.TextField: StrictTextField,
        models.SlugField: StrictSlugField,
        models.DateTimeField: StrictTimeField,
        models.IntegerField: StrictIntegerField,
        models.PositiveIntegerField: StrictIntegerField,
        models.PositiveSmallIntegerField: StrictIntegerField,
        models.BigIntegerField: StrictIntegerField,
        models.SmallIntegerField: StrictIntegerField,
        models.BooleanField: StrictBooleanField,
        models.FloatField: StrictFloatField,
    }
