"""Takings and refunds, by when money moved: sums over the ledger."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from bookings.models import BookedSeat, LedgerEntry
from eventbooking_system.money import allot, quantum
from reports.selectors.requests import (
    Figures,
    Measures,
    Quarter,
    Row,
    Wanted,
    grouped,
    only_currency,
    snapshot,
    zero,
)

Kind = LedgerEntry.Kind
VENUE = "booking__show__screen__venue"
# The column of each group. Days and weeks follow from the time, lines from the booked seats.
COLUMNS = {
    "sales_channel": "booking__sales_channel",
    "staff": "booking__sold_by",
    "show": "booking__show",
    "event": "booking__show__event",
    "screen": "booking__show__screen",
    "tender": "payment__provider",
}
_TAKEN_AWAY = {
    Kind.DISPUTED: "disputed",
    Kind.DISPUTE_WON: "disputed",
    Kind.DISPUTE_FEE: "dispute_fees",
}
LINES = ("category", "ticket_type")
# Credit moves between two bookings, and no money comes in or goes out.
MOVED = [kind for kind in (*LedgerEntry.MONEY, *LedgerEntry.DISPUTES) if kind != Kind.CREDIT]


def takings(wanted: Wanted) -> Figures:
    """
    Sum money received and sent back, and count the payments.

    `disputed` is what banks took back, less what was won, and `dispute_fees` what the provider
    charged for it.
    """
    empty = zero("taken", "refunded", "disputed", "dispute_fees", "net", counts=["payments"])
    return _of_ledger(wanted, _takings, empty)


def refunds(wanted: Wanted) -> Figures:
    """Sum money sent back, less returned refunds, and count the refunds."""
    return _of_ledger(wanted, _refunds, zero("amount", counts=["refunds"]))


def _takings(kind: str, amount: Decimal, count: int) -> Measures:
    if kind == Kind.CAPTURED:
        return {"payments": count, "taken": amount, "net": amount}
    return {_TAKEN_AWAY.get(kind, "refunded"): -amount, "net": amount}


def _refunds(kind: str, amount: Decimal, count: int) -> Measures:
    if kind not in (Kind.REFUNDED, Kind.CAME_BACK):
        return {}
    return {"refunds": count if kind == Kind.REFUNDED else 0, "amount": -amount}


def _of_ledger(wanted: Wanted, measures: Any, empty: Measures) -> Figures:
    with snapshot() as as_of:
        entries = LedgerEntry.objects.filter(
            wanted.within("at", show="booking__show__"), kind__in=MOVED
        ).order_by()
        currency = only_currency(
            entries.values_list("currency", flat=True).distinct(), wanted.currency
        )
        entries = entries.filter(currency=currency)
        by_line = [name for name in wanted.group_by if name in LINES]
        rows = (
            _line_rows(entries, wanted, measures, currency)
            if by_line
            else _rows(entries, wanted, measures)
        )
        groups, totals = grouped(rows, wanted, empty=empty)
    return Figures(as_of, currency, wanted.group_by, groups, totals)


def _rows(entries: QuerySet[LedgerEntry], wanted: Wanted, measures: Any) -> Iterator[Row]:
    columns = {name: COLUMNS[name] for name in wanted.group_by if name in COLUMNS}
    found = entries.values(
        "kind",
        venue_id=F(VENUE),
        quarter=Quarter("at"),
        **{f"by_{k}": F(v) for k, v in columns.items()},
    ).annotate(amount_sum=Sum("amount"), entries=Count("pk"))
    for row in found.iterator():
        keys = {name: row[f"by_{name}"] for name in columns}
        measured = measures(row["kind"], row["amount_sum"], row["entries"])
        yield Row(row["venue_id"], row["quarter"], keys, measured)


def _line_rows(
    entries: QuerySet[LedgerEntry], wanted: Wanted, measures: Any, currency: str
) -> Iterator[Row]:
    """Divide each entry among the lines of its booking, by price. Counts go to the first line."""
    columns = {name: COLUMNS[name] for name in wanted.group_by if name in COLUMNS}
    found = list(
        entries.values(
            "kind", "amount", "booking_id",
            venue_id=F(VENUE), quarter=Quarter("at"), **{f"by_{k}": F(v) for k, v in columns.items()},
        )
    )  # fmt: skip
    lines = lines_of({row["booking_id"] for row in found})
    for row in found:
        parts = lines[row["booking_id"]]
        amounts = allot(row["amount"], [part["price"] for part in parts], quantum(currency))
        for index, (part, amount) in enumerate(zip(parts, amounts, strict=True)):
            keys = {**{name: row[f"by_{name}"] for name in columns}, **{k: part[k] for k in LINES}}
            measured = measures(row["kind"], amount, 0 if index else 1)
            yield Row(row["venue_id"], row["quarter"], keys, measured)


def lines_of(bookings: Iterable[int]) -> dict[int, Sequence[dict[str, Any]]]:
    """Return the ordered lines of bookings, with category and ticket type."""
    ids = list(bookings)
    lines: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for start in range(0, len(ids), 5000):
        found = BookedSeat.objects.filter(booking__in=ids[start : start + 5000]).order_by("pk")
        for line in found.values(
            "pk",
            "booking_id",
            "price",
            "ticket_type",
            "cancelled_at",
            category=F("show_seat__seat__category__name"),
        ):
            lines[line["booking_id"]].append(line)
    return lines
