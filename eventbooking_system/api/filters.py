"""Filters of lists. A parameter that is not understood is refused, never ignored."""

from collections.abc import Container
from typing import Any

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import BooleanField, F, Func, Model, Q, Value
from django_filters.fields import BaseCSVField
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.utils import translate_validation
from rest_framework.exceptions import ErrorDetail, ValidationError

from eventbooking_system.timezones import FIRST_DAY, LAST_DAY

PAGING = {"page", "page_size"}
_TAKES_SEVERAL = django_filters.MultipleChoiceFilter

MAX_WORDS = 10


class FilterSet(django_filters.FilterSet):
    """
    A FilterSet that builds only the filters that a request names.

    A list has many filters, and each is a field of a form, but a request names one or two.
    `cleaned_data` then holds only these.
    """

    def __init__(self, *args: Any, only: Container[str] | None = None, **kwargs: Any) -> None:
        if only is not None:
            filters = self.base_filters.items()
            self.base_filters = {name: named for name, named in filters if name in only}
        super().__init__(*args, **kwargs)


class StrictFilterBackend(DjangoFilterBackend):
    """
    A filter backend that refuses unknown and repeated parameters.

    A wrong value is refused by its filter. A detail request is not filtered.
    """

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        if getattr(view, "detail", False):
            return queryset
        filterset_class = self.get_filterset_class(view, queryset)
        filters = filterset_class.base_filters if filterset_class else {}
        errors = {}
        for name, values in request.query_params.lists():
            if name not in filters and name not in PAGING:
                errors[name] = [ErrorDetail("There is no such filter.", "unknown_filter")]
            elif len(values) > 1 and not isinstance(filters.get(name), _TAKES_SEVERAL):
                errors[name] = [ErrorDetail("This filter takes one value.", "repeated")]
        if errors:
            raise ValidationError(errors)
        if not filterset_class:
            return queryset
        options = self.get_filterset_kwargs(request, queryset, view)
        filterset = filterset_class(only=request.query_params, **options)
        if not filterset.is_valid():
            raise translate_validation(filterset.errors)
        return filterset.qs


def validate_word_count(text: str) -> None:
    """Refuse a search for too many words. Each word costs a scan."""
    if len(set(text.split())) > MAX_WORDS:
        raise forms.ValidationError(f"Search for at most {MAX_WORDS} words.", "max_length")


class SearchFilter(django_filters.CharFilter):
    """
    A search for rows that contain every word in some field.

    The order and the letter case do not matter. Without fields, the queryset's own `matching`
    decides.
    """

    def __init__(self, *fields: str, **kwargs: Any) -> None:
        self.fields = fields
        super().__init__(max_length=200, validators=[validate_word_count], **kwargs)

    def filter(self, queryset: Any, value: str) -> Any:
        for word in dict.fromkeys((value or "").split()):
            if not self.fields:
                queryset = queryset.matching(word)
                continue
            matches = Q()
            for field in self.fields:
                matches |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(matches)
        return queryset


class _IsAmong(Func):
    output_field = BooleanField()
    arg_joiner = " = ANY ("
    template = "(%(expressions)s::bigint[]))"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        context["arg_joiner"] = " IN (SELECT value FROM json_each('[' || trim("
        return self.as_sql(
            compiler, connection, template="(%(expressions)s, '{}') || ']')))", **context
        )


def is_among(column: str, ids: str) -> Func:
    """
    Make a condition on ids that are given as one text.

    The ids are one parameter. As parameters of an `IN`, each would cost Django and PostgreSQL
    several microseconds, and there may be thousands.
    """
    return _IsAmong(F(column), Value(f"{{{ids}}}"))


class IdFilter(django_filters.NumberFilter):
    """A filter by an id. An unknown id matches nothing."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


class FlagFilter(django_filters.TypedChoiceFilter):
    """A filter by `true` or `false`. Anything else is refused; BooleanFilter would ignore it."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(choices=choices, coerce=lambda value: value == "true", **kwargs)


class DayFilter(django_filters.DateFilter):
    """A filter by a calendar day, YYYY-MM-DD."""

    def __init__(self, **kwargs: Any) -> None:
        validators = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]
        super().__init__(input_formats=["%Y-%m-%d"], validators=validators, **kwargs)


# More than any list has.
MAX_ORDERINGS = 20


class _OrderingField(BaseCSVField):
    def clean(self, value: list[str] | None) -> Any:
        if value and "" in value:
            raise forms.ValidationError("A name is missing beside a comma.", "invalid_choice")
        if value and len(value) > MAX_ORDERINGS:
            raise forms.ValidationError("There are too many names.", "invalid_choice")
        return super().clean(value)


class StableOrderingFilter(django_filters.OrderingFilter):
    """
    An ordering with empty values last and ties in id order.

    So no page repeats or misses a row. After a descending column, ids descend, too, so that an
    index can be read backwards.
    """

    base_field_class = _OrderingField

    def filter(self, queryset: Any, value: list[str] | None) -> Any:
        if not value:
            return queryset
        ordering = []
        for name in map(self.get_ordering_value, value):
            path, descending = name.removeprefix("-"), name.startswith("-")
            # Only for columns with empty values: no index serves a backward order with NULLS LAST.
            nulls_last = _may_be_empty(queryset.model, path) or None
            field = F(path)
            ordering.append((field.desc if descending else field.asc)(nulls_last=nulls_last))
        return queryset.order_by(*ordering, "-pk" if descending else "pk")


def _may_be_empty(model: type[Model], path: str) -> bool:
    for name in path.split("__"):
        field = model._meta.get_field(name)
        if field.null:
            return True
        model = field.related_model
    return False
