"""The request, the snapshot and the grouping that all reports share."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F, Func, IntegerField, Q, QuerySet
from django.db.models.functions import Now

from bookings.models import Booking, LedgerEntry
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import formatted
from shows.models import Show
from users.models import User
from venues.business_days import Calendar, calendar_of, instants_around
from venues.models import Venue

QUARTER = timedelta(minutes=15)
MAX_DAYS = 400
_OF_SHOWS = ("day", "week", "show", "event", "screen")
# The groups that each report has.
GROUPS = {
    "takings": (
        *_OF_SHOWS, "category", "ticket_type", "sales_channel", "tender", "staff",
    ),
    "refunds": (
        *_OF_SHOWS, "category", "ticket_type", "sales_channel", "tender", "staff",
    ),
    "admissions": (*_OF_SHOWS, "category", "ticket_type", "sales_channel", "staff"),
    "tax": (*_OF_SHOWS, "sales_channel"),
    "occupancy": (*_OF_SHOWS, "category"),
}  # fmt: skip
# Each amount is a Decimal, each count an int.
Measures = dict[str, Any]


# The columns of a venue that decide the business day of an instant.
_CALENDAR_COLUMNS = {
    "zone": "timezone",
    "day_starts_at": "business_day_starts_at",
    "week_starts_on": "week_starts_on",
}


class Row(NamedTuple):
    """Measures of a quarter-hour at venues that count days alike."""

    calendar: Calendar
    quarter: int
    currency: str
    keys: Mapping[str, Any]
    measures: Measures


@dataclass(frozen=True)
class Wanted:
    """The venues, days, groups and currency of a report."""

    venues: Sequence[Venue]
    date_from: date
    date_to: date
    group_by: Sequence[str]
    currency: str = ""
    # Only shows of this event, if one is named.
    event: int | None = None

    @property
    def calendars(self) -> dict[int, Calendar]:
        return {venue.pk: calendar_of(venue) for venue in self.venues}

    def within(self, column: str, *, show: str) -> Q:
        """
        Return a condition that covers at least the wanted days.

        `grouped` leaves out rows of other days.

        `show` is the path to the show, with two underscores at its end, or empty.
        """
        first, last = instants_around(self.date_from, self.date_to, set(self.calendars.values()))
        limits = {f"{column}__gte": first, f"{column}__lt": last}
        venues = {f"{show}screen__venue__in": [each.pk for each in self.venues]}
        event = {f"{show}event": self.event} if self.event else {}
        return Q(**limits, **venues, **event)


@dataclass(frozen=True)
class Group:
    """One group of a report: dimensions, a readable name, and measures."""

    dimensions: Mapping[str, Any]
    label: str
    measures: Measures


@dataclass(frozen=True)
class Figures:
    """A report, in one snapshot of the database."""

    as_of: datetime
    currency: str
    group_by: Sequence[str]
    groups: Sequence[Group]
    totals: Measures

    def formatted(self, value: Any) -> str:
        """Write an amount in the report's currency. Without a currency there are no amounts."""
        return formatted(value, self.currency) if self.currency else "0"


class Quarter(Func):
    """The number of quarters of an hour since 1970, a whole number."""

    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        template = "floor(extract(epoch FROM %(expressions)s) / 900)::bigint"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / 900"
        return self.as_sql(compiler, connection, template=template, **context)


@contextmanager
def snapshot() -> Iterator[datetime]:
    """Let all reads see one database state, and yield its time."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL work_mem = '64MB'"
                )
        yield Venue.objects.order_by("pk").values_list(Now(), flat=True).first() or datetime.now(
            UTC
        )


def when(column: str, *, venue: str) -> dict[str, Any]:
    """Return the columns of a time that `row_of` reads."""
    own = {name: F(f"{venue}__{field}") for name, field in _CALENDAR_COLUMNS.items()}
    return {**own, "quarter": Quarter(column)}


def row_of(
    found: Mapping[str, Any], keys: Mapping[str, Any], measures: Measures, currency: str = ""
) -> Row:
    """Return a row of a report. `found` has the columns of `when`."""
    calendar = Calendar(*(found[name] for name in _CALENDAR_COLUMNS))
    return Row(calendar, found["quarter"], currency, keys, measures)


def in_currency(rows: QuerySet, wanted: Wanted) -> QuerySet:
    """Leave out the rows in other currencies, if one is wanted."""
    return rows.filter(currency=wanted.currency) if wanted.currency else rows


def _only_currency(rows: Iterable[Row], wanted: str) -> str:
    """Return the report's currency. Raises InvalidField if there are several to choose from."""
    currencies = sorted({row.currency for row in rows})
    if wanted:
        return wanted
    if len(currencies) > 1:
        detail = f"There are amounts in {', '.join(currencies)}. Choose one, because they are not summed."
        raise InvalidField("currency", detail, "required")
    return currencies[0] if currencies else ""


