"""Visitors at the door: counts, search and door lists."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bookings import services
from bookings.models import Booking, Ticket
from bookings.services import Shown
from bookings.tests.factories import confirmed, show_soon, ticket_of
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.tests.factories import scheduled_show
from users.models import User
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
SHOWS = "/api/bookings/check-in/shows/"
LISTS = ("check-in/find/?search=rao", "door-list.csv", "door-list.pdf")
UNDO = "/api/bookings/check-in/undo/"


@pytest.fixture
def usher(staff_api: Any) -> APIClient:
    return staff_api("check_in_ticket")


@pytest.fixture
def show() -> Show:
    return show_soon()


def booked(show: Show, *labels: str, **person: str) -> Booking:
    user = UserFactory(**person)
    return confirmed(*labels, show=show, customer=user)


def let_in(ticket: Ticket) -> None:
    services.check_in(shown=Shown(ticket.code), by=StaffFactory())


# ---- Counts of visitors


def test_shows_at_the_door_count_expected_and_admitted_visitors(
    usher: APIClient, show: Show
) -> None:
    booking = booked(show, "A1", "A2")
    let_in(ticket_of(booking))
    [listed] = usher.get(SHOWS).json()["results"]
    assert (listed["id"], listed["expected"], listed["checked_in"]) == (show.pk, 2, 1)


def test_cancelled_tickets_are_not_expected(usher: APIClient, show: Show) -> None:
    booking = booked(show, "A1")
    services.cancel_booking(booking_id=booking.pk, cancelled_by=StaffFactory(), in_full=True)
    assert usher.get(SHOWS).json()["results"][0]["expected"] == 0


def test_shows_of_another_venue_another_day_and_cancelled_ones_are_left_out(
    usher: APIClient, show: Show
) -> None:
    scheduled_show(start_time=timezone.now() + timedelta(days=3))
    gone = show_soon()
    services.cancel_show(show_id=gone.pk, cancelled_by=StaffFactory())
    elsewhere = show_soon()
    path = f"{SHOWS}?venue={show.screen.venue_id}"
    assert [row["id"] for row in usher.get(path).json()["results"]] == [show.pk]
    assert {row["id"] for row in usher.get(SHOWS).json()["results"]} == {show.pk, elsewhere.pk}


def test_shows_at_the_door_refuse_an_invalid_venue(usher: APIClient) -> None:
    for wrong in ("x", "0", "-1", "99999999999999999999"):
        assert_problem(usher.get(f"{SHOWS}?venue={wrong}"), 400, "invalid", "venue")
    assert_problem(usher.get(f"{SHOWS}?city=Pune"), 400, "invalid", "city")


def test_shows_at_the_door_take_a_fixed_number_of_queries(
    usher: APIClient, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        booked(show_soon(), "A1")
    usher.get(SHOWS)
    with django_assert_num_queries(5):
        usher.get(SHOWS)


# ---- Search


def find(client: APIClient, show: Show, text: str) -> list[dict[str, Any]]:
    return client.get(f"/api/shows/{show.pk}/check-in/find/", {"search": text}).json()["results"]


@pytest.mark.parametrize("text", ["rao", "ASHA", "Rao Asha", "ash ra"])
def test_find_takes_words_of_the_name(usher: APIClient, show: Show, text: str) -> None:
    booking = booked(show, "A1", "A2", first_name="Asha", last_name="Rao")
    booked(show, "A3", first_name="Meera", last_name="Das")
    [party] = find(usher, show, text)
    assert (party["name"], party["reference"]) == ("Asha Rao", booking.reference)
    assert [ticket["seat"] for ticket in party["tickets"]] == ["A1", "A2"]
    assert party["tickets"][0]["code"] == ticket_of(booking).code


def test_find_takes_the_reference_without_its_dash(usher: APIClient, show: Show) -> None:
    booking = booked(show, "A1")
    for text in (booking.reference, booking.reference.replace("-", "").lower()):
        assert [party["reference"] for party in find(usher, show, text)] == [booking.reference]


def test_find_and_lists_take_the_name_that_staff_typed(usher: APIClient, show: Show) -> None:
    booking = booked(show, "A1", first_name="Asha", last_name="Rao")
    Booking.objects.filter(pk=booking.pk).update(customer_name="Meera Das")
    [party] = find(usher, show, "meera")
    assert (party["name"], party["reference"]) == ("Meera Das", booking.reference)
    assert rows_of(usher, show)[1][0] == "Meera Das"


def test_find_returns_no_visitors_of_another_show(usher: APIClient, show: Show) -> None:
    booked(show_soon(), "A1", first_name="Asha", last_name="Rao")
    assert find(usher, show, "Rao") == []


def test_find_refuses_a_text_that_is_too_short(usher: APIClient, show: Show) -> None:
    path = f"/api/shows/{show.pk}/check-in/find/"
    for query in ("", "?search=", "?search=a"):
        assert_problem(usher.get(f"{path}{query}"), 400, "invalid", "search")


def test_found_code_checks_in(usher: APIClient, show: Show) -> None:
    booked(show, "A1", first_name="Asha", last_name="Rao")
    code = find(usher, show, "Rao")[0]["tickets"][0]["code"]
    body = {"payload": code, "show": show.pk}
    assert usher.post("/api/bookings/check-in/", body).status_code == 200
    assert find(usher, show, "Rao")[0]["tickets"][0]["checked_in_at"]


# ---- Undo, for some minutes


def test_undo_is_refused_when_the_check_in_is_too_old(
    staff_api: Any, show: Show, settings: Any
) -> None:
    ticket = ticket_of(booked(show, "A1"))
    let_in(ticket)
    chief = staff_api("undo_check_in")
    long_ago = timezone.now() - timedelta(minutes=settings.CHECK_IN_UNDO_MINUTES, seconds=5)
    Ticket.objects.filter(pk=ticket.pk).update(checked_in_at=long_ago)
    problem = assert_problem(chief.post(UNDO, {"payload": ticket.code}), 409, "ticket_not_valid")
    assert problem["reason"] == "too_old"
    ticket.refresh_from_db()
    assert ticket.checked_in_at == long_ago
    Ticket.objects.filter(pk=ticket.pk).update(checked_in_at=long_ago + timedelta(seconds=30))
    assert chief.post(UNDO, {"payload": ticket.code}).status_code == 200


# ---- The lists


def rows_of(client: APIClient, show: Show) -> list[list[str]]:
    response = client.get(f"/api/shows/{show.pk}/door-list.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(response.content.decode("utf-8-sig").splitlines()))


def test_csv_lists_visitors_by_name(usher: APIClient, show: Show) -> None:
    late = booked(show, "A1", first_name="meera", last_name="Das")
    early = booked(show, "A2", "A3", first_name="Asha", last_name="Rao")
    let_in(ticket_of(early))
    assert rows_of(usher, show) == [
        ["Name", "Booking", "Seats", "Tickets", "In"],
        ["Asha Rao", early.reference, "A2 A3", "Gold 2", "1/2"],
        ["meera Das", late.reference, "A1", "Gold 1", "no"],
    ]
    let_in(early.tickets.last())
    assert rows_of(usher, show)[1][4] == "yes"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_csv_quotes_a_name_that_would_be_a_formula(usher: APIClient, show: Show, name: str) -> None:
    booking = booked(show, "A1")
    # A name of an older account, from before names were checked.
    User.objects.filter(pk=booking.user_id).update(first_name=name, last_name="")
    assert rows_of(usher, show)[1][0] == f"'{name}"


def test_pdf_has_as_many_pages_as_its_list_needs(usher: APIClient) -> None:
    show = show_soon(rows={"A": 60})
    booked(show, *(f"A{number}" for number in range(1, 11)), first_name="मीरा", last_name="राव")
    response = usher.get(f"/api/shows/{show.pk}/door-list.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="door-list-{show.pk}.pdf"'
    assert response["Cache-Control"] == "private, no-store"
    assert response.content.startswith(b"%PDF") and b"/Count 1" in response.content


def test_lists_of_a_show_that_does_not_exist_are_not_found(usher: APIClient) -> None:
    for name in LISTS:
        assert_problem(usher.get(f"/api/shows/999999/{name}"), 404, "not_found")


# ---- Permissions


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (SHOWS, {"check_in_ticket"}),
        ("/api/shows/{}/check-in/find/?search=rao", {"check_in_ticket"}),
        ("/api/shows/{}/door-list.csv", {"check_in_ticket", "view_booking"}),
        ("/api/shows/{}/door-list.pdf", {"check_in_ticket", "view_booking"}),
    ],
)
def test_visitors_are_shown_only_to_staff_of_the_door(
    path: str, allowed: set[str], staff_api: Any, show: Show
) -> None:
    for permission in ("check_in_ticket", "view_booking", "undo_check_in", "change_show"):
        expected = 200 if permission in allowed else 403
        assert staff_api(permission).get(path.format(show.pk)).status_code == expected


def test_visitors_are_not_shown_to_customers(
    api: APIClient, customer_api: APIClient, show: Show
) -> None:
    for path in (SHOWS, *(f"/api/shows/{show.pk}/{name}" for name in LISTS)):
        assert api.get(path).status_code == 401
        assert customer_api.get(path).status_code == 403
