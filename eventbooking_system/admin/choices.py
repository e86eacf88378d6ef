"""Choices from standard lists, and forms in groups of fields."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Field
from django.http import HttpRequest

from eventbooking_system.admin.currency_names import CURRENCY_NAMES
from eventbooking_system.timezones import zone_names

Choices = list[tuple[str, str]]


def currency_choices() -> Choices:
    return [(code, f"{code}, {name}") for code, name in sorted(CURRENCY_NAMES.items())]


def zone_choices() -> Choices:
    return [(name, name) for name in sorted(zone_names())]


class SearchedSelect(forms.Select):
    """A select box with a search field. The page contains all choices."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attrs["class"] = "searched-select"

    @property
    def media(self) -> forms.Media:
        kind = "" if settings.DEBUG else ".min"
        return forms.Media(
            js=(
                f"admin/js/vendor/jquery/jquery{kind}.js",
                f"admin/js/vendor/select2/select2.full{kind}.js",
                "admin/js/jquery.init.js",
                "house/searched_select.js",
            ),
            css={"screen": (f"admin/css/vendor/select2/select2{kind}.css", "admin/css/autocomplete.css")},
        )  # fmt: skip


class SearchedChoicesMixin:
    """
    A mixin for a ModelAdmin whose form offers choices for text fields.

    The validators of the field still decide which values are valid.
    """

    searched_choices: Mapping[str, Callable[[], Choices]] = {}

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        choices = self.searched_choices.get(db_field.name)
        if choices is not None:
            kwargs["widget"] = SearchedSelect(choices=[("", "---------"), *choices()])
        return super().formfield_for_dbfield(db_field, request, **kwargs)


def grouped_fields(
    names: Iterable[str], groups: Sequence[tuple[str | None, Sequence[str]]], *, rest: str
) -> list[Any]:
    """Return fieldsets of the fields of a form. A field that no group names is in the group `rest`."""
    names = list(names)
    named = {name for _, group in groups for name in group}
    left = [name for name in names if name not in named]
    fieldsets = []
    for title, group in groups:
        fields = [name for name in group if name in names] + (left if title == rest else [])
        if fields:
            fieldsets.append((title, {"fields": fields}))
    return fieldsets
