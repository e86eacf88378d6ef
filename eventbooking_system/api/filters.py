"""Filters of lists: what is not understood is refused, never ignored."""

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


class FilterSet(django_filters.FilterSet):
    """
    May be made with `only` those filters that a request names: a list has many, each is a field of a
    form, and a request asks for one or two. `cleaned_data` then has only these.
    """

    def __init__(self, *args: Any, only: Container[str] | None = None, **kwargs: Any) -> None:
        if only is not None:
            filters = self.base_filters.items()
            self.base_filters = {name: named for name, named in filters if name in only}
        super().__init__(*args, **kwargs)


class StrictFilterBackend(DjangoFilterBackend):
    """
    Refuse a parameter that the list does not have, and one that is there twice.

    A wrong value is refused by its filter. What is found by its id is not filtered.
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


class SearchFilter(django_filters.CharFilter):
    """
    Every word must occur in one of the fields, in any order and case; without fields, as the queryset
    says by `matching`.
    """

    def __init__(self, *fields: str, **kwargs: Any) -> None:
        self.fields = fields
        super().__init__(max_length=200, **kwargs)

    def filter(self, queryset: Any, value: str) -> Any:
        for word in (value or "").split():
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
    Whether a column has one of these ids, a text with commas between them, of which there may be thousands:
    they are one parameter, where each that an `IN` has costs Django and PostgreSQL several microseconds.
    """
    return _IsAmong(F(column), Value(f"{{{ids}}}"))


class IdFilter(django_filters.NumberFilter):
    """The id of something; an id that nothing has matches nothing."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


class FlagFilter(django_filters.TypedChoiceFilter):
    """`true` or `false`; anything else is refused, where BooleanFilter would ignore it."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(choices=choices, coerce=lambda value: value == "true", **kwargs)


class DayFilter(django_filters.DateFilter):
    """A calendar day, YYYY-MM-DD."""

    def __init__(self, **kwargs: Any) -> None:
        validators = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]
        super().__init__(input_formats=["%Y-%m-%d"], validators=validators, **kwargs)


class _OrderingField(BaseCSVField):
    def clean(self, value: list[str] | None) -> Any:
        if value and "" in value:
            raise forms.ValidationError("A name is missing beside a comma.", "invalid_choice")
        return super().clean(value)


class StableOrderingFilter(django_filters.OrderingFilter):
    """
    Empty values come last and ties go by id, so that no page repeats or misses a row.

    Ids go down after what goes down: an index is read backwards then.
    """

    base_field_class = _OrderingField

    def filter(self, queryset: Any, value: list[str] | None) -> Any:
        if not value:
            return queryset
        ordering = []
        for name in map(self.get_ordering_value, value):
            path, descending = name.removeprefix("-"), name.startswith("-")
            # Said only where there are empty values: no index serves a backward order with it.
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
