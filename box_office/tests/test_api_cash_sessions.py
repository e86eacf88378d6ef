from typing import Any

import pytest
from rest_framework.test import APIClient

from box_office.models import CashMovement, CashSession
from box_office.tests.factories import cash_session
from eventbooking_system.testing.problems import assert_problem
from shows.tests.factories import scheduled_show
from venues.models import Venue
from venues.tests.factories import VenueFactory

pytestmark = pytest.mark.django_db
SESSIONS = "/api/box-office/cash-sessions/"


@pytest.fixture
def venue() -> Venue:
    return VenueFactory()


@pytest.fixture
def till(staff_api: Any) -> APIClient:
    return staff_api("sell")


def opening(venue: Venue) -> dict[str, Any]:
    return {
        "venue": venue.pk, "station": "Foyer 1", "currency": "INR", "opening_float": "100.00",
    }  # fmt: skip


def test_open_answers_the_x_report_of_an_empty_drawer(till: APIClient, venue: Venue) -> None:
    response = till.post(SESSIONS, opening(venue))
    assert response.status_code == 201
    report = response.json()
    assert (report["status"], report["expected"], report["number"]) == ("open", "100.00", None)
    assert report["counted"] is report["difference"] is report["closed_at"] is None
    assert till.get(f"{SESSIONS}{report['id']}/").json() == report


def test_open_refuses_a_second_session_of_a_station(till: APIClient, venue: Venue) -> None:
    first = till.post(SESSIONS, opening(venue)).json()["id"]
    document = assert_problem(till.post(SESSIONS, opening(venue)), 409, "cash_session_open")
    assert document["cash_session"] == first
    assert CashSession.objects.count() == 1
    assert till.post(SESSIONS, opening(venue) | {"station": "Foyer 2"}).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"opening_float": "100.005"}, "opening_float"),
        ({"opening_float": "-1"}, "opening_float"),
        ({"opening_float": 100}, "opening_float"),
        ({"currency": "XXX"}, "currency"),
        ({"venue": 999_999}, "venue"),
        ({"station": ""}, "station"),
        ({"number": 7}, "number"),
    ],
)
def test_open_refuses_bad_input_by_field(
    till: APIClient, venue: Venue, changes: dict[str, Any], field: str
) -> None:
    assert_problem(till.post(SESSIONS, opening(venue) | changes), 400, "invalid", field)
    assert not CashSession.objects.exists()


def test_open_repeats_its_first_answer_for_the_same_key(till: APIClient, venue: Venue) -> None:
    first = till.post(SESSIONS, opening(venue), HTTP_IDEMPOTENCY_KEY="k")
    second = till.post(SESSIONS, opening(venue), HTTP_IDEMPOTENCY_KEY="k")
    assert second.json() == first.json()
    assert second["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("method", ["get", "post"])
def test_cash_sessions_are_closed_to_all_but_sellers(
    method: str, api: APIClient, customer_api: APIClient, staff_api: Any, venue: Venue
) -> None:
    for client, status in ((api, 401), (customer_api, 403), (staff_api("view_cashsession"), 403)):
        assert getattr(client, method)(SESSIONS, opening(venue)).status_code == status
    assert not CashSession.objects.exists()


def test_movements_change_the_cash_expected(till: APIClient) -> None:
    path = f"{SESSIONS}{cash_session().pk}/"
    for kind, amount in (("float_in", "50.00"), ("drop", "30.00"), ("payout", "5.00"),
                         ("adjustment", "-1.00")):  # fmt: skip
        movement = {"kind": kind, "amount": amount, "reason": "counted"}
        assert till.post(f"{path}movements/", movement).status_code == 201
    assert till.get(path).json()["expected"] == "114.00"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "-1.00"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"kind": "sale"}, "kind"),
        ({"reason": ""}, "reason"),
    ],
)
def test_movements_refuse_bad_input_by_field(
    till: APIClient, changes: dict[str, Any], field: str
) -> None:
    path = f"{SESSIONS}{cash_session().pk}/movements/"
    movement = {"kind": "drop", "amount": "1.00", "reason": "safe", **changes}
    assert_problem(till.post(path, movement), 400, "invalid", field)
    assert not CashMovement.objects.exists()


def test_close_writes_the_z_report(till: APIClient) -> None:
    session = cash_session()
    response = till.post(f"{SESSIONS}{session.pk}/close/", {"counted": "99.50"})
    assert response.status_code == 200
    report = response.json()
    assert (report["status"], report["number"], report["difference"]) == ("closed", 1, "-0.50")
    assert len(report["digest"]) == 64
    assert report["previous_digest"] == ""


def test_z_reports_of_a_station_are_numbered_and_chained(till: APIClient, venue: Venue) -> None:
    reports = []
    for _ in range(3):
        session = cash_session(venue=venue)
        closing = till.post(f"{SESSIONS}{session.pk}/close/", {"counted": "100.00"})
        reports.append(closing.json())
    assert [report["number"] for report in reports] == [1, 2, 3]
    assert [report["previous_digest"] for report in reports[1:]] == [
        report["digest"] for report in reports[:2]
    ]
    other = cash_session(venue=venue, station="Foyer 2")
    assert till.post(f"{SESSIONS}{other.pk}/close/", {"counted": "1"}).json()["number"] == 1


def test_a_closed_session_refuses_every_change(till: APIClient) -> None:
    path = f"{SESSIONS}{cash_session().pk}/"
    report = till.post(f"{path}close/", {"counted": "100.00"}).json()
    movement = {"kind": "drop", "amount": "1.00", "reason": "safe"}
    assert_problem(till.post(f"{path}movements/", movement), 409, "cash_session_closed")
    assert_problem(till.post(f"{path}close/", {"counted": "1.00"}), 409, "cash_session_closed")
    assert till.get(path).json() == report


def test_report_pdf_is_one_page_of_80_mm(till: APIClient) -> None:
    session = cash_session()
    till.post(f"{SESSIONS}{session.pk}/close/", {"counted": "100.00"})
    response = till.get(f"{SESSIONS}{session.pk}/report.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert b"/MediaBox [ 0 0 226.7717" in response.content


def test_list_finds_the_open_sessions_of_the_caller(
    till: APIClient, django_assert_num_queries: Any
) -> None:
    cash_session(station="Foyer 2")
    own = till.post(SESSIONS, opening(VenueFactory())).json()["id"]
    with django_assert_num_queries(4):
        found = till.get(f"{SESSIONS}?open=true&mine=true").json()
    assert [session["id"] for session in found["results"]] == [own]
    assert_problem(till.get(f"{SESSIONS}?till=1"), 400, "invalid", "till")


def test_open_refuses_a_currency_that_no_show_of_the_venue_uses(till: APIClient) -> None:
    venue = scheduled_show(currency="INR").screen.venue
    euros = opening(venue) | {"currency": "EUR"}
    assert_problem(till.post(SESSIONS, euros), 400, "invalid", "currency")
    assert not CashSession.objects.exists()
    assert till.post(SESSIONS, opening(venue)).status_code == 201
