"""A booking by the reference on its tickets and mails."""

import pytest

from bookings.tests.factories import confirmed, held
from eventbooking_system.testing.problems import assert_problem
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/bookings/by-reference/"


def test_the_customer_finds_a_booking_by_its_reference(login) -> None:
    booking = confirmed("A1")
    api = login(booking.user)
    found = api.get(f"{URL}{booking.reference}/")
    assert found.status_code == 200
    assert found.json() == api.get(f"/api/bookings/{booking.pk}/").json()
    typed = booking.reference.replace("-", "").lower()
    assert api.get(f"{URL}{typed}/").json()["id"] == booking.pk
    show = api.get(f"{URL}{booking.reference}/?expand=show").json()["show_details"]
    assert show["id"] == booking.show_id


def test_staff_need_the_permission_to_view_bookings(staff_api) -> None:
    booking = held("A1")
    url = f"{URL}{booking.reference}/"
    assert staff_api("view_booking").get(url).json()["id"] == booking.pk
    assert_problem(staff_api("view_payment").get(url), 404, "not_found")


def test_other_customers_get_the_same_answer_as_for_an_unknown_reference(api, login) -> None:
    booking = held("A1")
    stranger = login(UserFactory())
    answers = [stranger.get(f"{URL}{name}/") for name in (booking.reference, "ZZZZ-ZZZZ", "x")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert_problem(api.get(f"{URL}{booking.reference}/"), 401, "not_authenticated")


def test_the_query_is_checked(login) -> None:
    booking = held("A1")
    api = login(booking.user)
    assert_problem(api.get(f"{URL}{booking.reference}/?all=true"), 400, "invalid")


def test_a_look_up_by_reference_takes_as_many_queries_as_by_id(
    login, django_assert_num_queries
) -> None:
    booking = held("A1", "A2")
    api = login(booking.user)
    api.get(f"{URL}{booking.reference}/")
    with django_assert_num_queries(3):
        api.get(f"{URL}{booking.reference}/")
