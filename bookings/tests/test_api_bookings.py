from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from bookings import selectors
from bookings.idempotency.requests import forget_old_keys
from bookings.models import Booking, IdempotencyKey, PromoCode, Ticket
from bookings.serializers import BookingResponseSerializer
from bookings.tests.assertions import assert_nothing_written
from bookings.tests.factories import confirmed, held, hold, run_out
from eventbooking_system.api.serializers import DirectSerializer
from eventbooking_system.testing.problems import assert_problem
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory, UserFactory, staff_with

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
URL = "/api/bookings/"
BIG = 2**63


@pytest.mark.parametrize("promo_code", [None, "TEN"])
def test_an_answer_that_is_read_directly_says_what_the_library_would(promo_code) -> None:
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


def test_a_booking_is_answered_as_the_contract_says(client, customer) -> None:
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


def test_amounts_have_the_digits_of_their_currency(client) -> None:
    for currency, price, written in (("JPY", "1800", "1800"), ("KWD", "4.5", "4.500")):
        show = scheduled_show(price=price, currency=currency)
        body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
        assert client.post(URL, body).json()["total"] == written


def test_the_best_seats_can_be_taken_in_one_step(client) -> None:
    show = scheduled_show()
    answer = client.post(URL, {"show_id": show.pk, "quantity": 2, "category": "Gold"})
    assert answer.status_code == 201
    assert len(answer.json()["seat_ids"]) == 2
    refused = client.post(URL, {"show_id": show.pk, "quantity": 2, "category": "Silver"})
    assert_problem(refused, 409, "not_enough_seats")


def test_booking_asks_for_a_login(api) -> None:
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
def test_bad_input_names_its_field_and_writes_nothing(client, change, field) -> None:
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), **change}
    assert_problem(client.post(URL, body), 400, "invalid", field)
    assert_nothing_written()


@pytest.mark.parametrize("missing", ["show_id", "seat_ids"])
def test_a_missing_field_is_named(client, missing: str) -> None:
    body = {"show_id": 1, "seat_ids": [1]}
    del body[missing]
    problem = assert_problem(client.post(URL, body), 400, "invalid", missing)
    assert problem["errors"][0]["code"] == "required"


@pytest.mark.parametrize("quantity", [0, -1, "2", True, 1.5, 10**20])
def test_a_quantity_is_a_positive_number(client, quantity) -> None:
    body = {"show_id": scheduled_show().pk, "quantity": quantity}
    assert_problem(client.post(URL, body), 400, "invalid", "quantity")
    assert_nothing_written()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"7", b'"x"'])
def test_a_body_that_is_no_object_is_refused(client, body: bytes) -> None:
    answer = client.post(URL, body, content_type="application/json")
    assert_problem(answer, 400, "invalid")
    assert_nothing_written()


@pytest.mark.parametrize("body", [b"{", b'{"show_id": NaN}', b"\xff"])
def test_a_body_that_is_no_json_is_refused_as_such_and_again(client, body: bytes) -> None:
    for _ in range(2):
        answer = client.post(
            URL, body, content_type="application/json", headers={"Idempotency-Key": "k"}
        )
        assert_problem(answer, 400, "parse_error")
    assert answer["Idempotent-Replayed"] == "true"
    assert_nothing_written()


def test_another_customer_s_booking_and_a_missing_one_are_the_same_bytes(client) -> None:
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


