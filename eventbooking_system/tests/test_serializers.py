"""Tests that serializers accept exactly their declared fields."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.urls import URLResolver
from django.urls.resolvers import RegexPattern
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from eventbooking_system.api.json import StrictJSONParser, dump_json
from eventbooking_system.api.serializers import (
    CurrencyField,
    IdField,
    IdRelatedField,
    MoneyField,
    RefuseUnknownFields,
    StrictBooleanField,
    StrictCharField,
    StrictFloatField,
    StrictIntegerField,
    StrictModelSerializer,
    StrictSerializer,
    StrictSlugField,
    StrictTimeField,
)
from eventbooking_system.tests.urls import EchoSerializer

INTEGERS = [0, 1, -1, 2**63 - 1]
OTHERS = [None, [], {}, [1], {"a": 1}, "", "\x00", "a\x00b", "1", "true", 1.5, True, False,
          2**63, -(2**63), 2**64, 10**30, float("inf")]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (StrictIntegerField(), INTEGERS, OTHERS),
        (IdField(), [1, 2**63 - 1], [0, -1, *OTHERS]),
        (StrictCharField(max_length=5), ["a", " b ", "1"], ["", "\x00", "abcdef", 1, 1.5, True, []]),
        (StrictSlugField(), ["a-b", "1"], [1, True, "a b", ""]),
        (StrictBooleanField(), [True, False], ["true", 1, 0, 1.0, [], {}, "", None]),
        (StrictFloatField(), [1.5, 1, -1], [True, "1.5", None, [], {}]),
        (
            StrictTimeField(),
            ["2031-05-01T10:00Z", "2031-05-01T10:00+14:00", "2031-05-01 10:00", "20310501T1000-0930"],
            ["2031-05-01T10:00-20:30", "2031-05-01T10:00+14:01", "2031-05-01T10:00Z\0", "1899-12-31T23:00",
             "2201-01-01T00:00", "2031-02-30T10:00", "now", "", 5, True, None, [], {}],
        ),
        (CurrencyField(), ["INR", "JPY"], ["XXX", "inr", "", 1, None, [], {}]),
        (
            MoneyField(),
            ["0", "250.00", "4.500", "99999999999.999"],
            [250, 2.5, True, "", "-1", "1e3", "1E+3", "1_000", "٢", "NaN", "Infinity", "1,00", "+1",
             ".5", "1.", " 1", "1.0000", "100000000000", "9" * 5000, None, [], {}],
        ),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_strict_field_accepts_only_its_own_type(field, good, bad):
    for value in good:
        field.run_validation(value)
    for value in bad:
        with pytest.raises(serializers.ValidationError):
            field.run_validation(value)


@given(body=JSON | st.dictionaries(st.sampled_from(sorted(EchoSerializer().fields)), JSON))
def test_no_json_makes_a_serializer_crash(body):
    serializer = EchoSerializer(data=body)
    serializer.is_valid()


def test_unknown_and_read_only_fields_are_reported_with_other_errors():
    serializer = EchoSerializer(data={"id": 1, "nothing": 1, "owner": 1, "text": 1})
    assert not serializer.is_valid()
    codes = {name: errors[0].code for name, errors in serializer.errors.items()}
    assert codes == {
        "id": "read_only",
        "nothing": "unknown_field",
        "owner": "read_only",
        "text": "invalid",
    }


class PermissionSerializer(StrictModelSerializer):
    class Meta:
        model = Permission
        fields = ["name", "content_type"]


@pytest.mark.django_db
def test_a_model_serializer_has_strict_fields():
    fields = PermissionSerializer().fields
    assert type(fields["name"]) is StrictCharField
    assert type(fields["content_type"]) is IdRelatedField
    for wrong in ("1", 1.0, True, 0, 2**63, 10**30, None, [1], {"id": 1}):
        serializer = PermissionSerializer(data={"name": "a", "content_type": wrong})
        assert not serializer.is_valid()
        assert serializer.errors.keys() == {"content_type"}


@pytest.mark.django_db
def test_an_unknown_id_is_refused_as_not_existing():
    field = IdRelatedField(queryset=Group.objects.all())
    group = Group.objects.create(name="a")
    assert field.run_validation(group.pk) == group
    with pytest.raises(serializers.ValidationError) as refusal:
        field.run_validation(group.pk + 1)
    assert refusal.value.get_codes() == ["does_not_exist"]


def test_answers_write_decimals_times_and_lazy_texts_as_strings():
    data = {
        "amount": Decimal("250.00"),
        "at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "label": gettext_lazy("Error"),
        "pair": (1, 2),
        7: "seven",
    }
    assert json.loads(dump_json(data)) == {
        "amount": "250.00",
        "at": "2026-01-02T03:04:00+00:00",
        "label": "Error",
        "pair": [1, 2],
        "7": "seven",
    }
    with pytest.raises(TypeError):
        dump_json({"group": Group(name="a")})


@given(data=JSON)
def test_answered_values_can_be_sent_back(data):
    try:
        body = dump_json(data)
    except TypeError:  # An integer of more than 64 bits, which no answer contains.
        return
    assert dump_json(StrictJSONParser().parse(io.BytesIO(body))) == body


def _subclasses(base: type) -> set[type]:
    return {base}.union(*map(_subclasses, base.__subclasses__()))


def test_every_time_in_a_request_is_read_by_the_strict_field():
    URLResolver(RegexPattern("^"), settings.ROOT_URLCONF).url_patterns  # noqa: B018
    written = [
        (serializer_class.__name__, name, field)
        for serializer_class in _subclasses(RefuseUnknownFields)
        if hasattr(serializer_class, "_declared_fields")
        and ".tests" not in serializer_class.__module__
        and (hasattr(serializer_class, "Meta") or issubclass(serializer_class, StrictSerializer))
        for name, field in serializer_class().get_fields().items()
        if isinstance(field, serializers.DateTimeField) and not field.read_only
    ]
    assert {name for _, name, _ in written} >= {
        "start_time", "end_time", "sales_open_at", "valid_from", "valid_until", "scanned_at",
    }  # fmt: skip
    assert not [
        (name, field_name)
        for name, field_name, field in written
        if not isinstance(field, StrictTimeField)
    ]
