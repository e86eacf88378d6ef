"""Requests to hold, their bodies, logins and keys."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Serializer

from bookings.models import Booking, IdempotencyKey, PromoCode
from bookings.serializers import BookingRequestSerializer, BookingResponseSerializer
from bookings.tests.factories import held, run_out
from bookings.tests.obstacles import another_password, deactivated, ended, somebody_else
from eventbooking_system.api.serializers import BIGINT
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/bookings/"
KEY = {"Idempotency-Key": "once"}
IDS = st.sampled_from([7, 8, 9, 1, 0, -1, BIGINT, BIGINT + 1, True, 7.0, "7", None, [7], {"a": 7}])
PLAIN = {"show_id": IDS, "seat_ids": st.lists(IDS, max_size=4) | IDS}
TEXTS = st.sampled_from(["SAVE_1-a", " SAVE", "a b", "é", "", "x" * 40, "x" * 51, "\x00", 7, None])
NAMES = st.sampled_from(["7", "07", "8", "0", "9" * 18, "9" * 19, "٧", "Stalls"])
TYPES = st.dictionaries(NAMES, TEXTS | st.just({"Adult": 1}), max_size=3)
MORE = {"quantity": IDS, "category": IDS, "nonsense": IDS}
USUAL = {"promo_code": TEXTS | IDS, "ticket_types": TYPES | IDS}
BEST = {"show_id": IDS, "quantity": IDS}
WISHES = {"promo_code": TEXTS | IDS, "category": TEXTS | IDS, "nonsense": IDS}


@hypothesis_settings(max_examples=500, deadline=None)
@given(
    body=st.fixed_dictionaries(PLAIN, optional=USUAL)
    | st.fixed_dictionaries(BEST, optional=WISHES)
    | st.fixed_dictionaries({}, optional=PLAIN | USUAL | MORE)
    | IDS
)
def test_the_fast_path_of_the_request_serializer_agrees_with_its_fields(body) -> None:
    def outcome(validate):
        try:
            return validate(BookingRequestSerializer(), body)
        except ValidationError as refusal:
            return refusal.detail

    fields_alone = Serializer.run_validation
    assert outcome(BookingRequestSerializer.run_validation) == outcome(fields_alone)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "terms",
    [
        {"prices": {"Gold": {"Adult": Decimal("12.50"), "Child": Decimal("6.00")}}},
        {"price": "1800", "currency": "JPY", "tax_rate": Decimal(10), "tax_inclusive": True},
        {
            "price": "4.510",
            "currency": "KWD",
            "fee_per_ticket": Decimal("0.050"),
            "fee_per_booking": Decimal("1.1"),
            "tax_rate": Decimal("7.7"),
            "tax_inclusive": False,
        },
    ],
)
def test_a_hold_answers_what_the_database_then_has(login, terms) -> None:
    show, customer = scheduled_show(**terms), UserFactory()
    client = login(customer)
    answer = client.post(URL, {"show_id": show.pk, "seat_ids": seat_ids(show, "A2", "A1")})
    assert answer.status_code == 201
    booking = Booking.objects.get()
    assert client.get(f"{URL}{booking.pk}/").json() == answer.json()
    assert answer.json()["seat_ids"] == seat_ids(show, "A1", "A2")
    assert booking.expires_at - booking.booked_at == timedelta(seconds=600)
    seats = ShowSeat.objects.filter(booking=booking, status="held")
    assert set(seats.values_list("held_until", flat=True)) == {booking.expires_at}
    lines = booking.booked_seats.order_by("pk")
    assert list(lines.values_list("show_seat", flat=True)) == sorted(
        seats.values_list("pk", flat=True)
    )


@pytest.mark.parametrize("end", [ended, deactivated, another_password, somebody_else])
def test_a_request_with_an_ended_login_gets_no_other_error(login, end) -> None:
    show, customer = scheduled_show(), UserFactory()
    held("A2", show=show)
    client = login(customer)
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    assert client.post(URL, body, headers=KEY).status_code == 201
    end(customer)
    taken = {"show_id": show.pk, "seat_ids": seat_ids(show, "A2")}
    for other in (body, taken, {"show_id": []}, {}, {"show_id": show.pk, "quantity": 500}):
        answer = client.post(URL, other, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    answer = client.post(URL, body, headers={"Idempotency-Key": ""})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert IdempotencyKey.objects.count() == 1


@pytest.fixture
def body():
    show = scheduled_show(prices={"Gold": {"Adult": Decimal(20), "Child": Decimal(10)}})
    return {"show_id": show.pk, "seat_ids": seat_ids(show, "A2", "A1")}


@pytest.mark.sqlite
def test_a_repeated_hold_gets_the_same_bytes_after_the_booking_has_changed(login, body) -> None:
    client = login(UserFactory())
    first = client.post(URL, body, headers=KEY)
    key = IdempotencyKey.objects.get()
    assert (key.status, key.body, key.booking_id) == (201, "", first.json()["id"])
    assert client.post(f"{URL}{key.booking_id}/payments/", {}).status_code == 201
    assert client.post(f"{URL}{key.booking_id}/cancel/", {}).status_code == 200
    Show.objects.filter(pk=body["show_id"]).update(sales_close_at="2020-01-01T00:00Z")
    again = client.post(URL, body, headers=KEY)
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert again.content == first.content
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("percent", [10, 100])
def test_a_repeated_hold_with_a_promo_code_gets_the_same_bytes(login, body, percent) -> None:
    PromoCode.objects.create(code="OFF", percent=percent)
    client = login(UserFactory())
    first = client.post(URL, {**body, "promo_code": "OFF"}, headers=KEY)
    PromoCode.objects.update(code="RENAMED")
    again = client.post(URL, {**body, "promo_code": "OFF"}, headers=KEY)
    assert (first.status_code, again.content) == (201, first.content)
    status = "confirmed" if percent == 100 else "pending"
    assert (first.json()["status"], Booking.objects.get().status) == (status, status)


@pytest.mark.sqlite
def test_a_key_with_another_body_is_refused_whether_or_not_its_seats_are_free(login, body) -> None:
    client = login(UserFactory())
    assert client.post(URL, body, headers=KEY).status_code == 201
    show = Show.objects.get()
    for other in (
        {"seat_ids": seat_ids(show, "A3")},
        {"seat_ids": seat_ids(show, "A1")},
        {"seat_ids": []},
        {"promo_code": "TEN"},
    ):
        answer = client.post(URL, {**body, **other}, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Booking.objects.count() == IdempotencyKey.objects.count() == 1


@pytest.mark.sqlite
def test_a_key_may_be_used_again_after_a_day(login, body) -> None:
    client = login(UserFactory())
    assert client.post(URL, body, headers=KEY).status_code == 201
    IdempotencyKey.objects.update(created_at="2020-01-01T00:00Z")
    body["seat_ids"] = seat_ids(Show.objects.get(), "A3")
    answer = client.post(URL, body, headers=KEY)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.sqlite
def test_customers_may_use_the_same_idempotency_key(login, body) -> None:
    show = Show.objects.get()
    for label in ("A1", "A2"):
        answer = login(UserFactory()).post(
            URL, {**body, "seat_ids": seat_ids(show, label)}, headers=KEY
        )
        assert answer.status_code == 201
    assert IdempotencyKey.objects.count() == 2


@pytest.mark.sqlite
@pytest.mark.postgres
def test_connections_keep_one_statement_for_any_number_of_seats(login) -> None:
    client, show = login(UserFactory()), scheduled_show(rows={"A": 30})
    kept = []
    for count in (1, 2, 5):
        answer = client.post(URL, {"show_id": show.pk, "seat_ids": seat_ids(show)[-count:]})
        assert answer.status_code == 201
        run_out(Booking.objects.latest("pk"))
        kept.append(len(connection.prepared))
    assert kept[0] == kept[-1]


def test_a_quote_needs_no_login_and_holds_nothing(api, body) -> None:
    answer = api.post(f"{URL}quote/", body)
    assert (answer.status_code, answer.json()["total"]) == (200, "40.00")
    assert not Booking.objects.exists()
    assert BookingResponseSerializer().fields.keys() >= answer.json().keys()
