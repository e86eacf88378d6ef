"""Seats that new accounts hold from one network: THROTTLE_NEW_ACCOUNTS."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.throttling import SimpleRateThrottle

from bookings.models import Booking, IdempotencyKey
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show, seat_ids
from users import new_accounts
from users.tests.factories import StaffFactory, UserFactory

pytestmark = [pytest.mark.django_db]

SCHOOL = "203.0.113.7"
A_SEAT_EACH = [f"A{number}" for number in range(1, 31)]


@pytest.fixture
def show() -> Show:
    return scheduled_show(rows={"A": 40})


@pytest.fixture(autouse=True)
def _limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let new accounts of one network hold twenty seats an hour."""
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "new_accounts", "20/hour")


@pytest.fixture
def hold(login: Any, show: Show) -> Callable[..., Any]:
    def _hold(*labels: str, user: Any = None, network: str = SCHOOL) -> Any:
        body = {"show_id": show.pk, "seat_ids": seat_ids(show, *labels)}
        client = login(user or UserFactory())
        return client.post("/api/bookings/", body, REMOTE_ADDR=network)

    return _hold


def test_ten_new_accounts_of_one_network_do_not_hold_the_hall(hold, show) -> None:
    answers = [hold(*(f"A{4 * n + seat}" for seat in range(1, 5))) for n in range(10)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 5
    assert_problem(answers[-1], 429, "throttled")
    assert int(answers[-1]["Retry-After"]) > 0
    assert ShowSeat.objects.filter(show=show, status="held").count() == 20
    assert Booking.objects.count() == 5
    assert not IdempotencyKey.objects.exists()


def test_other_networks_are_not_bound(hold) -> None:
    assert hold(*A_SEAT_EACH[:10]).status_code == 201
    assert hold(*A_SEAT_EACH[10:20]).status_code == 201
    assert hold("A31").status_code == 429
    assert hold("A31", network="198.51.100.1").status_code == 201


def test_addresses_of_one_ipv6_network_count_together(hold) -> None:
    assert hold(*A_SEAT_EACH[:10], network="2001:db8::1").status_code == 201
    assert hold(*A_SEAT_EACH[10:20], network="2001:db8::2").status_code == 201
    assert hold("A31", network="2001:db8::3").status_code == 429
    assert hold("A31", network="2001:db8:0:1::1").status_code == 201


def test_accounts_that_are_a_day_old_and_staff_are_not_bound(hold) -> None:
    old = UserFactory(date_joined=timezone.now() - timedelta(days=1, minutes=1))
    staff = StaffFactory()
    assert hold(*A_SEAT_EACH[:10]).status_code == 201
    assert hold(*A_SEAT_EACH[10:20]).status_code == 201
    assert hold("A31", user=old).status_code == 201
    assert hold("A32", user=staff).status_code == 201
    assert hold("A33").status_code == 429


def test_refused_holds_do_not_count(hold) -> None:
    assert hold(*A_SEAT_EACH[:10]).status_code == 201
    for _ in range(5):
        assert hold(*A_SEAT_EACH[:10]).status_code == 409
    assert hold(*A_SEAT_EACH[10:20]).status_code == 201
    assert hold("A31").status_code == 429


def test_best_seats_and_areas_count_as_many_as_are_wanted(login, show) -> None:
    answers = [
        login(UserFactory()).post(
            "/api/bookings/", {"show_id": show.pk, "quantity": 8}, REMOTE_ADDR=SCHOOL
        )
        for _ in range(4)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 429]


def test_the_age_of_accounts_is_read_once_a_minute(django_assert_num_queries) -> None:
    users = UserFactory.create_batch(3)
    with django_assert_num_queries(2):
        assert all(new_accounts.is_new(user.pk) for user in users for _ in range(3))
