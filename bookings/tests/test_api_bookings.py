"""Bookings at the API: holds, quotes and cancellations."""

from decimal import Decimal

import pytest

from bookings import selectors
from bookings.models import Booking, PromoCode
from bookings.serializers import BookingResponseSerializer
from bookings.tests.assertions import assert_nothing_written
from bookings.tests.factories import confirmed, held, hold
from eventbooking_system.api.direct_serializer import DirectSerializer
from eventbooking_system.testing.problems import assert_problem
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


URL = "/api/bookings/"


BIG = 2**63


@pytest.mark.parametrize("promo_code", [None, "TEN"])
def test_direct_serializer_of_bookings_answers_like_the_library_s(promo_code) -> None:
    PromoCode.objects.create(code="TEN", percent=10)
    show = scheduled_show()
    booking = hold(
        customer=UserFactory(),
        show_id=show.pk,
        seat_ids=seat_ids(show, "A1", "A2"),
        promo_code=promo_code,
    )
    booking = selectors.bookings_with_details().get(pk=booking.pk)
    serializer = BookingResponseSerializer()
    answer = serializer.to_representation(booking)
    assert answer == super(DirectSerializer, serializer).to_representation(booking)
    assert answer["promo_code"] == promo_code


@pytest.mark.sqlite
def test_hold_is_answered_as_the_contract_says(customer_api, customer) -> None:
    show = scheduled_show(prices={"Gold": {"Adult": Decimal(250), "Child": Decimal(150)}})
    wanted = seat_ids(show, "A1", "A2")
    answer = customer_api.post(URL, {"show_id": show.pk, "seat_ids": wanted[::-1]})
    assert answer.status_code == 201
    body = answer.json()
    booking = Booking.objects.get()
    assert body["reference"] == booking.reference
    assert (len(body["reference"]), body["reference"][4]) == (9, "-")
    assert (body["user"], body["show"], body["status"]) == (customer.pk, show.pk, "pending")
    assert body["seat_ids"] == wanted
    assert body["seats"][0] == {
        "seat_id": wanted[0], "section": "", "row": "A", "number": "1", "category": "Gold",
        "ticket_type": "Adult", "price": "250.00",
    }  # fmt: skip
    amounts = ("subtotal", "discount", "fees", "tax", "total", "currency", "amount_refunded")
    expected = ["500.00", "0.00", "0.00", "0.00", "500.00", "INR", "0.00"]
    assert [body[name] for name in amounts] == expected
    assert customer_api.get(f"{URL}{body['id']}/").json() == body


def test_amounts_of_a_booking_have_their_currency_s_digits(customer_api) -> None:
    for currency, price, written in (("JPY", "1800", "1800"), ("KWD", "4.5", "4.500")):
        show = scheduled_show(price=price, currency=currency)
        body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
        assert customer_api.post(URL, body).json()["total"] == written


def test_hold_takes_the_best_seats_in_one_request(customer_api) -> None:
    show = scheduled_show()
    answer = customer_api.post(URL, {"show_id": show.pk, "quantity": 2, "category": "Gold"})
    assert answer.status_code == 201
    assert len(answer.json()["seat_ids"]) == 2
    refused = customer_api.post(URL, {"show_id": show.pk, "quantity": 2, "category": "Silver"})
    assert_problem(refused, 409, "not_enough_seats")


def test_hold_needs_a_login(api) -> None:
    show = scheduled_show()
    answer = api.post(URL, {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")})
    assert_problem(answer, 401, "not_authenticated")
    assert_nothing_written()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"show_id": None}, "show_id"),
        ({"show_id": "7"}, "show_id"),
        ({"show_id": True}, "show_id"),
        ({"show_id": 1.0}, "show_id"),
        ({"show_id": -1}, "show_id"),
        ({"show_id": BIG}, "show_id"),
        ({"show_id": 10**30}, "show_id"),
        ({"show_id": [1]}, "show_id"),
        ({"show_id": 999_999}, "show_id"),
        ({"seat_ids": []}, "seat_ids"),
        ({"seat_ids": None}, "seat_ids"),
        ({"seat_ids": 5}, "seat_ids"),
        ({"seat_ids": "11"}, "seat_ids"),
        ({"seat_ids": {"0": 1}}, "seat_ids"),
        ({"seat_ids": ["11"]}, "seat_ids.0"),
        ({"seat_ids": [True]}, "seat_ids.0"),
        ({"seat_ids": [1.5]}, "seat_ids.0"),
        ({"seat_ids": [None]}, "seat_ids.0"),
        ({"seat_ids": [-1]}, "seat_ids.0"),
        ({"seat_ids": [BIG]}, "seat_ids.0"),
        ({"seat_ids": [3, 3]}, "seat_ids"),
        ({"seat_ids": list(range(1, 600))}, "seat_ids"),
        ({"quantity": 2}, "quantity"),
        ({"status": "confirmed"}, "status"),
        ({"user": 1}, "user"),
        ({"ticket_types": {"9" * 19: "Child"}}, "ticket_types"),
        ({"ticket_types": {"x": "Child"}}, "ticket_types.x"),
        ({"ticket_types": {"1": 5}}, "ticket_types.1"),
        ({"ticket_types": {"1": {"Child": 1}}}, "ticket_types.1"),
        ({"ticket_types": {"1": "Adult", "01": "Child"}}, "ticket_types.01"),
        ({"ticket_types": {"Floor": {"Child": 0}}}, "ticket_types.Floor.Child"),
        ({"areas": {}}, "areas"),
        ({"areas": ["Floor"]}, "areas"),
        ({"areas": {"Floor": 0}}, "areas.Floor"),
        ({"areas": {"Floor": "1"}}, "areas.Floor"),
        ({"areas": {"Floor": 1}}, "areas.Floor"),
        ({"areas": {"": 1}}, "areas"),
        ({"ticket_types": ["Child"]}, "ticket_types"),
    ],
)
def test_invalid_hold_is_refused_by_field_and_not_written(customer_api, change, field) -> None:
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), **change}
    assert_problem(customer_api.post(URL, body), 400, "invalid", field)
    assert_nothing_written()


