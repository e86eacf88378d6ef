"""Filters and bases that the lists of shows, seats and bookings share."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse

from eventbooking_system.admin import StrictAdmin, is_id
from shows.models import Show
from venues.models import Screen, Venue


def local_time(instant: datetime | None, venue: Venue) -> str:
    """Format a time in the venue's time zone, with the zone's name."""
    if instant is None:
        return "-"
    return f"{instant.astimezone(ZoneInfo(venue.timezone)):%a %d %b %Y, %H:%M} {venue.timezone}"


def local_time_column(field: str, title: str, *, ordering: str | None = None) -> Callable[..., str]:
    """Make an admin column of shows: a time in the venue's zone."""

    @admin.display(description=title, ordering=ordering)
    def column(self: admin.ModelAdmin, show: Show) -> str:
        return local_time(getattr(show, field), show.screen.venue)

    return column


class ReadOnlyAdmin(StrictAdmin):
    """A read-only list; only actions change its rows."""

    show_full_result_count = False

    def has_add_permission(self, *_: object) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class PageActions:
    """A mixin that offers list actions on a row's page, too."""

    page_actions: Sequence[str] = ()

    def may_act_on(self, row: Any) -> bool:
        """Say whether the actions make sense for this row."""
        return True

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        allowed = self.get_actions(request)
        row = context["original"]
        if row and self.may_act_on(row):
            names = [name for name in self.page_actions if name in allowed]
            context["page_actions"] = [(name, allowed[name][2]) for name in names]
        return super().render_change_form(request, context, *args, **kwargs)


class IdFilter(admin.SimpleListFilter):
    """
    A filter by the id of a show or screen.

    An unknown id finds no rows.
    """

    @property
    def chosen(self) -> int | None:
        value = self.used_parameters.get(self.parameter_name) or ""
        return int(value) if is_id(value) else None

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(**{self.parameter_name: self.chosen or 0})


class OfShowFilter(IdFilter):
    """
    A filter by show, which is set by links.

    There are too many shows to list them.
    """

    title = parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        value = self.used_parameters.get("show")
        if value is None:
            return []
        shows = Show.objects.select_related("event", "screen__venue")
        show = shows.filter(pk=self.chosen or 0).first()
        return [(value, str(show) if show else "No such show")]


class ScreenFilter(IdFilter):
    """A filter by the screens of a venue. The venue is the chosen one, or the chosen screen's."""

    title = parameter_name = "screen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        venue = request.GET.get("screen__venue__id__exact", "")
        screens = Screen.objects.filter(venue__screens=self.chosen or 0)
        if is_id(venue):
            screens = Screen.objects.filter(venue=int(venue))
        choices: list[tuple[Any, str]] = list(screens.order_by("name").values_list("pk", "name"))
        unknown = self.value() is not None and not choices
        return [(self.value(), "No such screen")] if unknown else choices


class WhenFilter(admin.SimpleListFilter):
    """A filter for upcoming or past shows."""

    title = parameter_name = "when"
    prefix = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("upcoming", "Upcoming"), ("past", "Past")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "upcoming":
                return queryset.filter(**{f"{self.prefix}end_time__gt": Now()})
            case "past":
                return queryset.filter(**{f"{self.prefix}end_time__lte": Now()})
        return queryset


class UpcomingUnlessAskedFilter(WhenFilter):
    """A filter that shows only upcoming shows by default."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("past", "Past"), ("all", "All")]

    def value(self) -> str:
        return super().value() or "upcoming"

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        default, *others = super().choices(changelist)
        yield {**default, "display": "Upcoming", "selected": self.value() == "upcoming"}
        yield from others


class LiveStatusFilter(admin.SimpleListFilter):
    """A filter by the current status; an expired hold counts as available."""

    title = parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return model_admin.model.Status.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = self.value() in queryset.model.Status.values
        return queryset.filter(live_status=self.value()) if known else queryset