def test_the_list_has_one_s_own_bookings_the_newest_first(
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


def test_the_list_can_be_read_on_from_any_booking(client, customer) -> None:
    show = scheduled_show()
    first, second, third = (held(seat, show=show, customer=customer) for seat in ("A1", "A2", "A3"))
    before = client.get(URL, {"before": third.pk, "page_size": 1}).json()
    assert [row["id"] for row in before["results"]] == [second.pk]
    assert before["count"] == 2
    assert client.get(URL, {"before": first.pk}).json()["results"] == []


def test_the_list_can_be_narrowed_down(client, customer) -> None:
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
def test_a_filter_that_is_not_understood_is_refused(client, query: str) -> None:
    answer = client.get(f"{URL}?{query}")
    assert_problem(answer, 400, "invalid", query.split("=", maxsplit=1)[0])


def test_a_booking_whose_time_is_over_reads_as_expired_with_nobody_tidying(
    client, customer
) -> None:
    booking = held(customer=customer)
    run_out(booking)
    assert client.get(f"{URL}{booking.pk}/").json()["status"] == "expired"


def test_staff_with_the_permission_see_everybody_s_bookings_if_they_ask(login) -> None:
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
    [("cancel/", "change_booking"), ("payments/", "change_booking"), ("tickets/{}/reissue/", "change_ticket")],
)  # fmt: skip
def test_staff_who_may_see_a_booking_need_another_permission_to_change_it(
    login, path, permission
) -> None:
    booking = held() if path == "payments/" else confirmed()
    ticket = booking.tickets.first()
    url = f"{URL}{booking.pk}/{path.format(ticket and ticket.pk)}?all=true"
    usher = staff_with("view_booking")
    assert_problem(login(usher).post(url), 404, "not_found")
    booking.refresh_from_db()
    assert booking.status == ("pending" if path == "payments/" else "confirmed")
    assert not Ticket.objects.filter(version__gt=1).exists()
    usher.user_permissions.add(Permission.objects.get(codename=permission))
    assert login(usher).post(url).status_code in (200, 201)


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


def test_a_quote_holds_nothing(client) -> None:
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1", "A2")}
    quote = client.post(f"{URL}quote/", body)
    assert quote.status_code == 200
    assert_nothing_written()
    booking = client.post(URL, body).json()
    assert quote.json() == {name: booking[name] for name in quote.json()}


def test_cancel_gives_the_booking_back(client, customer) -> None:
    booking = held(customer=customer)
    answer = client.post(f"{URL}{booking.pk}/cancel/", {"reason": "ill"})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    again = client.post(f"{URL}{booking.pk}/cancel/", {})
    problem = assert_problem(again, 409, "invalid_transition")
    assert problem["booking_status"] == "cancelled"


def test_a_cancelled_booking_that_was_paid_says_what_was_refunded(client, customer) -> None:
    booking = confirmed(customer=customer)
    body = client.post(f"{URL}{booking.pk}/cancel/").json()
    assert body["amount_refunded"] == body["total"] == "500.00"
    payment = client.get(f"{URL}{booking.pk}/payments/").json()[0]
    assert (payment["status"], payment["amount_refunded"]) == ("refunded", "500.00")


@pytest.mark.parametrize(
    "body", [{"reason": 5}, {"reason": "x" * 501}, {"reason": "\x00"}, {"why": ""}]
)
def test_cancel_refuses_bad_input(client, customer, body) -> None:
    booking = held(customer=customer)
    assert_problem(client.post(f"{URL}{booking.pk}/cancel/", body), 400, "invalid")
    booking.refresh_from_db()
    assert booking.status == "pending"


