"""
Archiving: a show that is long over keeps the stock that somebody booked, and how full it was.

Most stock of most shows is never sold, and it is what every sale searches and writes. Bookings,
tickets and money stay as they are: their lines refer to stock that is kept.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from shows.models import Show, ShowSeat

_BATCH = 2000


def shows_to_archive(*, days: int) -> QuerySet[Show]:
    """Shows that ended more than so many days ago and are not archived; sales end with a show."""
    ended_before: datetime = timezone.now() - timedelta(days=days)
    return Show.objects.filter(final_counts__isnull=True, end_time__lt=ended_before)


def archive_shows(*, days: int | None = None) -> int:
    """
    Archive what is due, one show a transaction; how many shows that were.

    So many days after their end, ARCHIVE_SHOWS_AFTER_DAYS unless said otherwise; 0 is never. What
    stops in the middle is gone on with by the next call.
    """
    days = settings.ARCHIVE_SHOWS_AFTER_DAYS if days is None else days
    if not days:
        return 0
    due = list(shows_to_archive(days=days).order_by("pk").values_list("pk", flat=True))
    return sum(archive_show(show_id=show_id) for show_id in due)


@transaction.atomic(durable=True)
def archive_show(*, show_id: int) -> bool:
    """Note a show's final counts, and delete the stock that nobody ever booked; once."""
    show = Show.objects.locked().filter(pk=show_id, final_counts__isnull=True).first()
    if show is None:
        return False
    stock = ShowSeat.objects.filter(show=show)
    Show.objects.filter(pk=show.pk).update(final_counts=_final_counts(stock))
    unsold = list(stock.filter(booked_seats=None).locked().values_list("pk", flat=True))
    for start in range(0, len(unsold), _BATCH):
        ShowSeat.objects.filter(pk__in=unsold[start : start + _BATCH]).delete()
    return True


def _final_counts(stock: QuerySet[ShowSeat]) -> dict[str, Any]:
    """As `Show.final_counts` has them."""
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
