"""Bookings at the API: holding, listing, permissions and cancelling."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from bookings import selectors
from bookings.models import Booking, PromoCode, Ticket
from bookings.serializers import BookingResponseSerializer
from bookings.tests.assertions import assert_nothing_written
from bookings.tests.factories import confirmed, held, hold, run_out
from eventbooking_system.api.direct_serializer import DirectSerializer
from eventbooking_system.testing.problems import assert_problem
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory, UserFactory, staff_with

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


@pytest.fixture
def client(customer, login):
    return login(customer)


@pytest.mark.sqlite
def test_hold_is_answered_as_the_contract_says(client, customer) -> None:
    show = scheduled_show(prices={"Gold": {"Adult": Decimal(250), "Child": Decimal(150)}})
    wanted = seat_ids(show, "A1", "A2")
    answer = client.post(URL, {"show_id": show.pk, "seat_ids": wanted[::-1]})
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
    assert client.get(f"{URL}{body['id']}/").json() == body


def test_amounts_of_a_booking_have_their_currency_s_digits(client) -> None:
    for currency, price, written in (("JPY", "1800", "1800"), ("KWD", "4.5", "4.500")):
        show = scheduled_show(price=price, currency=currency)
        body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
        assert client.post(URL, body).json()["total"] == written


def test_hold_takes_the_best_seats_in_one_request(client) -> None:
    show = scheduled_show()
    answer = client.post(URL, {"show_id": show.pk, "quantity": 2, "category": "Gold"})
    assert answer.status_code == 201
    assert len(answer.json()["seat_ids"]) == 2
    refused = client.post(URL, {"show_id": show.pk, "quantity": 2, "category": "Silver"})
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
def test_invalid_hold_is_refused_by_field_and_not_written(client, change, field) -> None:
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), **change}
    assert_problem(client.post(URL, body), 400, "invalid", field)
    assert_nothing_written()


@pytest.mark.parametrize("missing", ["show_id", "seat_ids"])
def test_hold_without_a_field_is_refused_by_its_name(client, missing: str) -> None:
    body = {"show_id": 1, "seat_ids": [1]}
    del body[missing]
    problem = assert_problem(client.post(URL, body), 400, "invalid", missing)
    assert problem["errors"][0]["code"] == "required"


@pytest.mark.parametrize("quantity", [0, -1, "2", True, 1.5, 10**20])
def test_hold_refuses_a_quantity_that_is_not_positive(client, quantity) -> None:
    body = {"show_id": scheduled_show().pk, "quantity": quantity}
    assert_problem(client.post(URL, body), 400, "invalid", "quantity")
    assert_nothing_written()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"7", b'"x"'])
def test_hold_refuses_a_body_that_is_no_object(client, body: bytes) -> None:
    answer = client.post(URL, body, content_type="application/json")
    assert_problem(answer, 400, "invalid")
    assert_nothing_written()


@pytest.mark.parametrize("body", [b"{", b'{"show_id": NaN}', b"\xff"])
def test_hold_refuses_a_body_that_is_no_json_each_time(client, body: bytes) -> None:
    for _ in range(2):
        answer = client.post(
            URL, body, content_type="application/json", headers={"Idempotency-Key": "k"}
        )
        assert_problem(answer, 400, "parse_error")
    assert answer["Idempotent-Replayed"] == "true"
    assert_nothing_written()


def test_another_customer_s_booking_is_answered_like_a_missing_one(client) -> None:
    theirs = held()
    other, missing = f"{URL}{theirs.pk}/", f"{URL}{theirs.pk + 1000}/"
    before = Booking.objects.values().get()
    for path in ("", "payments/", "calendar.ics"):
        answers = [client.get(url + path) for url in (other, missing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    for path in ("cancel/", "payments/"):
        answers = [client.post(url + path, {}) for url in (other, missing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert Booking.objects.values().get() == before


@pytest.mark.sqlite
def test_booking_list_has_the_customer_s_bookings_newest_first(
    client, customer, django_assert_num_queries
) -> None:
    show = scheduled_show()
    mine = [held(label, show=show, customer=customer) for label in ("A1", "A2", "A3")]
    held("A4", show=show)
    # The login, the bookings, their lines: however many there are.
    with django_assert_num_queries(3):
        body = client.get(URL).json()
    assert [row["id"] for row in body["results"]] == [booking.pk for booking in mine[::-1]]
    assert body["count"] == 3


@pytest.mark.sqlite
def test_booking_list_continues_before_any_booking(client, customer) -> None:
    show = scheduled_show()
    first, second, third = (held(seat, show=show, customer=customer) for seat in ("A1", "A2", "A3"))
    before = client.get(URL, {"before": third.pk, "page_size": 1}).json()
    assert [row["id"] for row in before["results"]] == [second.pk]
    assert before["count"] == 2
    assert client.get(URL, {"before": first.pk}).json()["results"] == []


@pytest.mark.sqlite
def test_each_filter_of_the_booking_list_finds_its_bookings(client, customer) -> None:
    pending, paid = held(customer=customer), confirmed(customer=customer)
    over = held(customer=customer)
    run_out(over)

    def ids(query: str) -> list[int]:
        answer = client.get(f"{URL}?{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert ids("status=pending") == [pending.pk]
    assert ids("status=expired") == [over.pk]
    assert ids(f"show={paid.show_id}") == [paid.pk]
    assert len(ids("upcoming=true")) == 3
    assert ids("upcoming=false") == []
    assert ids("ordering=booked_at")[0] == pending.pk


@pytest.mark.parametrize(
    "query",
    ["status=paid", "show=x", "upcoming=1", "page=0", "page_size=101", "nope=1", "show=%00"],
)
def test_booking_list_refuses_invalid_filters(client, query: str) -> None:
    answer = client.get(f"{URL}?{query}")
    assert_problem(answer, 400, "invalid", query.split("=", maxsplit=1)[0])


@pytest.mark.sqlite
def test_overdue_booking_reads_as_expired_before_it_is_tidied(client, customer) -> None:
    booking = held(customer=customer)
    run_out(booking)
    assert client.get(f"{URL}{booking.pk}/").json()["status"] == "expired"


def test_staff_with_permission_list_all_bookings_on_request(login) -> None:
    first, second = held(), held()
    chief = login(StaffFactory())
    assert chief.get(URL).json()["count"] == 0
    assert chief.get(f"{URL}?all=true").json()["count"] == 2
    only = chief.get(f"{URL}?all=true&user={first.user_id}").json()["results"]
    assert [row["id"] for row in only] == [first.pk]
    assert chief.get(f"{URL}{second.pk}/?all=true").status_code == 200

    usher = UserFactory(is_staff=True)
    assert login(usher).get(f"{URL}?all=true").json()["count"] == 0
    usher.user_permissions.add(Permission.objects.get(codename="view_booking"))
    assert login(usher).get(f"{URL}?all=true").json()["count"] == 2
    assert login(UserFactory()).get(f"{URL}?all=true").json()["count"] == 0


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("cancel/", "change_booking"), ("exchange/", "change_booking"),
        ("payments/", "change_booking"), ("tickets/{}/reissue/", "change_ticket"),
    ],
)  # fmt: skip
def test_staff_who_may_see_a_booking_need_another_permission_to_change_it(
    login, path, permission
) -> None:
    booking = held() if path == "payments/" else confirmed()
    ticket = booking.tickets.first()
    url = f"{URL}{booking.pk}/{path.format(ticket and ticket.pk)}?all=true"
    body = (
        {"show_id": booking.show_id, "quantity": booking.tickets.count()}
        if path == "exchange/"
        else {}
    )
    usher = staff_with("view_booking")
    assert_problem(login(usher).post(url, body), 404, "not_found")
    booking.refresh_from_db()
    assert booking.status == ("pending" if path == "payments/" else "confirmed")
    assert not Ticket.objects.filter(version__gt=1).exists()
    usher.user_permissions.add(Permission.objects.get(codename=permission))
    assert login(usher).post(url, body).status_code in (200, 201)


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("payments/", "view_payment"),
        ("tickets/", "view_ticket"),
        ("tickets.pdf", "view_ticket"),
        ("tickets/{}/qr.svg", "view_ticket"),
    ],
)
def test_staff_who_may_see_a_booking_need_another_permission_to_see_its_money_and_tickets(
    login, path, permission
) -> None:
    booking = confirmed()
    url = f"{URL}{booking.pk}/{path.format(booking.tickets.first().pk)}?all=true"
    usher = staff_with("view_booking")
    assert_problem(login(usher).get(url), 404, "not_found")
    usher.user_permissions.add(Permission.objects.get(codename=permission))
    assert login(usher).get(url).status_code == 200


def test_quote_holds_no_seat(client) -> None:
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1", "A2")}
    quote = client.post(f"{URL}quote/", body)
    assert quote.status_code == 200
    assert_nothing_written()
    booking = client.post(URL, body).json()
    assert quote.json() == {name: booking[name] for name in quote.json()}


@pytest.mark.sqlite
def test_cancel_releases_the_seats(client, customer) -> None:
    booking = held(customer=customer)
    answer = client.post(f"{URL}{booking.pk}/cancel/", {"reason": "ill"})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    again = client.post(f"{URL}{booking.pk}/cancel/", {})
    problem = assert_problem(again, 409, "invalid_transition")
    assert problem["booking_status"] == "cancelled"


@pytest.mark.sqlite
def test_a_cancelled_booking_that_was_paid_says_what_was_refunded(client, customer) -> None:
    booking = confirmed(customer=customer)
    body = client.post(f"{URL}{booking.pk}/cancel/").json()
    assert body["amount_refunded"] == body["total"] == "500.00"
    payment = client.get(f"{URL}{booking.pk}/payments/").json()[0]
    assert (payment["status"], payment["amount_refunded"]) == ("refunded", "500.00")


@pytest.mark.parametrize(
    "body", [{"reason": 5}, {"reason": "x" * 501}, {"reason": "\x00"}, {"why": ""}]
)
def test_cancel_refuses_invalid_input(client, customer, body) -> None:
    booking = held(customer=customer)
    assert_problem(client.post(f"{URL}{booking.pk}/cancel/", body), 400, "invalid")
    booking.refresh_from_db()
    assert booking.status == "pending"


def test_calendar_of_a_booking_has_its_reference(client, customer) -> None:
    booking = held(customer=customer)
    answer = client.get(f"{URL}{booking.pk}/calendar.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    assert booking.reference.encode() in answer.content


def test_allow_is_sent_with_405_and_options_only(client) -> None:
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    for answer in (client.put(URL, body), client.options(URL)):
        assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert "Allow" not in client.post(URL, body)
