"""Messages about coming and changed shows, queued by periodic jobs."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from bookings.models import Booking, BookingTransition, Message
from bookings.services.outbox.customers import tell_customers
from shows.models import Show

Kind = Message.Kind

REMINDERS = {Kind.REMINDER_24H: timedelta(hours=24), Kind.REMINDER_2H: timedelta(hours=2)}
# Each run looks this far back before the last one, so that it finds changes that committed late.
OVERLAP = timedelta(minutes=10)


def write_reminders() -> None:
    """Queue the due reminders of bookings confirmed in time."""
    now = timezone.now()
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
            tell_customers(kind, bookings.exclude(Exists(known)), about=since, start=since)


def write_show_changes(*, since: datetime | None) -> None:
    """
    Queue messages about shows whose start or hall changed.

    Customers who booked before the change get one. The changes are read from the shows' history,
    which the API, the admin and imports all write. Only the last of several changes is sent.
    """
    history = Show.history.model.objects
    changes = history.filter(
        history_type="~",
        status=Show.Status.SCHEDULED,
        history_date__gt=(since or timezone.now()) - OVERLAP,
        start_time__gt=timezone.now(),
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
        bookings = _confirmed(show).filter(booked_at__lte=change.history_date)
        key = f"change {change.history_id}"
        known = Message.objects.filter(
            booking=OuterRef("pk"), kind=Kind.SHOW_CHANGED, facts__change=change.history_id
        )
        tell_customers(
            Kind.SHOW_CHANGED,
            bookings.exclude(Exists(known)),
            about=key,
            change=change.history_id,
            start=change.start_time.isoformat(),
            screen=change.screen_id,
        )


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
