"""Bookings with their shows in one request."""

import pytest

from bookings.tests.factories import held
from eventbooking_system.testing.problems import assert_problem

pytestmark = pytest.mark.django_db
URL = "/api/bookings/"


def test_expand_adds_the_show_as_the_list_of_shows_has_it(api, customer_api, customer) -> None:
    booking = held(customer=customer)
    (listed,) = api.get("/api/shows/").json()["results"]
    (expanded,) = customer_api.get(URL, {"expand": "show"}).json()["results"]
    assert expanded["show_details"] == listed
    one = customer_api.get(f"{URL}{booking.pk}/", {"expand": "show"}).json()
    assert (one["show"], one["show_details"]) == (booking.show_id, listed)


def test_bookings_have_no_show_details_unless_asked_for(customer_api, customer) -> None:
    booking = held(customer=customer)
    assert "show_details" not in customer_api.get(URL).json()["results"][0]
    assert "show_details" not in customer_api.get(f"{URL}{booking.pk}/").json()


def test_an_expanded_list_takes_a_fixed_number_of_queries(
    customer_api, customer, django_assert_max_num_queries
) -> None:
    for _ in range(5):
        held(customer=customer)
    customer_api.get(URL, {"expand": "show"})  # SQLite asks once a connection what it can do.
    with django_assert_max_num_queries(6):
        assert len(customer_api.get(URL, {"expand": "show"}).json()["results"]) == 5


def test_expand_refuses_what_it_cannot_expand(customer_api, customer) -> None:
    booking = held(customer=customer)
    for url in (URL, f"{URL}{booking.pk}/"):
        assert_problem(customer_api.get(url, {"expand": "user"}), 400, "invalid", "expand")
