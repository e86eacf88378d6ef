"""The request, the snapshot and the grouping that all reports share."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Func, IntegerField, Q
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


class Row(NamedTuple):
    """Summed measures of one quarter-hour at one venue, by other groups."""

    venue: int
    quarter: int
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
        Return a condition that contains the wanted days. `grouped` leaves out the others.

        `show` is the path to the show, with two underscores at its end unless it is empty.
        """
        first, last = instants_around(self.date_from, self.date_to)
        limits = {f"{column}__gte": first, f"{column}__lt": last}
        places = {f"{show}screen__venue__in": [each.pk for each in self.venues]}
        films = {f"{show}event": self.event} if self.event else {}
        return Q(**limits, **places, **films)


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
    """Give all reads one state of the database, and yield its time."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield Venue.objects.order_by("pk").values_list(Now(), flat=True).first() or datetime.now(
            UTC
        )


def only_currency(found: Iterable[str], wanted: str) -> str:
    """Return the report's currency. Raises InvalidField if there are several to choose from."""
    currencies = sorted(set(found))
    if wanted:
        return wanted
    if len(currencies) > 1:
        detail = f"There are amounts in {', '.join(currencies)}. Choose one: they are not summed."
        raise InvalidField("currency", detail, "required")
    return currencies[0] if currencies else ""


def currencies_of(wanted: Wanted) -> list[str]:
    """Return the currencies of money and shows on the wanted days."""
    moved = LedgerEntry.objects.filter(wanted.within("at", show="booking__show__"))
    sold = Booking.objects.filter(wanted.within("show__start_time", show="show__"))
    found = (rows.order_by().values_list("currency", flat=True) for rows in (moved, sold))
    return sorted({currency for rows in found for currency in rows.distinct()})


def grouped(
    rows: Iterable[Row], wanted: Wanted, *, empty: Measures, extra: Sequence[str] = ()
) -> tuple[list[Group], Measures]:
    """Sum rows by group, and all groups to totals. Rows of other business days are left out."""
    calendars = wanted.calendars
    dimensions = [*wanted.group_by, *extra]
    sums: dict[tuple[Any, ...], Measures] = defaultdict(lambda: dict(empty))
    totals = dict(empty)
    days: dict[tuple[int, int], date] = {}
    for row in rows:
        place = (row.venue, row.quarter)
        if place not in days:
            instant = datetime.fromtimestamp(row.quarter * 900, UTC)
            days[place] = calendars[row.venue].day_of(instant)
        day = days[place]
        if not wanted.date_from <= day <= wanted.date_to:
            continue
        times = {"day": day, "week": calendars[row.venue].week_of(day)}
        values = tuple(times.get(name) or row.keys.get(name) for name in dimensions)
        for name, amount in row.measures.items():
            sums[values][name] += amount
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
    return groups, totals


def _names(
    dimensions: Sequence[str], groups: Iterable[tuple[Any, ...]]
) -> dict[tuple[str, Any], str]:
    """Return the names of shows, events and screens among the groups."""
    names: dict[tuple[str, Any], str] = {}
    for place, name in enumerate(dimensions):
        ids = {values[place] for values in groups}
        if name == "show":
            for show in Show.objects.filter(pk__in=ids).select_related("event", "screen__venue"):
                local = show.start_time.astimezone(calendar_of(show.screen.venue).tz)
                names[name, show.pk] = f"{show.event.title}, {local:%Y-%m-%d %H:%M}"
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
