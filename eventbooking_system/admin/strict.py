"""Base classes of admin pages that refuse unexpected input."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Field, Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from eventbooking_system.admin.choices import SearchedChoicesMixin
from eventbooking_system.admin.sections import name_of, section_of
from eventbooking_system.db.text_search import fold
from eventbooking_system.plain_text import validate_line, validate_lines


def is_id(text: str) -> bool:
    """
    Return whether a row can have this id.

    Ids are positive integers of at most 64 bits.
    """
    return text.isdecimal() and len(text) < 19


_PHONE = re.compile(r"[+(]?[0-9][0-9 ()/.\-]{4,40}")


def _phone_digits(text: str) -> str:
    """
    Return a typed phone number's digits, or "" for another text.

    They are as numbers are stored.
    """
    text = text.strip()
    if not _PHONE.fullmatch(text):
        return ""
    # Stored numbers have no zero before the area.
    return re.sub(r"[^0-9]", "", text).lstrip("0")


Changes = Mapping[str, tuple[Any, Any]]


class Recorder(Protocol):
    """Records staff's actions at the admin site, in the same transaction."""

    def __call__(
        self, verb: str, model: type[Model], ids: Sequence[Any], changes: Changes, /
    ) -> None: ...


_recorders: list[Recorder] = []


def register_recorder(recorder: Recorder) -> None:
    """Call `recorder` with each later action of staff at the admin site."""
    _recorders.append(recorder)


class PlainTextMixin:
    """A mixin for admins whose text fields refuse control characters."""

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.CharField) and not isinstance(field, forms.JSONField):
            is_long = isinstance(field.widget, forms.Textarea)
            field.validators.append(validate_lines if is_long else validate_line)
        return field


class StrictAdmin(SearchedChoicesMixin, PlainTextMixin, admin.ModelAdmin):
    """
    A ModelAdmin that refuses input that none of its pages sends.

    Django would pass such input to the database and crash. Filters by `secret_fields` are refused,
    too, because they would reveal a hidden value letter by letter.
    """

    secret_fields: Sequence[str] = ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        sent = [*request.GET, *(text for texts in request.GET.lists() for text in texts[1])]
        if not all(map(is_id, chosen)) or any("\0" in text for text in sent):
            raise BadRequest
        try:
            return super().changelist_view(request, {**self._names(), **(extra_context or {})})
        except OverflowError as error:  # A year that no calendar has, or an id that no row has.
            raise BadRequest from error

    def _names(self) -> dict[str, str]:
        """Return the name of the list and of its section."""
        label = self.opts.label_lower
        name = name_of(label) or str(self.opts.verbose_name_plural)
        return {"title": name, "list_name": name, "section": section_of(label)}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        # The page of a row keeps its own title.
        names = {**self._names(), "title": context.get("title")}
        return super().render_change_form(request, {**context, **names}, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """
        Search for the words as typed and as folded.

        Digits that may be a phone number are also searched without their blanks and signs.
        """
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        for text in dict.fromkeys([fold(search_term), _phone_digits(search_term)]):
            if text and text != search_term:
                others, others_may_repeat = super().get_search_results(request, queryset, text)
                found, may_repeat = found | others, may_repeat or others_may_repeat
        return found, may_repeat

    # ---- The audit

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        request.changed_in_form = {
            name: (form.initial.get(name), form.cleaned_data.get(name))
            for name in form.changed_data
            if name not in self.secret_fields
        }
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record("add", [obj.pk], getattr(request, "changed_in_form", {}))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record("change", [obj.pk], getattr(request, "changed_in_form", {}))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> Any:
        # One row is deleted as a list, and many as a queryset.
        self._record("delete", [row.pk for row in queryset], {})
        return super().log_deletions(request, queryset)

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        response = super().response_action(request, queryset)
        # A page asks a question first; nothing has happened then.
        if response is not None and 300 <= response.status_code < 400:
            self._record(
                request.POST.get("action", ""), request.POST.getlist(ACTION_CHECKBOX_NAME), {}
            )
        return response

    def _record(self, verb: str, ids: Sequence[Any], changes: Changes) -> None:
        for recorder in _recorders:
            recorder(verb, self.model, ids, changes)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        is_secret = lookup.partition(LOOKUP_SEP)[0] in self.secret_fields
        return not is_secret and super().lookup_allowed(lookup, value, request)


class StrictHistoryAdmin(StrictAdmin, SimpleHistoryAdmin):
    """A StrictAdmin with the earlier versions of each row."""

    def history_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        if not is_id(object_id):
            raise Http404
        return super().history_view(request, object_id, *args)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, *args: Any
    ) -> HttpResponse:
        if not is_id(object_id) or not is_id(version_id):
            raise Http404
        return super().history_form_view(request, object_id, version_id, *args)


class _ShowsIds:
    """A widget that can show a value that is not an id."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        return super().optgroups(name, list(filter(is_id, value)), attrs)


class _IdSelect(_ShowsIds, AutocompleteSelect):
    pass


class _IdSelectMultiple(_ShowsIds, AutocompleteSelectMultiple):
    pass


class _IdsField(forms.ModelMultipleChoiceField):
    def clean(self, value: Any) -> Any:
        for text in map(str, value or []):
            if not is_id(text):
                raise ValidationError(
                    self.error_messages["invalid_pk_value"], "invalid_pk_value", {"pk": text}
                )
        return super().clean(value)


class RelatedById:
    """A mixin for admins whose forms refuse an invalid related id."""

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.Field:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = _IdSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.Field:
        if db_field.name in self.get_autocomplete_fields(request):
            # Django's own list leaves out relations with a model between.
            widget = _IdSelectMultiple(db_field, self.admin_site)
            return db_field.formfield(form_class=_IdsField, widget=widget, **kwargs)
        return super().formfield_for_manytomany(db_field, request, form_class=_IdsField, **kwargs)
