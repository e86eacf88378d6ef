"""Shows at the admin site."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join

from eventbooking_system.admin import RelatedById, StrictHistoryAdmin
from eventbooking_system.admin.choices import currency_choices
from eventbooking_system.errors import InUse
from eventbooking_system.money import formatted
from shows import services
from shows.admin.forms import TIMES, ShowAddForm, ShowForm, initial_values
from shows.admin.importing import ImportPage
from shows.admin.lists import (
    PageActions,
    ScreenFilter,
    UpcomingUnlessAskedFilter,
    local_time_column,
)
from shows.admin.price_lines import written_prices
from shows.admin.seat_map import SeatMapPage
from shows.admin.week import WeekPage
from shows.models import VERSION_FIELDS, Show, ShowPrice, ShowSeat
from shows.selectors import count_of_seats, final_count
from venues.models import SALES_TERMS

PRICES_IN_ORDER = ShowPrice.objects.select_related("category").order_by(
    "category__position", "category_id", "position"
)


@admin.register(Show)
class ShowAdmin(RelatedById, PageActions, SeatMapPage, WeekPage, ImportPage, StrictHistoryAdmin):
    """Shows; a cancelled or archived show is read-only."""

    list_display = ["title", "place", "local_start", "status", "occupancy", "price_range"]
    list_filter = [
        UpcomingUnlessAskedFilter,
        "status",
        "publication",
        ("event__kind", admin.ChoicesFieldListFilter),
        "screen__venue",
        ScreenFilter,
    ]
    search_fields = ["event__title_folded", "screen__venue__name_folded"]
    date_hierarchy = "start_time"
    ordering = ["start_time", "pk"]
    autocomplete_fields = ["event", "screen"]
    searched_choices = {"currency": currency_choices}
    show_full_result_count = False
    overview = ["occupancy_panel"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Show]:
        shows = super().get_queryset(request).select_related("event", "screen__venue")
        return shows.prefetch_related(Prefetch("show_prices", PRICES_IN_ORDER)).annotate(
            booked_seats=count_of_seats(Q(status="booked")),
            total_seats=Coalesce(final_count("total"), count_of_seats(Q())),
        )

    # ---- The list

    @admin.display(description="event", ordering="event__title")
    def title(self, show: Show) -> str:
        # The column of a relation would not wrap its text.
        return show.event.title

    @admin.display(description="screen", ordering="screen__venue__name")
    def place(self, show: Show) -> str:
        return str(show.screen)

    local_start = local_time_column("start_time", "start", ordering="start_time")
    local_end = local_time_column("end_time", "end")
    local_sales_open = local_time_column("sales_open_at", "sales open at")
    local_sales_close = local_time_column("sales_close_at", "sales close at")
    local_publish = local_time_column("publish_at", "public from")
    local_early_bird = local_time_column("early_bird_until", "early bird until")
    local_give_back = local_time_column("give_back_until", "give back until")

    @admin.display(description="booked", ordering="booked_seats")
    def occupancy(self, show: Show) -> str:
        booked, total = show.booked_seats, show.total_seats
        # The sign must not move to the next line.
        return f"{booked} / {total} ({100 * booked // total if total else 0}\N{NO-BREAK SPACE}%)"

    @admin.display(description="prices")
    def price_range(self, show: Show) -> str:
        amounts = [price.amount for price in show.show_prices.all()]
        if not amounts:
            return "-"
        ends = [formatted(amount, show.currency) for amount in sorted({min(amounts), max(amounts)})]
        return f"{' – '.join(ends)} {show.currency}"

    # ---- The page of a show

    @admin.display(description="prices")
    def prices(self, show: Show) -> str:
        return format_html_join("", "{}<br>", ((line,) for line in written_prices(show)))

    @admin.display(description="seats")
    def occupancy_panel(self, show: Show) -> str:
        """Show counts by category and status, with links to the seats."""
        url = reverse("admin:shows_showseat_changelist")
        context = {"show": show, "statuses": ShowSeat.Status.values, "url": url}
        rows = list(_occupancy(show))
        return render_to_string("admin/shows/show/occupancy.html", {**context, "rows": rows})

    def get_fieldsets(self, request: HttpRequest, obj: Show | None = None) -> list[Any]:
        when, early = ["start_time", "end_time"], ["early_bird_percent", "early_bird_until"]
        sales = [
            "publication",
            "publish_at",
            "sales_open_at",
            "sales_close_at",
            "max_seats_per_booking",
            "single_seat_rule",
            "needs_confirmed_account",
        ]
        if obj is None:
            what = ["event", "screen", *when, "language", "format", *VERSION_FIELDS]
            terms = {"description": "Empty fields default to the venue's terms."}
            return _fieldsets(what, ["price_list", "currency", "prices", *early], sales, terms)
        when.append("give_back_until")
        if self._is_version(request):
            # Prices and seats are current, so an earlier version does not show them.
            return [(None, {"fields": self._with_local_times(["event", "screen", "status", *when, "language", "format", "currency", *sales, *SALES_TERMS])})]  # fmt: skip
        if not self.has_change_permission(request, obj):
            when, sales = self._with_local_times(when), self._with_local_times(sales)
            early = self._with_local_times(early)
        what = [
            "event",
            "screen",
            "status",
            *self.overview,
            *when,
            "language",
            "format",
            *VERSION_FIELDS,
        ]
        return _fieldsets(what, ["currency", "prices", *early], sales, {})

    def _with_local_times(self, fields: Iterable[str]) -> list[str]:
        """Replace times with fields that use the venue's zone."""
        names = (
            "local_start", "local_end", "local_sales_open", "local_sales_close", "local_publish",
            "local_early_bird",
            "local_give_back",
        )  # fmt: skip
        local = dict(zip(TIMES, names, strict=True))
        return [local.get(name, name) for name in fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Show | None = None) -> list[str]:
        if obj is None:
            return []
        if self._is_version(request):
            return flatten_fieldsets(self.get_fieldsets(request, obj))
        return ["event", "screen", "status", *self.overview]

    def get_form(self, request: HttpRequest, obj: Show | None = None, **kwargs: Any) -> type:
        kwargs["form"] = ShowForm if obj else ShowAddForm
        return super().get_form(request, obj, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """
        Fill the form with the values of show 7 for `?like=7`.

        Its end and its times of sale are left out: with another start they would be wrong.
        """
        show = self.get_object(request, request.GET.get("like", ""))
        if show is None:
            return super().get_changeform_initial_data(request)
        names = [
            "language",
            "format",
            "currency",
            "max_seats_per_booking",
            "single_seat_rule",
            "needs_confirmed_account",
            "publication",
            *VERSION_FIELDS,
        ]
        copied = {name: getattr(show, name) for name in (*names, *SALES_TERMS)}
        values = {**copied, "event": show.event, "screen": show.screen, **initial_values(show)}
        return {name: value for name, value in values.items() if name not in TIMES[1:]}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Skip the transaction that Django opens, because the services open their own."""
        return self._changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, *_: object, **__: object) -> None:
        """Do nothing, because the service has saved the show."""

    # ---- Permissions

    def has_change_permission(self, request: HttpRequest, obj: Show | None = None) -> bool:
        is_over = obj is not None and (
            obj.status == Show.Status.CANCELLED or obj.final_counts is not None
        )
        return not is_over and super().has_change_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Shows are deleted one at a time, on a page that lists what is deleted.
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    # ---- Earlier versions

    def _is_version(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        return match is not None and match.url_name == "shows_show_simple_history"

    def revert_disabled(self, request: HttpRequest, obj: Show | None = None) -> bool:
        """Refuse to revert a show, since seats may have been sold."""
        return True

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, *args: Any
    ) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        return super().history_form_view(request, object_id, version_id, *args)

    # ---- Deleting

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, *args)
        except InUse as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return redirect("admin:shows_show_change", object_id)

    def get_deleted_objects(
        self, objs: Sequence[Show], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Describe the show and its seats. Raises InUse for a show with bookings."""
        for show in objs:
            services.check_unused(show)
        seats = ShowSeat.objects.filter(show__in=objs).count()
        return [str(show) for show in objs], {"shows": len(objs), "seats": seats}, set(), []

    def delete_model(self, request: HttpRequest, obj: Show) -> None:
        list(Show.objects.locked().filter(pk=obj.pk).values_list("pk"))
        # Wait for holds of these seats, so that the check sees their bookings.
        services.lock_stock(obj)
        services.check_unused(obj)
        super().delete_model(request, obj)


def _fieldsets(
    what: Sequence[str], prices: Sequence[str], sales: Sequence[str], terms: Mapping[str, str]
) -> list[Any]:
    return [
        (None, {"fields": what}),
        ("Prices", {"fields": prices}),
        ("Sales", {"fields": sales}),
        ("Terms", {"fields": list(SALES_TERMS), **terms}),
    ]


def _occupancy(show: Show) -> Iterator[dict[str, Any]]:
    """Yield seats by status for each category, and for all."""
    counts: dict[str, dict[str, int]] = {}
    for category, status, count in _counted(show):
        for name in (category, ""):
            row = counts.setdefault(name, dict.fromkeys(ShowSeat.Status.values, 0))
            row[status] += count
    order = show.screen.seat_categories.values_list("name", flat=True)
    for name in (*order, ""):
        if row := counts.get(name):
            yield {"category": name, "counts": list(row.items()), "total": sum(row.values())}


def _counted(show: Show) -> Iterable[tuple[str, str, int]]:
    """
    Return the number of seats by category and status.

    An archived show has its final counts.
    """
    if show.final_counts:
        return [
            (category, status, count)
            for category, statuses in show.final_counts["categories"].items()
            for status, count in statuses.items()
        ]
    seats = ShowSeat.objects.filter(show=show).with_live_status().order_by()
    return seats.values_list("seat__category__name", "live_status").annotate(Count("pk"))
