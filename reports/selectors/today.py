"""Today's shows, and today's takings beside those of a week before."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from bookings.models import LedgerEntry, Ticket
from reports.selectors.requests import QUARTER, Quarter, Wanted
from reports.selectors.takings import MOVED, VENUE
from shows.models import Show, ShowSeat
from venues.business_days import DAY, WEEK, Calendar, calendar_of, instants_around
from venues.models import Venue

# Minutes since the start of the business day, with what had come in until then.
Curve = list[tuple[int, Decimal]]


@dataclass(frozen=True)
class ShowToday:
    """A show of the business day, with its seats and check-ins."""

    show: Show
    sold: int = 0
    held: int = 0
    free: int = 0
    blocked: int = 0
    inside: int = 0

    @property
    def total(self) -> int:
        return self.sold + self.held + self.free + self.blocked


@dataclass
class TakingsToday:
    """The net takings of today and a week before, in one currency."""

    currency: str
    today: Decimal = Decimal(0)
    then: Decimal = Decimal(0)
    # A week before until the present time of day.
    then_so_far: Decimal = Decimal(0)
    curve_today: Curve = field(default_factory=list)
    curve_then: Curve = field(default_factory=list)


def shows_today(venues: Sequence[Venue], *, now: datetime | None = None) -> list[ShowToday]:
    """Return the shows of each venue's business day, without cancelled ones."""
    now = now or timezone.now()
    calendars = {venue.pk: calendar_of(venue) for venue in venues}
    days = {pk: calendar.day_of(now) for pk, calendar in calendars.items()}
    if not days:
        return []
    first, last = instants_around(min(days.values()), max(days.values()), set(calendars.values()))
    found = Show.objects.filter(
        screen__venue__in=days, start_time__gte=first, start_time__lt=last,
        status=Show.Status.SCHEDULED,
    ).select_related("event", "screen__venue").order_by("start_time", "pk")  # fmt: skip
    shows = [
        show
        for show in found
        if calendars[show.screen.venue_id].day_of(show.start_time) == days[show.screen.venue_id]
    ]
    ids = [show.pk for show in shows]
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    seats = ShowSeat.objects.filter(show__in=ids).with_live_status().order_by()
    for show_id, status, count in seats.values_list("show", "live_status").annotate(Count("pk")):
        counts[show_id][status] = count
    tickets = Ticket.objects.filter(
        booking__show__in=ids, voided_at=None, checked_in_at__isnull=False
    ).order_by()
    inside = dict(tickets.values_list("booking__show").annotate(Count("pk")))
    status = ShowSeat.Status
    return [
        ShowToday(
            show,
            sold=counts[show.pk].get(status.BOOKED, 0),
            held=counts[show.pk].get(status.HELD, 0),
            free=counts[show.pk].get(status.AVAILABLE, 0),
            blocked=counts[show.pk].get(status.BLOCKED, 0),
            inside=inside.get(show.pk, 0),
        )
        for show in shows
    ]


def takings_today(venues: Sequence[Venue], *, now: datetime | None = None) -> list[TakingsToday]:
    """
    Return the net takings by currency, with their course in the day.

    Each venue has its own business day. The same movements are the takings of a report.
    """
    now = now or timezone.now()
    calendars = {venue.pk: calendar_of(venue) for venue in venues}
    if not calendars:
        return []
    days = {pk: calendar.day_of(now) for pk, calendar in calendars.items()}
    present = {pk: _minute(now, calendar, days[pk]) for pk, calendar in calendars.items()}
    sums: dict[str, dict[str, dict[int, Decimal]]] = {}
    found: dict[str, TakingsToday] = {}
    for row in _movements(venues, days):
        calendar, today = calendars[row["venue"]], days[row["venue"]]
        instant = datetime.fromtimestamp(row["quarter"] * QUARTER.total_seconds(), UTC)
        day = calendar.day_of(instant)
        if day not in (today, today - WEEK):
            continue
        minute = _minute(instant, calendar, day)
        one = found.setdefault(row["currency"], TakingsToday(row["currency"]))
        by_minute = sums.setdefault(
            row["currency"], {"today": defaultdict(Decimal), "then": defaultdict(Decimal)}
        )
        if day == today:
            one.today += row["total"]
            by_minute["today"][minute] += row["total"]
        else:
            one.then += row["total"]
            by_minute["then"][minute] += row["total"]
            if minute <= present[row["venue"]]:
                one.then_so_far += row["total"]
    latest = max(present.values())
    for currency, one in found.items():
        one.curve_today = _curve(sums[currency]["today"], until=latest)
        one.curve_then = _curve(sums[currency]["then"], until=24 * 60)
    return sorted(found.values(), key=lambda one: one.currency)


def _movements(venues: Sequence[Venue], days: dict[int, date]) -> list[dict]:
    first, last = min(days.values()), max(days.values())
    within = Q()
    for back in (timedelta(0), WEEK):
        wanted = Wanted(venues, first - back, last - back, ())
        within |= wanted.within("at", show="booking__show__")
    entries = LedgerEntry.objects.filter(within, kind__in=MOVED).order_by()
    rows = entries.values("currency", venue=F(VENUE), quarter=Quarter("at"))
    return list(rows.annotate(total=Sum("amount")))


def _minute(instant: datetime, calendar: Calendar, day: date) -> int:
    """Return the minutes of wall time since the business day began."""
    local = instant.astimezone(calendar.tz).replace(tzinfo=None)
    start = datetime.combine(day, calendar.day_starts_at)
    return min(max(0, int((local - start) / timedelta(minutes=1))), DAY // timedelta(minutes=1))


def _curve(by_minute: dict[int, Decimal], *, until: int) -> Curve:
    """Sum amounts by time, until the day's end or now."""
    total, curve = Decimal(0), [(0, Decimal(0))]
    for minute in sorted(by_minute):
        curve.append((minute, total))
        total += by_minute[minute]
        # The time of a movement is known to a quarter of an hour.
        curve.append((min(minute + 15, until), total))
    return [*curve, (until, total)]
