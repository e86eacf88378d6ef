"""The first page of the admin site: open tasks, shows, and takings."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from bookings.models import (
    AccountMail,
    Dispute,
    Message,
    PeriodicJob,
    Refund,
    StrayPayment,
    WebhookDelivery,
)
from box_office.models import CashSession
from eventbooking_system.admin import is_id
from eventbooking_system.money import formatted
from reports.admin import plots
from reports.selectors import ShowToday, TakingsToday, shows_today, takings_today
from venues.business_days import calendar_of
from venues.models import Venue

MAX_SHOWS = 100
HOURS = (0, 6, 12, 18, 24)


class Watched(NamedTuple):
    """Rows that need a person, with a link to exactly these rows."""

    text: str
    model: type
    query: str
    rows: Callable[[], QuerySet]


WATCHED = [
    Watched("drawers not closed", CashSession, "closed_at__isempty=1", CashSession.objects.open),
    Watched(
        "refunds failed", Refund, "status__exact=failed",
        lambda: Refund.objects.filter(status=Refund.Status.FAILED),
    ),
    Watched("disputes open", Dispute, "due=open", Dispute.objects.all().in_progress),
    Watched(
        "stray payments to settle", StrayPayment, "settled_at__isempty=1",
        lambda: StrayPayment.objects.filter(settled_at=None),
    ),
    Watched(
        "messages given up", Message, "state__exact=dead",
        lambda: Message.objects.filter(state=Message.State.DEAD),
    ),
    Watched(
        "mails of accounts given up", AccountMail, "state__exact=dead",
        lambda: AccountMail.objects.filter(state=AccountMail.State.DEAD),
    ),
    Watched(
        "webhook deliveries given up", WebhookDelivery, "state__exact=dead",
        lambda: WebhookDelivery.objects.filter(state=WebhookDelivery.State.DEAD),
    ),
    Watched(
        "periodic jobs with an error", PeriodicJob, "last_error__isempty=0",
        lambda: PeriodicJob.objects.exclude(last_error=""),
    ),
]  # fmt: skip


def alerts_panel(request: HttpRequest) -> str:
    """Count what needs a person, each for staff who may see it."""
    may_see = [
        each
        for each in WATCHED
        if request.user.has_perm(f"{each.model._meta.app_label}.view_{each.model._meta.model_name}")
    ]
    if not may_see:
        return ""
    counted = [(each, each.rows().count()) for each in may_see]
    alerts = [
        {"text": each.text, "count": count, "url": f"{_list_of(each.model)}?{each.query}"}
        for each, count in counted
        if count
    ]
    return render_to_string("admin/reports/alerts.html", {"alerts": alerts})


def today_panel(request: HttpRequest) -> str:
    """Show today's shows and takings to staff who may see them."""
    may_see_shows = request.user.has_perm("shows.view_show")
    may_see_takings = request.user.has_perm("reports.view")
    if not (may_see_shows or may_see_takings):
        return ""
    all_venues = list(Venue.objects.order_by("name", "pk"))
    asked = request.GET.get("venue", "")
    chosen = [venue for venue in all_venues if is_id(asked) and venue.pk == int(asked)]
    venues = chosen or all_venues
    context: dict[str, Any] = {
        "venues": all_venues,
        "chosen": chosen[0] if chosen else None,
        "may_see_shows": may_see_shows,
        "may_see_takings": may_see_takings,
    }
    if may_see_shows:
        rows = sorted(shows_today(venues), key=lambda row: row.show.screen.venue.name)
        context |= {
            "rows": [_row(row) for row in rows[:MAX_SHOWS]],
            "left_out": len(rows[MAX_SHOWS:]),
        }
    if may_see_takings:
        hours = list(_hours(venues))
        context |= {"takings": [_takings(one) for one in takings_today(venues)], "hours": hours}
    return render_to_string("admin/reports/today.html", context)


def _list_of(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def _row(row: ShowToday) -> dict[str, Any]:
    venue = row.show.screen.venue
    return {
        "counts": row,
        "show": row.show,
        "time": f"{row.show.start_time.astimezone(calendar_of(venue).tz):%H:%M}",
        "venue": venue,
        "day": calendar_of(venue).day_of(row.show.start_time),
        "url": reverse("admin:shows_show_change", args=[row.show.pk]),
        "bar": plots.bar_of(row),
        "inside": plots.share_inside(row),
    }


def _takings(one: TakingsToday) -> dict[str, Any]:
    lines = plots.lines_of(one)
    amounts = {
        name: formatted(getattr(one, name), one.currency)
        for name in ("today", "then", "then_so_far")
    }
    return {
        **amounts,
        "currency": one.currency,
        "lines": lines,
        "largest": formatted(lines.largest, one.currency),
    }


def _hours(venues: list[Venue]) -> Iterator[dict[str, Any]]:
    """Yield the marks of the time axis. Business days that begin at other times have no clock."""
    starts = {venue.business_day_starts_at for venue in venues}
    for hour in HOURS:
        start = next(iter(starts)) if len(starts) == 1 else None
        label = f"{(start.hour + hour) % 24:02}:{start.minute:02}" if start else f"{hour} h"
        anchor = {0: "start", 24: "end"}.get(hour, "middle")
        yield {"x": plots.x_of(hour * 60), "label": label, "anchor": anchor}


admin.site.register_panel(alerts_panel, order=10)
admin.site.register_panel(today_panel, order=20)
