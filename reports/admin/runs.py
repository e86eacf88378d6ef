"""Files of reports, and reports by mail, at the admin site."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html

from eventbooking_system.admin import StrictAdmin
from eventbooking_system.errors import DomainError
from reports.files import run_file
from reports.models import ReportMail, ReportRun, ScheduledReport
from reports.services.runs import check_run

State = ReportRun.State
MAX_RECIPIENTS = 20
# The seconds after which a browser loads the page again, while reports are under way.
REFRESH_SECONDS = 3


class ReportRunForm(forms.ModelForm):
    """A form that checks a request as the service does."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            try:
                check_run(ReportRun(**data))
            except DomainError as refusal:
                self.add_error(refusal.members["errors"][0]["field"], refusal.detail)
        return data


@admin.register(ReportRun)
class ReportRunAdmin(StrictAdmin):
    """Requests for files. A worker writes them, and a bar shows how much is written."""

    form = ReportRunForm
    list_display = ["report", "venue", "date_from", "date_to", "group_by", "bar", "download"]
    list_select_related = ["venue"]
    fields = ["report", "venue", "date_from", "date_to", "group_by", "currency"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportRun]:
        return super().get_queryset(request).defer("content")

    # The one permission of reports.

    def has_view_permission(self, request: HttpRequest, obj: ReportRun | None = None) -> bool:
        return request.user.has_perm("reports.view")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reports.view")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reports.view")

    def has_change_permission(self, request: HttpRequest, obj: ReportRun | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ReportRun | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ReportRun, form: Any, change: bool) -> None:
        obj.requested_by = request.user
        super().save_model(request, obj, form, change)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().changelist_view(request, *args, **kwargs)
        if ReportRun.objects.filter(state__in=[State.QUEUED, State.RUNNING]).exists():
            response["Refresh"] = str(REFRESH_SECONDS)
        return response

    @admin.display(description="progress")
    def bar(self, run: ReportRun) -> str:
        text = run.error or run.get_state_display()
        return format_html(
            '<progress max="100" value="{}" aria-label="Progress">{} %</progress> {}',
            run.progress, run.progress, text,
        )  # fmt: skip

    @admin.display(description="file")
    def download(self, run: ReportRun) -> str:
        if run.state != State.DONE:
            return ""
        url = reverse("admin:reports_reportrun_file", args=[run.pk])
        return format_html('<a href="{}">Download ({} lines)</a>', url, run.row_count)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.file_view)
        return [
            path("<int:pk>/file/", view, name="reports_reportrun_file"), *super().get_urls(),
        ]  # fmt: skip

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return run_file(get_object_or_404(ReportRun, pk=pk, state=State.DONE))


class RecipientsField(forms.CharField):
    """E-mail addresses, one on each line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        lines = [line.strip() for line in super().to_python(value).splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if len(value) > MAX_RECIPIENTS:
            raise ValidationError(f"At most {MAX_RECIPIENTS} addresses.")
        for address in value:
            validate_email(address)

    def run_validators(self, value: list[str]) -> None:
        """Leave it to `validate`, as the value is a list."""


class ScheduledReportForm(forms.ModelForm):
    recipients = RecipientsField(help_text=RecipientsField.__doc__)


@admin.register(ScheduledReport)
class ScheduledReportAdmin(StrictAdmin):
    form = ScheduledReportForm
    list_display = ["kind", "venue", "addresses", "language", "is_active", "last_mail"]
    list_filter = ["kind", "venue", "is_active"]
    list_select_related = ["venue"]

    @admin.display(description="recipients")
    def addresses(self, report: ScheduledReport) -> str:
        return ", ".join(report.recipients)

    @admin.display(description="last mail")
    def last_mail(self, report: ScheduledReport) -> str:
        mail = ReportMail.objects.filter(scheduled=report).order_by("-day", "-pk").first()
        return f"{mail.day}: {mail.state}" if mail else ""
