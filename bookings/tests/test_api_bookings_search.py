"""Finding bookings in the list by what people type."""

import pytest

from bookings.tests.factories import held
from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/bookings/"


@pytest.mark.parametrize("typed", ["{}", " {} ", "lower", "no dash"])
def test_list_finds_a_booking_by_its_reference_as_people_type_it(
    customer_api, customer, typed
) -> None:
    wanted = held(customer=customer)
    held(customer=customer)
    text = wanted.reference
    typed = {"lower": text.lower(), "no dash": text.replace("-", "")}.get(typed, typed.format(text))
    for name in ("reference", "search"):
        found = customer_api.get(URL, {name: typed}).json()["results"]
        assert [booking["id"] for booking in found] == [wanted.pk], name


def test_list_finds_bookings_by_words_of_event_venue_and_customer(login) -> None:
    wanted = held(customer=UserFactory(last_name="Okafor"), event=EventFactory(title="Lagaan"))
    held(customer=UserFactory(), event=EventFactory(title="Lagaan"))
    boss = login(StaffFactory())
    for words, count in (("lagaan", 2), ("okafor LAGAAN", 1), (wanted.user.email, 1), ("zzz", 0)):
        found = boss.get(URL, {"all": "true", "search": words}).json()
        assert found["count"] == count, words


@pytest.mark.sqlite
def test_list_finds_names_and_titles_in_every_spelling(login) -> None:
    customer = UserFactory(first_name="Zoë", last_name="Łukasiewicz")
    held(customer=customer, event=EventFactory(title="Amélie"))
    boss = login(StaffFactory())
    for words in ("zoe lukasiewicz", "ZOË", "ŁUKASIEWICZ", "amelie zoe", "AMÉLIE"):
        assert boss.get(URL, {"all": "true", "search": words}).json()["count"] == 1, words
    customer.first_name = customer.last_name = ""
    customer.save(update_fields=["first_name", "last_name"])
    assert boss.get(URL, {"all": "true", "search": "zoe"}).json()["count"] == 0


def test_a_search_for_too_many_words_is_refused(customer_api) -> None:
    answer = customer_api.get(URL, {"search": "a b c d e f g h i j k"})
    assert_problem(answer, 400, "invalid", "search")


def test_search_finds_nobody_else_s_bookings(customer_api) -> None:
    other = held()
    for name in ("reference", "search"):
        assert customer_api.get(URL, {name: other.reference}).json()["count"] == 0
