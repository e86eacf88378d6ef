"""Occupancy by the day of the show: booked out of sellable seats."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F

from reports.selectors.requests import (
    Figures,
    Quarter,
    Row,
    Wanted,
    grouped,
    snapshot,
    zero,
)
from shows.models import Show, ShowSeat

VENUE = "screen__venue"


def occupancy(wanted: Wanted) -> Figures:
    """Count the seats of shows that were not cancelled. An archived show has its final counts."""
    with snapshot() as as_of:
        shows = Show.objects.filter(
            wanted.within("start_time", show=""), status=Show.Status.SCHEDULED
        ).order_by()
        columns = {"venue_id": F(VENUE), "quarter": Quarter("start_time")}
        found = {
            row["pk"]: row
            for row in shows.values("pk", "event", "screen", "final_counts", **columns)
        }
        live = [pk for pk, row in found.items() if row["final_counts"] is None]
        counted = (
            ShowSeat.objects.filter(show__in=live)
            .order_by()
            .values_list("show", "seat__category__name", "status")
            .annotate(Count("pk"))
        )
        seats = [*counted, *_archived(found)]
        rows = (_row(found[show], show, *rest) for show, *rest in seats)
        empty = zero(counts=["seats", "blocked", "booked"])
        groups, totals = grouped(rows, wanted, empty=empty)
    return Figures(as_of, "", wanted.group_by, groups, totals)


def _archived(found: dict[int, dict[str, Any]]) -> Iterator[tuple[int, str, str, int]]:
    for pk, row in found.items():
        for category, counts in ((row["final_counts"] or {}).get("categories") or {}).items():
            for status, count in counts.items():
                yield pk, category, status, count


def _row(row: dict[str, Any], show: int, category: str, status: str, count: int) -> Row:
    keys = {"show": show, "event": row["event"], "screen": row["screen"], "category": category}
    measures = {
        "seats": count,
        "blocked": count if status == ShowSeat.Status.BLOCKED else 0,
        "booked": count if status == ShowSeat.Status.BOOKED else 0,
    }
    return Row(row["venue_id"], row["quarter"], keys, measures)


def rate(measures: dict[str, Any]) -> str | None:
    """Return booked seats in percent of sellable ones, or None without any."""
    sellable = measures["seats"] - measures["blocked"]
    return f"{100 * measures['booked'] / sellable:.1f}" if sellable else None
