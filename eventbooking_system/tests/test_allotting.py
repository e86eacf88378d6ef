"""The division of amounts and the business days, without a database."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbooking_system.money import allot
from venues.business_days import Calendar

CENT = Decimal("0.01")
amounts = st.decimals(min_value=-(10**6), max_value=10**6, places=2)
weights = st.lists(st.decimals(min_value=0, max_value=10**4, places=2), min_size=1, max_size=12)


@settings(deadline=None)
@given(amounts, weights)
def test_parts_add_up_to_the_amount_and_are_within_a_step_of_their_share(amount, given_weights):
    parts = allot(amount, given_weights, CENT)
    assert sum(parts) == amount
    whole = sum(given_weights)
    if whole:
        for part, weight in zip(parts, given_weights, strict=True):
            assert abs(part - amount * weight / whole) < CENT


def test_the_largest_remainders_get_what_is_left():
    parts = allot(Decimal("10.00"), [Decimal(1), Decimal(1), Decimal(1)], CENT)
    assert parts == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
    assert allot(Decimal(10), [Decimal(0), Decimal(0)], Decimal(1)) == [5, 5]


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2030, 5, 2, 0, 30, tzinfo=UTC), date(2030, 5, 1)),
        (datetime(2030, 5, 2, 4, 59, tzinfo=UTC), date(2030, 5, 1)),
        (datetime(2030, 5, 2, 5, 0, tzinfo=UTC), date(2030, 5, 2)),
        # The days of 23 and 25 hours in London end at 06:00 on its clocks as well.
        (datetime(2030, 3, 31, 4, 59, tzinfo=UTC), date(2030, 3, 30)),
        (datetime(2030, 3, 31, 5, 0, tzinfo=UTC), date(2030, 3, 31)),
        (datetime(2030, 10, 27, 5, 59, tzinfo=UTC), date(2030, 10, 26)),
        (datetime(2030, 10, 27, 6, 0, tzinfo=UTC), date(2030, 10, 27)),
    ],
)
def test_a_business_day_begins_at_six_on_the_venues_clocks(instant, day):
    assert Calendar("Europe/London", time(6), 4).day_of(instant) == day


def test_a_film_week_begins_on_the_venues_weekday():
    calendar = Calendar("Europe/London", time(6), 4)
    assert calendar.week_of(date(2030, 5, 3)) == date(2030, 5, 3)
    assert calendar.week_of(date(2030, 5, 9)) == date(2030, 5, 3)
    assert calendar.week_of(date(2030, 5, 2)) == date(2030, 4, 26)
