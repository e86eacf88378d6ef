"""The rules of ticket types, at each way to book."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import BookedSeat, Booking
from bookings.tests.factories import held, run_out
from eventbooking_system.testing.problems import assert_problem
from eventbooking_system.testing.races import run_at_once
from shows.models import ShowSeat, TicketType
from shows.services import save_ticket_type
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/bookings/"
PRICES = {"Gold": {"Adult": Decimal(250), "Child": Decimal(150), "Carer": Decimal(0)}}


@pytest.fixture
def show():
    return scheduled_show(prices=PRICES, fee_per_ticket=Decimal(20), fee_per_booking=Decimal(5))


@pytest.fixture
def adult(db):
    return save_ticket_type(code="adult", name="Adult")


def rules(name, **fields):
    return save_ticket_type(code=fields.pop("code", name.lower()), name=name, **fields)


def body(show, *types):
    """
    Return a booking's body with a ticket of each of these types.

    Their seats are A1, A2 and so on.
    """
    ids = seat_ids(show, *(f"A{number}" for number, _ in enumerate(types, 1)))
    return {
        "show_id": show.pk,
        "seat_ids": ids,
        "ticket_types": {str(i): kind for i, kind in zip(ids, types, strict=True)},
    }


def refusals(api, show, *types):
    """Return the refused fields of a quote and a booking. Both write nothing."""
    found = set()
    for path in (f"{URL}quote/", URL):
        problem = assert_problem(api.post(path, body(show, *types)), 400, "invalid")
        found |= {(error["field"], error["detail"]) for error in problem["errors"]}
    assert not Booking.objects.exists() and not BookedSeat.objects.exists()
    assert set(ShowSeat.objects.values_list("status", flat=True)) == {"available"}
    [(field, detail)] = found
    return field, detail


def test_a_child_needs_an_adult_in_the_same_booking(customer_api, show, adult) -> None:
    rules("Child", needs=adult, per_needed=2)
    third = f"ticket_types.{seat_ids(show, 'A4')[0]}"
    first = f"ticket_types.{seat_ids(show, 'A1')[0]}"
    assert refusals(customer_api, show, "Child") == (
        first, "“Child” needs a ticket “Adult” for every 2.",
    )  # fmt: skip
    assert refusals(customer_api, show, "Adult", "Child", "Child", "Child")[0] == third
    answer = customer_api.post(URL, body(show, "Adult", "Child", "Child"))
    assert answer.status_code == 201, answer.content


def test_the_needed_ticket_may_have_the_default_type(customer_api, show, adult) -> None:
    rules("Child", needs=adult)
    ids = seat_ids(show, "A1", "A2")
    request = {"show_id": show.pk, "seat_ids": ids, "ticket_types": {str(ids[1]): "Child"}}
    assert customer_api.post(URL, request).status_code == 201


def test_a_carer_is_free_and_carries_no_fee(customer_api, show, adult) -> None:
    rules("Carer", needs=adult, no_fee=True)
    assert refusals(customer_api, show, "Carer")[1] == (
        "Each “Carer” needs a ticket “Adult” in the same booking."
    )
    quoted = customer_api.post(f"{URL}quote/", body(show, "Adult", "Carer")).json()
    booked = customer_api.post(URL, body(show, "Adult", "Carer")).json()
    for amounts in (quoted, booked):
        assert (amounts["subtotal"], amounts["fees"]) == ("250.00", "25.00")
        assert amounts["total"] == "275.00"


def test_a_type_has_a_minimum_and_a_maximum_in_a_booking(customer_api, show) -> None:
    rules("Child", min_per_booking=2, max_per_booking=3)
    first, last = (f"ticket_types.{seat}" for seat in seat_ids(show, "A1", "A4"))
    assert refusals(customer_api, show, "Child") == (
        first, "“Child” is sold from 2 tickets on.",
    )  # fmt: skip
    assert refusals(customer_api, show, *["Child"] * 4) == (
        last, "A booking has at most 3 tickets “Child”.",
    )  # fmt: skip
    assert customer_api.post(URL, body(show, "Adult")).status_code == 201
    ids = seat_ids(show, "B1", "B2")
    request = {"show_id": show.pk, "seat_ids": ids, "ticket_types": {str(i): "Child" for i in ids}}
    assert customer_api.post(URL, request).status_code == 201


def test_a_type_of_the_box_office_is_not_sold_on_the_web(customer_api, boss_api, show) -> None:
    rules("Child", on_web=False)
    for api in (customer_api, boss_api):
        field, detail = refusals(api, show, "Adult", "Child")
        assert field == f"ticket_types.{seat_ids(show, 'A2')[0]}"
        assert detail == "“Child” is sold at the box office only."


def test_staff_ask_for_the_price_at_the_counter(boss_api, customer_api, api, show) -> None:
    rules("Child", on_web=False)
    rules("Adult", at_box_office=False)
    asked = {**body(show, "Child"), "sales_channel": "box_office"}
    assert boss_api.post(f"{URL}quote/", asked).json()["total"] == "175.00"
    for client in (customer_api, api):
        problem = client.post(f"{URL}quote/", asked)
        assert_problem(problem, 400, "invalid", field="sales_channel")
    online = {**body(show, "Adult"), "sales_channel": "box_office"}
    problem = assert_problem(boss_api.post(f"{URL}quote/", online), 400, "invalid")
    assert problem["errors"][0]["detail"] == "“Adult” is sold online only."


def test_the_default_type_has_its_rules_when_no_type_is_named(customer_api, show) -> None:
    rules("Adult", max_per_booking=1)
    ids = seat_ids(show, "A1", "A2")
    for wanted in ({"seat_ids": ids}, {"quantity": 2}):
        response = customer_api.post(URL, {"show_id": show.pk, **wanted})
        problem = assert_problem(response, 400, "invalid")
        assert problem["errors"][0]["field"].startswith("ticket_types.")
    assert not Booking.objects.exists()


def test_a_price_may_name_the_code_of_its_type(customer_api, show) -> None:
    rules("A child under 12", code="Child", max_per_booking=1)
    assert refusals(customer_api, show, "Child", "Child")[1] == (
        "A booking has at most 1 tickets “Child”."
    )


def test_a_venue_s_own_type_comes_before_that_of_every_venue(customer_api, show) -> None:
    rules("Child", max_per_booking=1)
    save_ticket_type(venue=show.screen.venue, code="child", name="Child")
    assert customer_api.post(URL, body(show, "Child", "Child")).status_code == 201


def test_the_type_of_another_venue_has_no_effect(customer_api, show) -> None:
    save_ticket_type(venue=scheduled_show().screen.venue, code="child", name="Child", on_web=False)
    assert customer_api.post(URL, body(show, "Child")).status_code == 201


@pytest.mark.sqlite
def test_a_type_is_limited_within_a_show_and_ended_holds_give_it_back(
    customer_api, login, show
) -> None:
    rules("Child", max_per_show=2)
    held("B1", show=show)  # An adult does not count.
    first = customer_api.post(URL, body(show, "Child", "Child"))
    assert first.status_code == 201
    other, [seat] = login(UserFactory()), seat_ids(show, "B3")
    wanted = {"show_id": show.pk, "seat_ids": [seat], "ticket_types": {str(seat): "Child"}}
    problem = assert_problem(other.post(URL, wanted), 400, "invalid", field=f"ticket_types.{seat}")
    assert problem["errors"][0]["detail"] == "For “Child”, 0 tickets are left in this show."
    run_out(Booking.objects.get(pk=first.json()["id"]))
    assert other.post(URL, wanted).status_code == 201


@pytest.mark.sqlite
def test_a_hold_with_rules_takes_no_further_statement(
    customer_api, show, adult, django_assert_max_num_queries
) -> None:
    plain = body(show, "Adult")
    with CaptureQueriesContext(connection) as before:
        assert customer_api.post(URL, plain).status_code == 201
    rules("Child", needs=adult, max_per_booking=4)
    ids = seat_ids(show, "B1", "B2")
    request = {"show_id": show.pk, "seat_ids": ids, "ticket_types": {str(ids[1]): "Child"}}
    with django_assert_max_num_queries(len(before)):
        assert customer_api.post(URL, request).status_code == 201


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_two_buyers_at_once_do_not_exceed_the_limit_of_a_show(login, show) -> None:
    rules("Child", max_per_show=1)
    clients = [login(UserFactory()) for _ in range(4)]
    ids = seat_ids(show, "A1", "A3", "A5", "B1")

    def buy(client, seat):
        wanted = {"show_id": show.pk, "seat_ids": [seat], "ticket_types": {str(seat): "Child"}}
        return client.post(URL, wanted).status_code

    calls = [lambda c=c, s=s: buy(c, s) for c, s in zip(clients, ids, strict=True)]
    assert sorted(run_at_once(calls)) == [201, 400, 400, 400]
    assert BookedSeat.objects.filter(ticket_type="Child").count() == 1


def test_the_rules_of_a_deleted_type_end(customer_api, boss_api, show) -> None:
    kind = rules("Child", max_per_booking=1)
    assert boss_api.delete(f"/api/shows/ticket-types/{kind.pk}/").status_code == 204
    assert not TicketType.objects.exists()
    assert customer_api.post(URL, body(show, "Child", "Child")).status_code == 201
