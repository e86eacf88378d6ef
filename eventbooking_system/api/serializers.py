"""
Serializers that accept exactly the fields that they declare.

A field that does not exist, or that the caller may not set, is an error that names it; a number
is not a string, and a boolean is not a number.
"""

import re
from datetime import datetime
from decimal import Decimal
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
