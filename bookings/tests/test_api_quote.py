"""Quotes without a login."""

import pytest

from bookings.models import PromoCode
from bookings.tests.assertions import assert_nothing_written
from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from shows.tests.factories import scheduled_show, seat_ids

pytestmark = pytest.mark.django_db
URL = "/api/bookings/"


def test_quote_needs_no_login_and_holds_nothing(api, customer_api) -> None:
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1", "A2")}
    quoted = api.post(f"{URL}quote/", body)
    assert quoted.status_code == 200
    assert quoted.json() == customer_api.post(f"{URL}quote/", body).json()
    assert quoted.json()["total"] == "500.00"
    assert_nothing_written()


def test_quote_without_a_login_takes_a_promo_code_with_a_limit_per_customer(api) -> None:
    PromoCode.objects.create(code="ONCE", percent=10, max_uses_per_customer=1)
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), "promo_code": "once"}
    assert api.post(f"{URL}quote/", body).json()["discount"] == "25.00"


def test_quote_without_a_login_does_not_reveal_an_unpublished_show(api) -> None:
    show = scheduled_show(event=EventFactory(is_published=False))
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    assert_problem(api.post(f"{URL}quote/", body), 400, "invalid", "show_id")
