"""The event of a new show, queued once visitors can find it."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from bookings.models import WebhookSubscription
from bookings.services.outbox.partners import publish
from bookings.services.outbox.shows import OVERLAP
from events.models import Event as CatalogueEvent
from shows.models import Show

Event = WebhookSubscription.Event


def write_new_shows(*, since: datetime | None, now: datetime) -> None:
    """
    Queue an event for each show that became public since then.

    Shows are scheduled by the API, the admin and imports, and become public later by themselves. So
    the histories of shows and events tell which to look at. A show is told once.
    """
    since = (since or now) - OVERLAP
    shows = _public(now).filter(pk__in=_touched(since, now))
    known = _public_before(since, [show.pk for show in shows])
    publish(
        Event.SHOW_CREATED,
        {f"{show.pk}": _data(show) for show in shows if show.pk not in known},
    )


def _touched(since: datetime, now: datetime) -> set[int]:
    """Return the shows that may have become public since then."""
    written = Show.history.model.objects.filter(history_date__gt=since)
    events = CatalogueEvent.history.model.objects.filter(history_date__gt=since)
    due = Q(publish_at__gt=since, publish_at__lte=now) | Q(event__in=events.values("id"))
    found = set(Show.objects.filter(due, start_time__gt=now).values_list("pk", flat=True))
    return found | set(written.values_list("id", flat=True))


def _public(now: datetime) -> Any:
    shows = Show.objects.filter(
        status=Show.Status.SCHEDULED, start_time__gt=now, event__is_published=True
    )
    hidden = Q(publication="unlisted") | Q(publication="draft", publish_at=None)
    shows = shows.exclude(hidden).exclude(publish_at__gt=now)
    return shows.select_related("event", "screen__venue").order_by("pk")


def _public_before(at: datetime, show_ids: list[int]) -> set[int]:
    """Return which of these shows were public at a time already."""
    rows = Show.history.model.objects.filter(id__in=show_ids, history_date__lte=at)
    last = {row.id: row.instance for row in rows.order_by("history_id")}
    events = CatalogueEvent.history.model.objects.filter(
        id__in={show.event_id for show in last.values()}, history_date__lte=at
    )
    was_published = {row.id: row.is_published for row in events.order_by("history_id")}
    return {
        pk
        for pk, show in last.items()
        # An event without a history of that time is as old as the installation.
        if show.publication_at(at) == Show.Publication.PUBLIC
        and was_published.get(show.event_id, True)
    }


def _data(show: Show) -> dict[str, Any]:
    return {
        "show": show.pk,
        "event": show.event_id,
        "title": show.event.title,
        "venue": show.screen.venue_id,
        "screen": show.screen_id,
        "start_time": show.start_time.isoformat(),
        "end_time": show.end_time.isoformat(),
        "language": show.language,
        "format": show.format,
        "currency": show.currency,
    }
