"""The figures of the first page of the admin."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bookings.models import Ticket
from bookings.tests.factories import confirmed, held, run_out
from reports.selectors import Wanted, shows_today, takings, takings_today
from reports.tests.factories import backdate
from shows.models import Show
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids
from venues.models import Venue
from venues.tests.factories import VenueFactory, hall

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
NOON = datetime(2030, 5, 10, 11, 0, tzinfo=UTC)  # A Friday, 12:00 in London.
WEEK = timedelta(days=7)


def show_at(start, zone="Europe/London", **fields) -> Show:
    screen = hall(venue=VenueFactory(timezone=zone))
    return scheduled_show(screen=screen, start_time=start, **fields)


def counts(row) -> dict[str, int]:
    return {name: getattr(row, name) for name in ("sold", "held", "free", "blocked", "inside")}


def test_a_show_counts_its_seats_by_what_they_are_now() -> None:
    show = show_at(NOON + timedelta(hours=8))
    confirmed("A1", "A2", show=show)
    held("A3", show=show)
    run_out(held("A4", show=show))
    block_seats(show_id=show.pk, block=seat_ids(show, "B1"), unblock=[], reason="", owner="")
    Ticket.objects.filter(pk=Ticket.objects.first().pk).update(checked_in_at=NOON)
    [row] = shows_today(list(Venue.objects.all()), now=NOON)
    total = row.total
    assert counts(row) == {"sold": 2, "held": 1, "free": total - 4, "blocked": 1, "inside": 1}


def test_a_cancelled_ticket_is_not_inside() -> None:
    show = show_at(NOON + timedelta(hours=8))
    confirmed("A1", show=show)
    Ticket.objects.update(checked_in_at=NOON, voided_at=NOON)
    [row] = shows_today(list(Venue.objects.all()), now=NOON)
    assert row.inside == 0


def test_today_is_the_business_day_of_each_venue() -> None:
    # 01:00 of the next morning belongs to the evening before, and 07:00 does not.
    late = show_at(datetime(2030, 5, 11, 0, 0, tzinfo=UTC))
    show_at(datetime(2030, 5, 11, 6, 0, tzinfo=UTC))
    # It is 20:00 in Tokyo. The day there ends at 21:00 UTC.
    tokyo = show_at(datetime(2030, 5, 10, 20, 0, tzinfo=UTC), zone="Asia/Tokyo")
    show_at(datetime(2030, 5, 10, 22, 0, tzinfo=UTC), zone="Asia/Tokyo")
    found = shows_today(list(Venue.objects.all()), now=NOON)
    assert [row.show.pk for row in found] == [tokyo.pk, late.pk]


def test_a_cancelled_show_is_not_shown() -> None:
    show = show_at(NOON + timedelta(hours=8))
    Show.objects.filter(pk=show.pk).update(status=Show.Status.CANCELLED, cancelled_at=NOON)
    assert shows_today(list(Venue.objects.all()), now=NOON) == []


def test_takings_stand_beside_those_of_the_same_weekday_until_the_same_time() -> None:
    show = show_at(NOON + timedelta(days=20), currency="GBP")
    for seat, instant in (
        ("A1", NOON - timedelta(hours=1)),
        ("A2", NOON - WEEK - timedelta(hours=2)),
        ("A3", NOON - WEEK + timedelta(hours=4)),
        ("A4", NOON - timedelta(days=1)),
        ("A5", NOON - WEEK - timedelta(days=1)),
    ):
        backdate(confirmed(seat, show=show), instant)
    price = Decimal(250)
    [found] = takings_today([show.screen.venue], now=NOON)
    assert (found.currency, found.today, found.then, found.then_so_far) == ("GBP", price, 2 * price, price)  # fmt: skip
    # 11:00 is five hours after 06:00. The line of today ends now.
    assert found.curve_today == [(0, 0), (300, 0), (315, price), (360, price)]
    assert found.curve_then[-1] == (1440, 2 * price)


def test_takings_of_today_are_those_of_the_report() -> None:
    show = show_at(NOON + timedelta(days=20))
    venue = show.screen.venue
    for seat in ("A1", "A2"):
        backdate(confirmed(seat, show=show), NOON)
    [found] = takings_today([venue], now=NOON)
    day = NOON.date()
    assert found.today == takings(Wanted([venue], day, day, ())).totals["net"] == 500


def test_currencies_stand_apart() -> None:
    for currency in ("GBP", "EUR"):
        show = show_at(NOON + timedelta(days=20), currency=currency)
        backdate(confirmed("A1", show=show), NOON)
    found = takings_today(list(Venue.objects.all()), now=NOON)
    assert [(one.currency, one.today) for one in found] == [("EUR", 250), ("GBP", 250)]


def test_a_house_without_venues_has_no_figures() -> None:
    assert shows_today([]) == [] and takings_today([]) == []


@pytest.mark.parametrize("several", [False, True])
def test_the_figures_need_a_fixed_number_of_queries(django_assert_num_queries, several) -> None:
    for number in range(3 if several else 1):
        show = show_at(NOON + timedelta(hours=number), currency="GBP" if number else "INR")
        backdate(confirmed("A1", show=show), NOON)
    venues = list(Venue.objects.all())
    with django_assert_num_queries(3):
        shows_today(venues, now=NOON)
    with django_assert_num_queries(1):
        takings_today(venues, now=NOON)
