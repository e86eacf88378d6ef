"""Messages about coming and changed shows, queued by periodic jobs."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from bookings.models import (
    Booking,
    BookingTransition,
    Message,
    TicketTransfer,
    WebhookSubscription,
)
from bookings.services.outbox.customers import queue_for_customers, queue_for_recipients
from bookings.services.outbox.partners import publish
from shows.models import Show
from venues.models import Venue

Kind = Message.Kind
Event = WebhookSubscription.Event

REMINDERS = {Kind.REMINDER_24H: timedelta(hours=24), Kind.REMINDER_2H: timedelta(hours=2)}
# Each run looks this far back before the last one, so that it finds changes that committed late.
OVERLAP = timedelta(minutes=10)


def write_reminders(*, now: datetime) -> None:
    """Queue the due reminders of bookings confirmed in time."""
    for kind, ahead in REMINDERS.items():
        # A reminder is skipped once the next one is due or the show begins.
        until = max((other for other in REMINDERS.values() if other < ahead), default=timedelta())
        shows = Show.objects.filter(
            status=Show.Status.SCHEDULED,
            start_time__gt=now + until,
            start_time__lte=now + ahead,
        )
        for show in shows:
            since = show.start_time.isoformat()
            bookings = _confirmed(show, before=show.start_time - ahead)
            known = Message.objects.filter(booking=OuterRef("pk"), kind=kind, facts__start=since)
            queue_for_customers(kind, bookings.exclude(Exists(known)), about=since, start=since)


def write_show_changes(*, since: datetime | None, now: datetime) -> None:
    """
    Queue messages about shows whose start, hall or time zone changed.

    Customers who booked before the change get one, and partners an event. The changes are read from
    the histories of shows and venues, which the API, the admin and imports all write. Only the last
    of several changes is sent.
    """
    since = (since or now) - OVERLAP
    _write_timezone_changes(since=since, now=now)
    history = Show.history.model.objects
    changes = history.filter(
        history_type="~",
        status=Show.Status.SCHEDULED,
        history_date__gt=since,
        start_time__gt=now,
    )
    for change in changes.order_by("history_id"):
        before = (
            history.filter(id=change.id, history_id__lt=change.history_id)
            .order_by("history_id")
            .last()
        )
        if before is None or _place(before) == _place(change):
            continue
        show = Show.objects.filter(pk=change.id).first()
        # A show without bookings can have been deleted since.
        if show is None or _place(show) != _place(change):
            continue
        _queue_change_for_partners(change, before)
        _queue_change(
            _confirmed(show).filter(booked_at__lte=change.history_date),
            change.history_id,
            start=change.start_time.isoformat(),
            screen=change.screen_id,
            old_start=before.start_time.isoformat(),
        )


def _write_timezone_changes(*, since: datetime, now: datetime) -> None:
    """
    Queue messages for coming shows of venues with a new time zone.

    They begin at the same instant as before, and at another time of day.
    """
    history = Venue.history.model.objects
    changes = history.filter(history_type="~", history_date__gt=since)
    for change in changes.order_by("history_id"):
        earlier = history.filter(id=change.id, history_id__lt=change.history_id)
        before = earlier.order_by("history_id").last()
        is_current = Venue.objects.filter(pk=change.id, timezone=change.timezone).exists()
        if before is None or before.timezone == change.timezone or not is_current:
            continue
        shows = Show.objects.filter(
            screen__venue=change.id,
            status=Show.Status.SCHEDULED,
            start_time__gt=now,
        )
        for show in shows:
            _queue_change(
                _confirmed(show).filter(booked_at__lte=change.history_date),
                f"zone {change.history_id}",
                start=show.start_time.isoformat(),
                screen=show.screen_id,
                old_start=show.start_time.isoformat(),
                old_zone=before.timezone,
            )


def _queue_change(bookings: QuerySet[Booking], change: int | str, **facts: Any) -> None:
    """Queue messages to customers who do not know of this change."""
    known = Message.objects.filter(
        booking=OuterRef("pk"), kind=Kind.SHOW_CHANGED, facts__change=change
    )
    queue_for_customers(
        Kind.SHOW_CHANGED,
        bookings.exclude(Exists(known)),
        about=f"change {change}",
        change=change,
        **facts,
    )
    # Holders of tickets that were passed on get their ticket anew, with the time and the place.
    held = TicketTransfer.objects.held().filter(ticket__booking__in=bookings)
    queue_for_recipients(
        Kind.TICKET_RECEIVED, held.select_related("ticket"), about=f"change {change}"
    )


def _queue_change_for_partners(change: Any, before: Any) -> None:
    data = {
        "show": change.id,
        "start_time": change.start_time.isoformat(),
        "screen": change.screen_id,
        "old_start_time": before.start_time.isoformat(),
        "old_screen": before.screen_id,
    }
    publish(Event.SHOW_CHANGED, {f"{change.history_id}": data})


def _place(show: Any) -> tuple[datetime, int]:
    return show.start_time, show.screen_id


def _confirmed(show: Show, *, before: datetime | None = None) -> QuerySet[Booking]:
    bookings = Booking.objects.filter(show=show, status=Booking.Status.CONFIRMED)
    if before is not None:
        confirmed = BookingTransition.objects.filter(
            booking=OuterRef("pk"), to_status=Booking.Status.CONFIRMED, at__lte=before
        )
        bookings = bookings.filter(Exists(confirmed))
    return bookings.select_related("user")
