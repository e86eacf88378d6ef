"""
Admissions and tax, by when the show is: tickets of confirmed bookings.

`gross` is what the customers pay, fees and tax included; `net` is without tax.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Sum

from bookings.models import BookedSeat, Booking
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
from reports.selectors.takings import LINES, lines_of

VENUE = "show__screen__venue"
COLUMNS = {
    "sales_channel": "sales_channel",
    "staff": "sold_by",
    "show": "show",
    "event": "show__event",
    "screen": "show__screen",
    "rate": "show__tax_rate",
}
AMOUNTS = ("gross", "net", "tax", "fees", "discount")
_SUMS = {"gross": "total", "tax": "tax", "fees": "fees", "discount": "discount"}


def admissions(wanted: Wanted) -> Figures:
    """Count the tickets of confirmed bookings, and sum what they cost."""
    return _of_bookings(wanted, zero(*AMOUNTS, counts=["admissions"]))


def tax(wanted: Wanted) -> Figures:
    """Sum the tax of confirmed bookings by rate, within the wanted groups."""
    return _of_bookings(wanted, zero("gross", "net", "tax"), extra=("rate",))


def confirmed(wanted: Wanted) -> QuerySet[Booking]:
    """Select confirmed bookings of shows around the wanted days."""
    return Booking.objects.filter(
        wanted.within("show__start_time", show="show__"), status=Booking.Status.CONFIRMED
    ).order_by()


def _of_bookings(wanted: Wanted, empty: Measures, extra: Sequence[str] = ()) -> Figures:
    with snapshot() as as_of:
        bookings = confirmed(wanted)
        currency = only_currency(
            bookings.values_list("currency", flat=True).distinct(), wanted.currency
        )
        bookings = bookings.filter(currency=currency)
        names = [*wanted.group_by, *extra]
        make = _line_rows if any(name in LINES for name in names) else _rows
        rows = make(bookings, names, currency)
        kept = (row._replace(measures={k: row.measures[k] for k in empty}) for row in rows)
        groups, totals = grouped(kept, wanted, empty=empty, extra=extra)
    return Figures(as_of, currency, [*wanted.group_by, *extra], groups, totals)


def _rows(bookings: QuerySet[Booking], names: Sequence[str], currency: str) -> Iterator[Row]:
    columns = {name: COLUMNS[name] for name in names if name in COLUMNS}
    tickets = (
        BookedSeat.objects.active()
        .filter(booking=OuterRef("pk"))
        .order_by()
        .values("booking")
        .annotate(found=Count("pk"))
        .values("found")
    )
    found = (
        bookings.annotate(ticket_count=Subquery(tickets))
        .values(
            venue_id=F(VENUE),
            quarter=Quarter("show__start_time"),
            **{f"by_{k}": F(v) for k, v in columns.items()},
        )
        .annotate(admissions=Sum("ticket_count"), **{f"sum_{k}": Sum(v) for k, v in _SUMS.items()})
    )
    for row in found.iterator():
        amounts = {name: row[f"sum_{name}"] for name in _SUMS}
        keys = {name: _plain(row[f"by_{name}"]) for name in columns}
        yield _row(row, keys, row["admissions"], amounts)
    # The sums above have the lines that were given back.
    ended = BookedSeat.objects.filter(booking=OuterRef("pk"), cancelled_at__isnull=False)
    for row in _divided(bookings.filter(Exists(ended)), names, currency, is_active=False):
        keys = {name: key for name, key in row.keys.items() if name not in LINES}
        less = {name: -value for name, value in row.measures.items()}
        yield row._replace(keys=keys, measures={**less, "admissions": 0})


def _line_rows(bookings: QuerySet[Booking], names: Sequence[str], currency: str) -> Iterator[Row]:
    return _divided(bookings, names, currency, is_active=True)


def _divided(
    bookings: QuerySet[Booking], names: Sequence[str], currency: str, *, is_active: bool
) -> Iterator[Row]:
    """
    Divide each booking's amounts among its lines, by price.

    Yield the rows of active lines, or of those that were given back. Fees stay with active lines.
    """
    columns = {name: COLUMNS[name] for name in names if name in COLUMNS}
    found = list(
        bookings.values(
            "pk", "total", "tax", "fees", "discount",
            venue_id=F(VENUE), quarter=Quarter("show__start_time"),
            **{f"by_{k}": F(v) for k, v in columns.items()},
        )
    )  # fmt: skip
    lines = lines_of(row["pk"] for row in found)
    step = quantum(currency) if currency else Decimal(1)
    for row in found:
        parts = lines[row["pk"]]
        amounts = _amounts(row, parts, step)
        for index, part in enumerate(parts):
            if (part["cancelled_at"] is None) != is_active:
                continue
            keys = {
                **{name: _plain(row[f"by_{name}"]) for name in columns},
                **{name: part[name] for name in LINES},
            }
            yield _row(row, keys, 1, {name: amounts[name][index] for name in _SUMS})


def _amounts(
    row: dict[str, Any], parts: Sequence[dict[str, Any]], step: Decimal
) -> dict[str, list[Decimal]]:
    """Return each amount of a booking by line."""
    prices = [part["price"] for part in parts]
    staying = [
        price if part["cancelled_at"] is None else Decimal(0)
        for price, part in zip(prices, parts, strict=True)
    ]
    fees = allot(row["fees"], staying if any(staying) else prices, step)
    tickets = allot(row["total"] - row["fees"], prices, step)
    return {
        "gross": [ticket + fee for ticket, fee in zip(tickets, fees, strict=True)],
        "fees": fees,
        "tax": allot(row["tax"], prices, step),
        "discount": allot(row["discount"], prices, step),
    }


def _row(row: dict[str, Any], keys: dict[str, Any], count: int, amounts: Measures) -> Row:
    measures = {"admissions": count, "net": amounts["gross"] - amounts["tax"], **amounts}
    return Row(row["venue_id"], row["quarter"], keys, measures)


def _plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
