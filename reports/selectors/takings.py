"""Takings and refunds, by when money moved: sums over the ledger."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache, partial
from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from bookings.models import LedgerEntry
from eventbooking_system.money import allot, quantum
from reports.selectors.requests import (
    Figures,
    Measures,
    Row,
    Wanted,
    grouped,
    in_currency,
    row_of,
    snapshot,
    when,
    zero,
)
from reports.selectors.shapes import LINES, counted, parts_of, shape

Kind = LedgerEntry.Kind
VENUE = "booking__show__screen__venue"
# Measures of entries of one kind, by their sum and number.
Measured = Callable[[str, Decimal, int], Measures]
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
# Credit moves between two bookings, and no money comes in or goes out.
MOVED = [kind for kind in (*LedgerEntry.MONEY, *LedgerEntry.DISPUTES) if kind != Kind.CREDIT]


def takings(wanted: Wanted) -> Figures:
    """
    Sum money received and sent back, and count the payments.

    `disputed` is what banks took back, less what was won, and `dispute_fees` what the provider
    charged for it.
    """
    empty = zero("taken", "refunded", "disputed", "dispute_fees", "net", counts=["payments"])
    return _of_ledger(wanted, MOVED, _takings, empty)


def refunds(wanted: Wanted) -> Figures:
    """Sum money sent back, less returned refunds, and count the refunds."""
    kinds = (Kind.REFUNDED, Kind.CAME_BACK)
    return _of_ledger(wanted, kinds, _refunds, zero("amount", counts=["refunds"]))


def _takings(kind: str, amount: Decimal, count: int) -> Measures:
    if kind == Kind.CAPTURED:
        return {"payments": count, "taken": amount, "net": amount}
    return {_TAKEN_AWAY.get(kind, "refunded"): -amount, "net": amount}


def _refunds(kind: str, amount: Decimal, count: int) -> Measures:
    return {"refunds": count if kind == Kind.REFUNDED else 0, "amount": -amount}


def _of_ledger(
    wanted: Wanted, kinds: Sequence[str], measures: Measured, empty: Measures
) -> Figures:
    with snapshot() as as_of:
        moved = LedgerEntry.objects.filter(
            wanted.within("at", show="booking__show__"), kind__in=MOVED
        ).order_by()
        entries = in_currency(moved.filter(kind__in=kinds), wanted)
        rows = list(_rows(entries, wanted.group_by, measures))
        if not rows and not wanted.currency:
            # Nothing went back. The amounts of zero are in the currency of what came in.
            currencies = list(moved.values_list("currency", flat=True).distinct()[:2])
            wanted = replace(wanted, currency=currencies[0] if len(currencies) == 1 else "")
        return grouped(rows, wanted, as_of=as_of, empty=empty)


def _rows(
    entries: QuerySet[LedgerEntry], names: Sequence[str], measures: Measured
) -> Iterator[Row]:
    columns = {name: COLUMNS[name] for name in names if name in COLUMNS}
    by_line = [name for name in LINES if name in names]
    keys = {f"by_{k}": F(v) for k, v in columns.items()}
    by = when("at", venue=VENUE) | keys
    if by_line:
        entries = entries.values("pk", "kind", "currency", "amount", **by)
        found = counted(entries.annotate(shape=shape("booking__booked_seats", by_line)))
        rows = _line_rows(found, by_line, measures)
    else:
        sums = {"amount_sum": Sum("amount"), "rows": Count("pk")}
        found = list(entries.values("kind", "currency", **by).annotate(**sums))
        rows = ((row, {}, measures(row["kind"], row["amount_sum"], row["rows"])) for row in found)
    for row, line, measured in rows:
        own = {name: row[f"by_{name}"] for name in columns}
        yield row_of(row, {**own, **line}, measured, row["currency"])


def _line_rows(
    found: Iterable[dict[str, Any]], by_line: Sequence[str], measures: Measured
) -> Iterator[tuple[dict[str, Any], dict[str, str], Measures]]:
    """
    Divide each entry among the lines of its booking, by price.

    Counts go to the first group.
    """
    divided = cache(partial(_divided, tuple(by_line)))
    for row in found:
        shares = divided(row["shape"], row["amount"], row["currency"])
        for index, (values, amount) in enumerate(shares.items()):
            line = dict(zip(by_line, values, strict=True))
            count = 0 if index else row["rows"]
            yield row, line, measures(row["kind"], amount * row["rows"], count)


def _divided(
    by_line: Collection[str], text: str, amount: Decimal, currency: str
) -> Mapping[tuple[str, ...], Decimal]:
    """
    Divide an amount among lines, and sum it by their groups.

    A refund is divided like its payment.
    """
    parts = parts_of(text, by_line)
    shares = allot(abs(amount), [part.price for part in parts], quantum(currency))
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for part, share in zip(parts, shares, strict=True):
        sums[part.keys] += share.copy_sign(amount)
    return sums
