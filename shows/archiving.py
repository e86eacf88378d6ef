"""
Archiving of shows that ended long ago.

Unbooked stock is deleted, and final counts are kept. Most seats of most shows are never sold, but
every sale searches the table that they are in. Bookings, tickets and payments stay as they are; the
stock that booked seats refer to is kept.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from shows.models import Show, ShowSeat

BATCH = 2000


def shows_to_archive(*, days: int) -> QuerySet[Show]:
    """Select unarchived shows that ended more than `days` days ago."""
    ended_before: datetime = timezone.now() - timedelta(days=days)
    return Show.objects.filter(final_counts__isnull=True, end_time__lt=ended_before)


def archive_shows(*, days: int | None = None) -> int:
    """
    Archive the due shows, each in a transaction, and return their number.

    A show is due `days` days after its end (ARCHIVE_SHOWS_AFTER_DAYS by default; 0 means never). If a
    call is interrupted, the next one archives the remaining shows.
    """
    days = settings.ARCHIVE_SHOWS_AFTER_DAYS if days is None else days
    if not days:
        return 0
    due = list(shows_to_archive(days=days).order_by("pk").values_list("pk", flat=True))
    return sum(archive_show(show_id=show_id) for show_id in due)


@transaction.atomic(durable=True)
def archive_show(*, show_id: int) -> bool:
    """Store a show's final counts and delete its unbooked stock. Return False if done before."""
    show = Show.objects.locked().filter(pk=show_id, final_counts__isnull=True).first()
    if show is None:
        return False
    stock = ShowSeat.objects.filter(show=show)
    Show.objects.filter(pk=show.pk).update(final_counts=_final_counts(stock))
    unsold = list(stock.filter(booked_seats=None).locked().values_list("pk", flat=True))
    for start in range(0, len(unsold), BATCH):
        ShowSeat.objects.filter(pk__in=unsold[start : start + BATCH]).delete()
    return True


def _final_counts(stock: QuerySet[ShowSeat]) -> dict[str, Any]:
    """Count seats by category and status, in the form of `Show.final_counts`."""
    counted = (
        stock.with_live_status()
        .order_by()
        .values_list("seat__category__name", "live_status")
        .annotate(Count("pk"))
    )
    categories: dict[str, dict[str, int]] = {}
    for category, status, count in counted:
        categories.setdefault(category, {})[status] = count
    return {
        "available": sum(counts.get("available", 0) for counts in categories.values()),
        "total": sum(sum(counts.values()) for counts in categories.values()),
        "categories": categories,
    }
