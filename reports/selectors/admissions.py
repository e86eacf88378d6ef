"""
Admissions and tax, by when the show is: tickets of confirmed bookings.

`gross` is what the customers pay, fees and tax included; `net` is without tax.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, partial
from typing import Any

from django.db.models import F, QuerySet

from bookings.models import Booking
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
from reports.selectors.shapes import LINES, Part, counted, parts_of, shape

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
_DIVIDED = ("total", "tax", "fees", "discount")


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
        bookings = in_currency(confirmed(wanted), wanted)
        rows = _rows(bookings, [*wanted.group_by, *extra])
        return grouped(rows, wanted, as_of=as_of, empty=empty, extra=extra)


def _rows(bookings: QuerySet[Booking], names: Sequence[str]) -> Iterator[Row]:
    columns = {name: COLUMNS[name] for name in names if name in COLUMNS}
    by_line = tuple(name for name in LINES if name in names)
    found = bookings.values(
        "pk", "currency", *_DIVIDED,
        **when("show__start_time", venue=VENUE), **{f"by_{k}": F(v) for k, v in columns.items()},
    ).annotate(shape=shape("booked_seats", by_line))  # fmt: skip
    divided = cache(partial(_divided, by_line))
    for row in counted(found):
        own = {name: _plain(row[f"by_{name}"]) for name in columns}
        amounts = tuple(row[name] for name in _DIVIDED)
        sums = divided(row["shape"], amounts, row["currency"])
        for values, measures in sums.items():
            keys = {**own, **dict(zip(by_line, values, strict=True))}
            multiplied = {name: value * row["rows"] for name, value in measures.items()}
            yield row_of(row, keys, multiplied, row["currency"])


def _divided(
    by_line: Collection[str], text: str, amounts: tuple[Decimal, ...], currency: str
) -> Mapping[tuple[str, ...], Measures]:
    """
    Divide a booking's amounts among its lines, by price.

    Active lines are summed by their groups. Fees stay with active lines.
    """
    total, tax, fees, discount = amounts
    parts, step = parts_of(text, by_line), quantum(currency)
    prices = [part.price for part in parts]
    fees_of = allot(fees, _staying(parts), step)
    tickets_of = allot(total - fees, prices, step)
    tax_of, discount_of = allot(tax, prices, step), allot(discount, prices, step)
    sums: dict[tuple[str, ...], Measures] = defaultdict(
        lambda: zero(*AMOUNTS, counts=["admissions"])
    )
    for index, part in enumerate(parts):
        if not part.is_active:
            continue
        gross = tickets_of[index] + fees_of[index]
        own = {
            "admissions": 1, "gross": gross, "net": gross - tax_of[index], "tax": tax_of[index],
            "fees": fees_of[index], "discount": discount_of[index],
        }  # fmt: skip
        for name, value in own.items():
            sums[part.keys][name] += value
    return sums


def _staying(parts: Sequence[Part]) -> list[Decimal]:
    """
    Return the prices of active lines, and zero for others.

    If no line is active, return all prices.
    """
    prices = [part.price if part.is_active else Decimal(0) for part in parts]
    return prices if any(prices) else [part.price for part in parts]


def _plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
