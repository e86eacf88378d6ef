"""A venue's week at the admin site, by screen and time."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse_lazy
from django.utils import timezone

from eventbooking_system.admin import is_id
from eventbooking_system.admin.currency_names import CURRENCY_NAMES
from eventbooking_system.admin.site import Page
from eventbooking_system.timezones import FIRST_DAY, LAST_DAY, zone_names
from events.models import Event
from shows import selectors
from shows.pages.serving import CONTENT_SECURITY_POLICY
from venues.countries import countries
from venues.models import Screen, Venue

# The permissions that a button needs. The scripts leave out buttons that the API would refuse.
_RIGHTS = {
    "schedule": ["shows.add_show"],
    "change": ["shows.change_show"],
    "delete": ["shows.delete_show"],
    "film": ["events.add_event"],
    "hall": ["venues.add_screen", "venues.change_screen"],
    "venue": ["venues.add_venue"],
}


class DayForm(forms.Form):
    """The first day of the week in the query. Without it, the current week is shown."""

    day = forms.DateField(
        required=False, validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]
    )


class WeekPage(admin.ModelAdmin):
    """
    A page with the shows of a venue's week.

    Its scripts schedule, move and copy shows through the API, which checks every permission again.
    """

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("week/", view(self.week_view), name="shows_show_week"),
            path("week/shows/", view(self.week_shows_view), name="shows_show_week_shows"),
            path("week/terms/", view(self.week_terms_view), name="shows_show_week_terms"),
            *super().get_urls(),
        ]

    def week_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rights = [name for name, needed in _RIGHTS.items() if request.user.has_perms(needed)]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Programme",
            "rights": " ".join(rights),
            "venues": Venue.objects.order_by("name", "pk").values("pk", "name", "city"),
            "countries": sorted(countries().items()),
            "zones": sorted(zone_names()),
            "currencies": sorted(CURRENCY_NAMES.items()),
        }
        response = TemplateResponse(request, "admin/shows/show/week.html", context)
        policy = CONTENT_SECURITY_POLICY.replace("form-action 'none'", "form-action 'self'")
        response["Content-Security-Policy"] = policy
        return response

    def week_shows_view(self, request: HttpRequest) -> JsonResponse:
        """Answer with a venue, its screens, and a week's shows. The week contains `day`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        venue = get_object_or_404(Venue, pk=_id(request, "venue"))
        form = DayForm(request.GET)
        if not form.is_valid():
            raise Http404
        today = _business_day(venue, timezone.now())
        first = _week_of(venue, form.cleaned_data["day"] or today)
        return JsonResponse(
            {
                "venue": venue.pk,
                "timezone": venue.timezone,
                "day_starts_at": 60 * venue.business_day_starts_at.hour
                + venue.business_day_starts_at.minute,
                "cleaning_minutes": venue.cleaning_minutes,
                "first": first,
                "today": today,
                "screens": list(
                    venue.screens.with_capacity().order_by("name").values("id", "name", "capacity")
                ),
                "shows": selectors.week_of(venue, first),
            }
        )

    def week_terms_view(self, request: HttpRequest) -> JsonResponse:
        """Answer with the prices and format that a new show begins with."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        screen = get_object_or_404(Screen, pk=_id(request, "screen"))
        event = Event.objects.filter(pk=_id(request, "event")).first()
        return JsonResponse(selectors.terms_for(screen, event))


def _id(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    if not is_id(text):
        raise Http404
    return int(text)


def _business_day(venue: Venue, instant: datetime) -> date:
    local = instant.astimezone(ZoneInfo(venue.timezone)).replace(tzinfo=None)
    starts_at = venue.business_day_starts_at
    return (local - timedelta(hours=starts_at.hour, minutes=starts_at.minute)).date()


def _week_of(venue: Venue, day: date) -> date:
    """Return the first day of the venue's film week of a day."""
    return day - timedelta(days=(day.weekday() - venue.week_starts_on) % 7)


admin.site.register_page(
    Page(
        "Programme",
        "Week",
        reverse_lazy("admin:shows_show_week"),
        lambda request: request.user.has_perm("shows.view_show"),
    )
)
