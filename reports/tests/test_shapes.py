"""Equal figures by line, whether bookings are counted together or singly."""

import random
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from bookings import checkout
from bookings.models import BookedSeat, Booking, LedgerEntry
from bookings.tests.factories import hold
from eventbooking_system.money import allot
from reports.selectors import Wanted, admissions, takings
from reports.tests.factories import backdate
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import UserFactory
from venues.models import Seat, SeatCategory
from venues.tests.factories import VenueFactory, hall

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
CENT = Decimal("0.01")
START = datetime(2030, 5, 3, 19, 0, tzinfo=UTC)
TERMS = {
    "fee_per_ticket": Decimal("1.11"), "fee_per_booking": Decimal("0.73"), "tax_rate": Decimal(19),
}  # fmt: skip


@pytest.fixture
def show():
    """Return a show whose prices divide amounts into odd parts."""
    screen = hall(venue=VenueFactory(timezone="Europe/London"))
    box = SeatCategory.objects.create(screen=screen, name="Box", position=5)
    Seat.objects.filter(screen=screen, row="B").update(category=box)
    prices = {
        name: {"Adult": Decimal("9.99"), "Child": Decimal("3.33")}
        for name in SeatCategory.objects.filter(screen=screen).values_list("name", flat=True)
    }
    return scheduled_show(screen=screen, start_time=START, currency="GBP", prices=prices, **TERMS)


def week(show, *group_by) -> Wanted:
    return Wanted([show.screen.venue], START.date(), START.date(), group_by)


def sold(show, labels, types):
    ids = seat_ids(show, *labels)
    booking = hold(
        customer=UserFactory(), show_id=show.pk, seat_ids=ids,
        ticket_types=dict(zip(ids, types, strict=True)),
    )  # fmt: skip
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    backdate(booking, START)
    return booking


def sell_some(show) -> None:
    chance = random.Random(8)
    labels = [f"{row}{n}" for row in "AB" for n in range(1, 7)]
    chance.shuffle(labels)
    while labels:
        some = [labels.pop() for _ in range(min(len(labels), chance.choice([1, 2, 3])))]
        booking = sold(show, some, [chance.choice(["Adult", "Child"]) for _ in some])
        if len(some) > 1:
            line = booking.booked_seats.first()
            BookedSeat.objects.filter(pk=line.pk).update(cancelled_at=timezone.now())


def test_admissions_by_line_are_those_of_each_booking_alone(show) -> None:
    sell_some(show)
    expected = defaultdict(Decimal)
    for booking in Booking.objects.filter(status="confirmed"):
        lines = list(booking.booked_seats.select_related("show_seat__seat__category"))
        prices = [line.price for line in lines]
        left = [line.price if line.cancelled_at is None else Decimal(0) for line in lines]
        fees = allot(booking.fees, left, CENT)
        shares = allot(booking.total - booking.fees, prices, CENT)
        for line, share, fee in zip(lines, shares, fees, strict=True):
            if line.cancelled_at is None:
                category = line.show_seat.seat.category.name
                expected[category, line.ticket_type] += share + fee
    found = admissions(week(show, "category", "ticket_type"))
    assert {
        tuple(group.dimensions.values()): group.measures["gross"] for group in found.groups
    } == expected
    by_day = admissions(week(show, "day"))
    assert found.totals == by_day.totals
    assert found.totals["gross"] == sum(expected.values())


def test_equal_bookings_are_one_row_of_the_database(show, django_assert_max_num_queries) -> None:
    """On PostgreSQL, where lines are aggregated in order."""
    for labels in (["A1", "A2"], ["A3", "A4"], ["A5", "A6"]):
        sold(show, labels, ["Adult", "Child"])
    with django_assert_max_num_queries(4) as captured:
        found = admissions(week(show, "ticket_type"))
    assert [group.measures["admissions"] for group in found.groups] == [3, 3]
    if connection.vendor == "postgresql":
        [sql] = [each["sql"] for each in captured if "string_agg" in each["sql"]]
        with connection.cursor() as cursor:
            cursor.execute(sql)
            assert len(cursor.fetchall()) == 1


def test_a_full_refund_leaves_nothing_in_any_group(show) -> None:
    """A refund is divided among the lines as its payment was."""
    booking = sold(show, ["A1", "B1"], ["Adult", "Adult"])
    [captured] = LedgerEntry.objects.filter(booking=booking, kind="captured")
    assert captured.amount % 2 != 0
    LedgerEntry.objects.create(
        booking=booking, payment=captured.payment, kind="refunded", amount=-captured.amount,
        currency="GBP",
    )  # fmt: skip
    backdate(booking, START)
    found = takings(week(show, "category"))
    assert len(found.groups) == 2
    assert {group.measures["net"] for group in found.groups} == {Decimal(0)}
    assert found.totals["payments"] == 1