def test_the_calendar_names_the_booking(client, customer) -> None:
    booking = held(customer=customer)
    answer = client.get(f"{URL}{booking.pk}/calendar.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    assert booking.reference.encode() in answer.content


# Requests that are repeated


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


@pytest.fixture
def body():
    show = scheduled_show()
    return {"show_id": show.pk, "seat_ids": seat_ids(show, "A1", "A2")}


def test_the_same_request_gets_the_first_answer_again(client, body) -> None:
    first = client.post(URL, body, headers=key("k"))
    assert "Idempotent-Replayed" not in first
    client.post(f"{URL}{first.json()['id']}/payments/")
    again = client.post(URL, body, headers=key("k"))
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert again["Content-Type"] == first["Content-Type"]
    assert Booking.objects.count() == 1


def test_a_refusal_is_an_answer_too(client, body, login) -> None:
    rival = UserFactory()
    login(rival).post(URL, body)
    first = client.post(URL, body, headers=key("k"))
    assert first.status_code == 409
    login(rival).post(f"{URL}{Booking.objects.get().pk}/cancel/")
    again = client.post(URL, body, headers=key("k"))
    assert (again.status_code, again.content) == (409, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert again["Content-Type"] == "application/problem+json"


def test_a_key_that_came_with_another_body_is_refused(client, body) -> None:
    client.post(URL, body, headers=key("k"))
    other = {**body, "seat_ids": body["seat_ids"][:1]}
    assert_problem(client.post(URL, other, headers=key("k")), 422, "idempotency_key_reused")
    assert Booking.objects.count() == 1


def test_a_key_belongs_to_its_user_and_path(client, login, body) -> None:
    first = client.post(URL, body, headers=key("k"))
    stranger = login(UserFactory())
    assert stranger.post(URL, body, headers=key("k")).status_code == 409
    paid = client.post(f"{URL}{first.json()['id']}/payments/", {}, headers=key("k"))
    assert paid.status_code == 201


@pytest.mark.parametrize("name", ["", "x" * 256, "ключ", "a\tb"])
def test_a_key_is_printable_ascii(client, body, name: str) -> None:
    answer = client.post(URL, body, headers={"Idempotency-Key": name.encode().decode("latin-1")})
    assert_problem(answer, 400, "idempotency_key_invalid")
    assert_nothing_written()


def test_a_payment_and_a_cancellation_can_be_repeated(client, body) -> None:
    booking = client.post(URL, body).json()
    for path in ("payments/", "cancel/"):
        url = f"{URL}{booking['id']}/{path}"
        first, again = (client.post(url, {}, headers=key(path)) for _ in range(2))
        assert first.content == again.content
        assert again["Idempotent-Replayed"] == "true"
    assert Booking.objects.get().payments.count() == 1


def test_a_declined_payment_is_the_answer_to_its_key(client, body) -> None:
    booking = client.post(URL, body).json()
    url, card = f"{URL}{booking['id']}/payments/", {"payment_method": "pm_card_declined"}
    first, again = (client.post(url, card, headers=key("k")) for _ in range(2))
    assert (first.status_code, again.content) == (402, first.content)
    assert Booking.objects.get().payments.count() == 1


def test_a_request_that_is_under_way_is_said_to_be(client, body) -> None:
    client.post(URL, body, headers=key("k"))
    IdempotencyKey.objects.update(status=None)
    assert_problem(client.post(URL, body, headers=key("k")), 409, "idempotency_in_flight")


def test_a_key_is_forgotten_after_a_day(client, body) -> None:
    client.post(URL, body, headers=key("k"))
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    answer = client.post(URL, body, headers=key("k"))
    assert answer.status_code == 409
    assert "Idempotent-Replayed" not in answer


def test_only_keys_whose_day_is_over_are_deleted(client, body) -> None:
    for name in ("old", "older", "young", "younger"):
        client.post(URL, body, headers=key(name))
    long_ago = timezone.now() - timedelta(hours=25)
    IdempotencyKey.objects.filter(key__startswith="old").update(created_at=long_ago)
    assert (forget_old_keys(), forget_old_keys()) == (2, 0)
    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"young", "younger"}
    IdempotencyKey.objects.update(created_at=long_ago)
    assert forget_old_keys() == 2


def test_methods_are_named_to_who_tries_another_or_asks(client, body) -> None:
    for answer in (client.put(URL, body), client.options(URL)):
        assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert "Allow" not in client.post(URL, body)


def test_nothing_is_kept_for_a_failure_of_ours(client, body) -> None:
    def fail_to_write(execute, sql: str, params, *arguments):
        if "booked_at" in (params or {}) or "INSERT" in sql:
            raise RuntimeError("crash before the write")
        return execute(sql, params, *arguments)

    with connection.execute_wrapper(fail_to_write):
        assert client.post(URL, body, headers=key("k")).status_code == 500
    assert_nothing_written()
    assert not IdempotencyKey.objects.exists()
    assert client.post(URL, body, headers=key("k")).status_code == 201
