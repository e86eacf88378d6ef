"""Requests to the API that are repeated with an idempotency key."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from bookings.idempotency.requests import forget_old_keys
from bookings.models import Booking, IdempotencyKey
from bookings.tests.assertions import assert_nothing_written
from eventbooking_system.testing.problems import assert_problem
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
URL = "/api/bookings/"


@pytest.fixture
def client(customer, login):
    return login(customer)


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


@pytest.fixture
def body():
    show = scheduled_show()
    return {"show_id": show.pk, "seat_ids": seat_ids(show, "A1", "A2")}


def test_repeated_request_gets_the_first_answer_again(client, body) -> None:
    first = client.post(URL, body, headers=key("k"))
    assert "Idempotent-Replayed" not in first
    client.post(f"{URL}{first.json()['id']}/payments/")
    again = client.post(URL, body, headers=key("k"))
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert again["Content-Type"] == first["Content-Type"]
    assert Booking.objects.count() == 1


def test_repeated_request_gets_the_first_refusal_again(client, body, login) -> None:
    rival = UserFactory()
    login(rival).post(URL, body)
    first = client.post(URL, body, headers=key("k"))
    assert first.status_code == 409
    login(rival).post(f"{URL}{Booking.objects.get().pk}/cancel/")
    again = client.post(URL, body, headers=key("k"))
    assert (again.status_code, again.content) == (409, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert again["Content-Type"] == "application/problem+json"


def test_idempotency_key_with_another_body_is_refused(client, body) -> None:
    client.post(URL, body, headers=key("k"))
    other = {**body, "seat_ids": body["seat_ids"][:1]}
    assert_problem(client.post(URL, other, headers=key("k")), 422, "idempotency_key_reused")
    assert Booking.objects.count() == 1


def test_idempotency_key_belongs_to_its_user_and_path(client, login, body) -> None:
    first = client.post(URL, body, headers=key("k"))
    stranger = login(UserFactory())
    assert stranger.post(URL, body, headers=key("k")).status_code == 409
    paid = client.post(f"{URL}{first.json()['id']}/payments/", {}, headers=key("k"))
    assert paid.status_code == 201


@pytest.mark.parametrize("name", ["", "x" * 256, "ключ", "a\tb"])
def test_idempotency_key_must_be_printable_ascii(client, body, name: str) -> None:
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


def test_repeated_declined_payment_is_declined_again(client, body) -> None:
    booking = client.post(URL, body).json()
    url, card = f"{URL}{booking['id']}/payments/", {"payment_method": "pm_card_declined"}
    first, again = (client.post(url, card, headers=key("k")) for _ in range(2))
    assert (first.status_code, again.content) == (402, first.content)
    assert Booking.objects.get().payments.count() == 1


def test_repeated_request_is_refused_while_the_first_is_running(client, body) -> None:
    client.post(URL, body, headers=key("k"))
    IdempotencyKey.objects.update(status=None)
    assert_problem(client.post(URL, body, headers=key("k")), 409, "idempotency_in_flight")


def test_idempotency_key_is_unknown_after_a_day(client, body) -> None:
    client.post(URL, body, headers=key("k"))
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    answer = client.post(URL, body, headers=key("k"))
    assert answer.status_code == 409
    assert "Idempotent-Replayed" not in answer


def test_only_idempotency_keys_older_than_a_day_are_deleted(client, body) -> None:
    for name in ("old", "older", "young", "younger"):
        client.post(URL, body, headers=key(name))
    long_ago = timezone.now() - timedelta(hours=25)
    IdempotencyKey.objects.filter(key__startswith="old").update(created_at=long_ago)
    assert (forget_old_keys(), forget_old_keys()) == (2, 0)
    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"young", "younger"}
    IdempotencyKey.objects.update(created_at=long_ago)
    assert forget_old_keys() == 2


def test_answer_500_is_not_stored_for_its_idempotency_key(client, body) -> None:
    def fail_to_write(execute, sql: str, params, *arguments):
        if "booked_at" in (params or {}) or "INSERT" in sql:
            raise RuntimeError("crash before the write")
        return execute(sql, params, *arguments)

    with connection.execute_wrapper(fail_to_write):
        assert client.post(URL, body, headers=key("k")).status_code == 500
    assert_nothing_written()
    assert not IdempotencyKey.objects.exists()
    assert client.post(URL, body, headers=key("k")).status_code == 201
