"""The admin site's page of reports, as tables and files. The figures are those of the API."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from rest_framework.serializers import Serializer

from eventbooking_system.admin.choices import SearchedSelect, currency_choices
from eventbooking_system.errors import InvalidField
from events.models import Event
from reports import selectors
from reports.renderers import CSVRenderer, XLSXRenderer, table_of
from reports.serializers import (
    AdmissionsQuerySerializer,
    BoxOfficeReturnSerializer,
    FiguresSerializer,
    OccupancyQuerySerializer,
    ReturnQuerySerializer,
    TakingsQuerySerializer,
    TaxQuerySerializer,
    wanted_of,
    week_of,
)
from venues.business_days import calendar_of
from venues.models import Venue

RETURN = "box-office-return"
REPORTS: dict[str, tuple[str, type[Serializer], Callable]] = {
    "takings": ("Takings, by when money moved", TakingsQuerySerializer, selectors.takings),
    "refunds": ("Refunds, by when money moved", TakingsQuerySerializer, selectors.refunds),
    "admissions": ("Admissions, by when the show is", AdmissionsQuerySerializer, selectors.admissions),
    "occupancy": ("Occupancy, by when the show is", OccupancyQuerySerializer, selectors.occupancy),
    "tax": ("Tax, by when the show is", TaxQuerySerializer, selectors.tax),
}  # fmt: skip
FILES = {"csv": CSVRenderer, "xlsx": XLSXRenderer}
GROUPS = [(name, name.replace("_", " ")) for name in TakingsQuerySerializer.groups]


class ReportForm(forms.Form):
    """The choices of the page. The serializers of the API say which of them fit together."""

    report = forms.ChoiceField(
        choices=[
            *((name, title) for name, (title, *_) in REPORTS.items()),
            (RETURN, "Return of a film's week to its distributor"),
        ]
    )
    venue = forms.ModelChoiceField(Venue.objects.all(), required=False, empty_label="All venues")
    date_from = forms.DateField(
        label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    date_to = forms.DateField(
        label="To", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    group_by = forms.ChoiceField(label="By", choices=GROUPS)
    then_by = forms.ChoiceField(choices=[("", "---------"), *GROUPS], required=False)
    currency = forms.ChoiceField(
        choices=[("", "the only one"), *currency_choices()], required=False, widget=SearchedSelect
    )
    event = forms.ModelChoiceField(
        Event.objects.all(),
        required=False,
        widget=SearchedSelect,
        help_text="For the return of the film week of the first day.",
    )

    def query(self) -> dict[str, Any]:
        """Return the query of the API for the choices."""
        chosen = self.cleaned_data
        venue, event = chosen["venue"], chosen["event"]
        query = {"currency": chosen["currency"], "venue": venue and venue.pk}
        if chosen["report"] == RETURN:
            query |= {"event": event and event.pk, "week": chosen["date_from"]}
        else:
            groups = ",".join(filter(None, [chosen["group_by"], chosen["then_by"]]))
            dates = {name: chosen[name] for name in ("date_from", "date_to")}
            query |= {**dates, "group_by": groups}
        return {name: value for name, value in query.items() if value}


def figures_view(request: HttpRequest) -> HttpResponse:
    """Show a report as a table, or send it as a file."""
    if not request.user.has_perm("reports.view"):
        raise PermissionDenied
    form = ReportForm({**_defaults(), **request.GET.dict()})
    report = _report(form) if form.is_valid() else None
    file = FILES.get(request.GET.get("file", ""))
    if file and report and "groups" in report:
        return _file(file, form.cleaned_data["report"], report)
    query = request.GET.copy()
    query.pop("file", None)
    context = {
        **admin.site.each_context(request),
        "title": "Reports",
        "form": form,
        "table": _table(report) if report else None,
        "report": report,
        "as_of": datetime.fromisoformat(report["as_of"]) if report else None,
        "has_files": bool(report and "groups" in report),
        "query": query.urlencode(),
    }
    return TemplateResponse(request, "admin/reports/figures.html", context)


def _defaults() -> dict[str, str]:
    venue = Venue.objects.order_by("pk").first()
    today = calendar_of(venue).day_of(timezone.now()) if venue else timezone.now().date()
    return {
        "report": "takings",
        "date_from": str(today - timedelta(days=6)),
        "date_to": str(today),
        "group_by": "day",
    }


def _report(form: ReportForm) -> dict[str, Any] | None:
    """Return the API's answer, or None if the form has an error."""
    name = form.cleaned_data["report"]
    is_return = name == RETURN
    _, query_class, selector = ("", ReturnQuerySerializer, None) if is_return else REPORTS[name]
    query = query_class(data=form.query())
    if not query.is_valid():
        for field, faults in query.errors.items():
            target = {"week": "date_from"}.get(field, field)
            form.add_error(
                target if target in form.fields else None, [str(each) for each in faults]
            )
        return None
    try:
        if is_return:
            week = week_of(query.validated_data)
            found = selectors.box_office_return(week, event=query.validated_data["event"])
            return BoxOfficeReturnSerializer(found).data
        return FiguresSerializer(selector(wanted_of(query.validated_data))).data
    except InvalidField as refusal:
        form.add_error("currency", refusal.detail)
        return None


def _table(report: dict[str, Any]) -> dict[str, Any]:
    """Return the header, the rows, and the number of text columns."""
    if "groups" in report:
        header, *rows = table_of(report)
        texts = len(report["group_by"])
        # The label says what the columns before it say.
        header, rows = header[texts:], [row[texts:] for row in rows]
        return {"head": [_words(name) for name in header], "rows": rows[:-1], "totals": rows[-1]}
    names = list(report["week"])
    rows = [[day["day"], *(day[name] for name in names)] for day in report["days"]]
    rows += [
        [label, *(report[key][name] for name in names)]
        for label, key in (("Week before", "week_before"), ("To date", "to_date"))
    ]
    totals = ["Week", *(report["week"][name] for name in names)]
    return {"head": ["day", *map(_words, names)], "rows": rows, "totals": totals}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _file(renderer: Any, name: str, report: dict[str, Any]) -> HttpResponse:
    content_type = (
        f"{renderer.media_type}; charset=utf-8" if renderer.charset else renderer.media_type
    )
    response = HttpResponse(renderer().render(report), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{renderer.format}"'
    return response
