"""The page at the admin site that imports shows from a file."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from eventbooking_system.errors import InvalidField
from eventbooking_system.plain_text import validate_lines
from shows.imports import (
    FIELDS,
    CsvOptions,
    FileRefused,
    ProgrammeOptions,
    Report,
    RowRefused,
    import_csv,
    import_programme,
    is_programme,
)

# An import makes what its shows need.
_NEEDED = (
    "shows.add_show", "shows.change_show", "venues.add_venue", "venues.add_screen",
    "events.add_event",
)  # fmt: skip
_FACTS = ("city", "country", "timezone")


class ValuesField(forms.CharField):
    """Lines such as `currency=EUR`."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 60, "spellcheck": "false"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=5000, validators=[validate_lines], **kwargs)

    def clean(self, value: Any) -> dict[str, str]:
        values = {}
        for line in super().clean(value).splitlines():
            name, sign, text = line.partition("=")
            if line.strip() and (not sign or not name.strip()):
                raise ValidationError(f"“{line.strip()}” is not a line such as “currency=EUR”.")
            if line.strip():
                values[name.strip()] = " ".join(text.split())
        return values


class ImportForm(forms.Form):
    file = forms.FileField(
        help_text="A CSV file of screenings, or the VenueSchedule.json of a point of sale."
    )
    columns = ValuesField(help_text="The column of each field in a CSV file, such as start=when.")
    defaults = ValuesField(
        help_text=f"The value of a field that the file lacks, such as currency=EUR. The fields are "
        f"{', '.join(FIELDS)}."
    )
    seats = forms.IntegerField(
        min_value=1, max_value=2000, initial=60, help_text="The seats of a new screen."
    )
    cleaning_minutes = forms.IntegerField(
        min_value=0, max_value=1440, initial=0, help_text="Minutes to keep free after each show."
    )
    update = forms.BooleanField(
        required=False,
        label="Apply differences",
        help_text="Change shows that differ from the file, and withdraw unsold ones that it lacks.",
    )
    dry_run = forms.BooleanField(
        required=False,
        initial=True,
        label="Only report",
        help_text="Say what would happen, and change nothing.",
    )


class ImportPage(admin.ModelAdmin):
    """A page that imports a file and shows the commands' report."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="shows_show_import"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "may_import": _may_import(request)}
        return super().changelist_view(request, extra_context=context)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not _may_import(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        report = None
        if form.is_valid():
            if form.cleaned_data["update"] and not request.user.has_perm("shows.delete_show"):
                raise PermissionDenied
            report = _import(form)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Import shows",
            "form": form,
            "report": report,
        }
        return TemplateResponse(request, "admin/shows/show/import.html", context)


def _may_import(request: HttpRequest) -> bool:
    return request.user.has_perms(_NEEDED)


def _import(form: ImportForm) -> Report | None:
    """Run the import. Return its report, or None if the form now has an error."""
    given: Mapping[str, Any] = form.cleaned_data
    report = Report(is_update=given["update"], is_rehearsal=given["dry_run"])
    data = given["file"].read()
    sizes = {"seats": given["seats"], "cleaning_minutes": given["cleaning_minutes"]}
    try:
        if is_programme(data):
            facts = {
                name: given["defaults"][name] for name in _FACTS if given["defaults"].get(name)
            }
            options = ProgrammeOptions(
                facts=facts,
                slug=given["defaults"].get("venue"),
                currency=given["defaults"].get("currency"),
                **sizes,
            )
            import_programme(data, options, report)
        else:
            csv_options = CsvOptions(columns=given["columns"], defaults=given["defaults"], **sizes)
            import_csv(data, csv_options, report)
    except (FileRefused, RowRefused) as refusal:
        form.add_error("file", str(refusal))
        return None
    except InvalidField as refusal:
        form.add_error(None, refusal.detail)
        return None
    except DatabaseError:
        form.add_error(None, "The database failed. Shows that were imported stay; try again.")
    return report