@pytest.mark.parametrize("missing", ["show_id", "seat_ids"])
def test_hold_without_a_field_is_refused_by_its_name(customer_api, missing: str) -> None:
    body = {"show_id": 1, "seat_ids": [1]}
    del body[missing]
    problem = assert_problem(customer_api.post(URL, body), 400, "invalid", missing)
    assert problem["errors"][0]["code"] == "required"


@pytest.mark.parametrize("quantity", [0, -1, "2", True, 1.5, 10**20])
def test_hold_refuses_a_quantity_that_is_not_positive(customer_api, quantity) -> None:
    body = {"show_id": scheduled_show().pk, "quantity": quantity}
    assert_problem(customer_api.post(URL, body), 400, "invalid", "quantity")
    assert_nothing_written()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"7", b'"x"'])
def test_hold_refuses_a_body_that_is_not_an_object(customer_api, body: bytes) -> None:
    answer = customer_api.post(URL, body, content_type="application/json")
    assert_problem(answer, 400, "invalid")
    assert_nothing_written()


@pytest.mark.parametrize("body", [b"{", b'{"show_id": NaN}', b"\xff"])
def test_hold_refuses_a_body_that_is_not_json_each_time(customer_api, body: bytes) -> None:
    for _ in range(2):
        answer = customer_api.post(
            URL, body, content_type="application/json", headers={"Idempotency-Key": "k"}
        )
        assert_problem(answer, 400, "parse_error")
    assert answer["Idempotent-Replayed"] == "true"
    assert_nothing_written()


def test_quote_holds_no_seat(customer_api) -> None:
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1", "A2")}
    quote = customer_api.post(f"{URL}quote/", body)
    assert quote.status_code == 200
    assert_nothing_written()
    booking = customer_api.post(URL, body).json()
    assert quote.json() == {name: booking[name] for name in quote.json()}


@pytest.mark.sqlite
def test_cancel_releases_the_seats(customer_api, customer) -> None:
    booking = held(customer=customer)
    answer = customer_api.post(f"{URL}{booking.pk}/cancel/", {"reason": "ill"})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    again = customer_api.post(f"{URL}{booking.pk}/cancel/", {})
    problem = assert_problem(again, 409, "invalid_transition")
    assert problem["booking_status"] == "cancelled"


@pytest.mark.sqlite
def test_a_cancelled_booking_that_was_paid_says_what_was_refunded(customer_api, customer) -> None:
    booking = confirmed(customer=customer)
    body = customer_api.post(f"{URL}{booking.pk}/cancel/").json()
    assert body["amount_refunded"] == body["total"] == "500.00"
    payment = customer_api.get(f"{URL}{booking.pk}/payments/").json()[0]
    assert (payment["status"], payment["amount_refunded"]) == ("refunded", "500.00")


@pytest.mark.parametrize(
    "body", [{"reason": 5}, {"reason": "x" * 501}, {"reason": "\x00"}, {"why": ""}]
)
def test_cancel_refuses_invalid_input(customer_api, customer, body) -> None:
    booking = held(customer=customer)
    assert_problem(customer_api.post(f"{URL}{booking.pk}/cancel/", body), 400, "invalid")
    booking.refresh_from_db()
    assert booking.status == "pending"


def test_calendar_of_a_booking_has_its_reference(customer_api, customer) -> None:
    booking = held(customer=customer)
    answer = customer_api.get(f"{URL}{booking.pk}/calendar.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    assert booking.reference.encode() in answer.content


def test_allow_is_sent_with_405_and_options_only(customer_api) -> None:
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    for answer in (customer_api.put(URL, body), customer_api.options(URL)):
        assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert "Allow" not in customer_api.post(URL, body)
