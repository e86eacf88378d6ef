"""Occupancy by the day of the show: booked out of sellable seats."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Count, F

from reports.selectors.requests import (
    Figures,
    Row,
    Wanted,
    grouped,
    row_of,
    snapshot,
    when,
    zero,
)
from shows.models import Show, ShowSeat

COLUMNS = {"show": "pk", "event": "event", "screen": "screen"}


def occupancy(wanted: Wanted) -> Figures:
    """Count the seats of shows that were not cancelled. An archived show has its final counts."""
    with snapshot() as as_of:
        rows = [*_live(wanted), *_archived(wanted)]
        empty = zero(counts=["seats", "blocked", "booked"])
        return grouped(rows, wanted, as_of=as_of, empty=empty)


def _live(wanted: Wanted) -> Iterator[Row]:
    columns = {name: f"show__{COLUMNS[name]}" for name in wanted.group_by if name in COLUMNS}
    if "category" in wanted.group_by:
        columns["category"] = "seat__category__name"
    seats = ShowSeat.objects.filter(
        wanted.within("show__start_time", show="show__"),
        show__status=Show.Status.SCHEDULED, show__final_counts__isnull=True,
    ).order_by()  # fmt: skip
    found = seats.values(
        "status",
        **when("show__start_time", venue="show__screen__venue"),
        **{f"by_{name}": F(column) for name, column in columns.items()},
    ).annotate(found=Count("pk"))
    for row in list(found):
        keys = {name: row[f"by_{name}"] for name in columns}
        yield row_of(row, keys, _measures(row["status"], row["found"]))


def _archived(wanted: Wanted) -> Iterator[Row]:
    shows = Show.objects.filter(
        wanted.within("start_time", show=""),
        status=Show.Status.SCHEDULED, final_counts__isnull=False,
    ).order_by()  # fmt: skip
    for row in shows.values(
        "pk", "event", "screen", "final_counts", **when("start_time", venue="screen__venue")
    ):
        own = {name: row[column] for name, column in COLUMNS.items()}
        for category, counts in (row["final_counts"].get("categories") or {}).items():
            for status, count in counts.items():
                yield row_of(row, {**own, "category": category}, _measures(status, count))


def _measures(status: str, count: int) -> Mapping[str, int]:
    return {
        "seats": count,
        "blocked": count if status == ShowSeat.Status.BLOCKED else 0,
        "booked": count if status == ShowSeat.Status.BOOKED else 0,
    }


def rate(measures: dict[str, Any]) -> str | None:
    """Return booked seats in percent of sellable ones, or None without any."""
    sellable = measures["seats"] - measures["blocked"]
    return f"{100 * measures['booked'] / sellable:.1f}" if sellable else None