def currencies_of(wanted: Wanted) -> list[str]:
    """Return the currencies of money and shows on the wanted days."""
    moved = LedgerEntry.objects.filter(wanted.within("at", show="booking__show__"))
    sold = Booking.objects.filter(wanted.within("show__start_time", show="show__"))
    found = (rows.order_by().values_list("currency", flat=True) for rows in (moved, sold))
    return sorted({currency for rows in found for currency in rows.distinct()})


def grouped(
    rows: Iterable[Row],
    wanted: Wanted,
    *,
    as_of: datetime,
    empty: Measures,
    extra: Sequence[str] = (),
) -> Figures:
    """
    Sum rows by group, and all groups to totals.

    Rows of other business days are left out. Raises InvalidField.
    """
    dimensions = [*wanted.group_by, *extra]
    sums: dict[tuple[Any, ...], Measures] = defaultdict(lambda: dict(empty))
    totals = dict(empty)
    kept = list(_on_wanted_days(rows, wanted))
    currency = _only_currency((row for _, row in kept), wanted.currency)
    for times, row in kept:
        values = tuple(times.get(name) or row.keys.get(name) for name in dimensions)
        group = sums[values]
        for name in empty:
            amount = row.measures.get(name, 0)
            group[name] += amount
            totals[name] += amount
    names = _names(dimensions, sums)
    ordered = sorted(sums.items(), key=lambda each: [_sortable(value) for value in each[0]])
    groups = [
        Group(
            dict(zip(dimensions, values, strict=True)),
            " · ".join(
                names.get((name, value), _text(value))
                for name, value in zip(dimensions, values, strict=True)
            ),
            measures,
        )
        for values, measures in ordered
    ]
    return Figures(as_of, currency, dimensions, groups, totals)


def _on_wanted_days(
    rows: Iterable[Row], wanted: Wanted
) -> Iterator[tuple[Mapping[str, date], Row]]:
    """Yield rows of wanted days, each with its day and week."""
    found: dict[tuple[Calendar, int], dict[str, date] | None] = {}
    for row in rows:
        place = (row.calendar, row.quarter)
        if place not in found:
            day = row.calendar.day_of(datetime.fromtimestamp(row.quarter * 900, UTC))
            is_wanted = wanted.date_from <= day <= wanted.date_to
            found[place] = {"day": day, "week": row.calendar.week_of(day)} if is_wanted else None
        if times := found[place]:
            yield times, row


def _names(
    dimensions: Sequence[str], groups: Iterable[tuple[Any, ...]]
) -> dict[tuple[str, Any], str]:
    """Return the names of shows, events and screens among the groups."""
    names: dict[tuple[str, Any], str] = {}
    for place, name in enumerate(dimensions):
        ids = {values[place] for values in groups}
        if name == "show":
            for pk, title, start, zone in Show.objects.filter(pk__in=ids).values_list(
                "pk", "event__title", "start_time", "screen__venue__timezone"
            ):
                local = start.astimezone(ZoneInfo(zone))
                names[name, pk] = f"{title}, {local:%Y-%m-%d %H:%M}"
        elif name == "event":
            found = Show.event.field.related_model.objects.filter(pk__in=ids)
            names |= {(name, pk): title for pk, title in found.values_list("pk", "title")}
        elif name == "screen":
            found = Show.screen.field.related_model.objects.filter(pk__in=ids)
            names |= {(name, pk): title for pk, title in found.values_list("pk", "name")}
        elif name == "staff":
            found = User.objects.filter(pk__in=ids)
            names |= {(name, pk): email for pk, email in found.values_list("pk", "email")}
    return names


def _sortable(value: Any) -> tuple[bool, str]:
    return value is not None, f"{value:020}" if isinstance(value, int) else str(value)


def _text(value: Any) -> str:
    return "none" if value in (None, "") else str(value)


def zero(*names: str, counts: Sequence[str] = ()) -> Measures:
    """Return measures of nothing: amounts by name, and counts."""
    return {**dict.fromkeys(counts, 0), **dict.fromkeys(names, Decimal(0))}
