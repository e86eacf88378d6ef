"""Day closings at the admin site: list them, and close a day."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse_lazy
from django.utils import timezone

from eventbooking_system.admin import Page
from eventbooking_system.errors import DomainError
from eventbooking_system.timezones import FIRST_DAY, LAST_DAY
from reports import services
from reports.admin.figures import figures_view
from reports.models import DayClosing
from reports.selectors import day_figures
from shows.admin.lists import ReadOnlyAdmin, local_time
from venues.business_days import DAY, calendar_of
from venues.models import Venue


class CloseDayForm(forms.Form):
    venue = forms.ModelChoiceField(Venue.objects.all())
    business_date = forms.DateField(
        label="Business day",
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@admin.register(DayClosing)
class DayClosingAdmin(ReadOnlyAdmin):
    """The closings of business days. Nobody changes one."""

    list_display = ["number", "venue", "business_date", "closed", "closed_by"]
    list_filter = ["venue"]
    list_select_related = ["venue", "closed_by"]
    date_hierarchy = "business_date"
    fields = [
        ("venue", "business_date", "number"), ("closed", "closed_by"), "amounts", "digest",
        "previous_digest",
    ]  # fmt: skip

    def has_view_permission(self, request: HttpRequest, obj: DayClosing | None = None) -> bool:
        return request.user.has_perm("reports.view")

    has_module_permission = has_view_permission

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("figures/", view(figures_view), name="reports_figures"),
            path("close/", view(self.close_view), name="reports_close_day"),
            *super().get_urls(),
        ]

    @admin.display(description="closed at", ordering="closed_at")
    def closed(self, closing: DayClosing) -> str:
        return local_time(closing.closed_at, closing.venue)

    @admin.display(description="figures")
    def amounts(self, closing: DayClosing) -> str:
        return _written(closing.figures)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_close = request.user.has_perm("reports.close_day")
        return super().changelist_view(request, {**(extra_context or {}), "may_close": may_close})

    def close_view(self, request: HttpRequest) -> HttpResponse:
        """Show the figures of a day, and close it."""
        if not request.user.has_perm("reports.close_day"):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        form = CloseDayForm(given or None, initial=_next_day())
        context: dict[str, Any] = {}
        if form.is_valid():
            venue, day = form.cleaned_data["venue"], form.cleaned_data["business_date"]
            if request.method == "POST":
                return self._close(request, venue, day)
            is_over = calendar_of(venue).is_over(day, now=timezone.now())
            closed = DayClosing.objects.filter(venue=venue, business_date=day).first()
            context = {"venue": venue, "day": day, "is_over": is_over, "closed": closed}
            if is_over and not closed:
                context["figures"] = _written(day_figures(venue, day))
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Close the day",
            "form": form,
        }
        return TemplateResponse(request, "admin/reports/close_day.html", context)

    def _close(self, request: HttpRequest, venue: Venue, day: Any) -> HttpResponse:
        try:
            closing = services.close_day(
                venue_id=venue.pk, business_date=day, closed_by=request.user
            )
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect("admin:reports_close_day")
        messages.success(request, f"The day is closed: {closing}.")
        return redirect("admin:reports_dayclosing_change", closing.pk)


def _next_day() -> dict[str, Any]:
    """Return the first venue's last business day that is over."""
    venue = Venue.objects.order_by("pk").first()
    if venue is None:
        return {}
    return {"venue": venue, "business_date": calendar_of(venue).day_of(timezone.now()) - DAY}


def _written(figures: dict[str, Any]) -> str:
    rows = [
        (currency, name, list(values.items()))
        for currency, reports in figures.items()
        for name, values in reports.items()
    ]
    return render_to_string("admin/reports/closing_figures.html", {"rows": rows})


def _may_view(request: HttpRequest) -> bool:
    return request.user.has_perm("reports.view")


admin.site.register_page(Page("Money", "Reports", reverse_lazy("admin:reports_figures"), _may_view))
