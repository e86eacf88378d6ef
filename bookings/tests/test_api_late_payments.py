"""Late payments, and payments whose seats are locked by others."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection

from bookings import checkout, services
from bookings.models import Booking, IdempotencyKey, Payment, Refund
from bookings.payments.sandbox import SandboxGateway
from bookings.tests.factories import held, run_out
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show

KEY = {"Idempotency-Key": "payment-1"}


@pytest.fixture
def meanwhile(monkeypatch) -> Callable[[Callable[[], Any]], None]:
    """
    Return a function that sets an action for the provider's call.

    The action happens once, while the provider is asked for money.
    """

    def install(do: Callable[[], Any]) -> None:
        ask, todo = SandboxGateway.create_payment, [do]

        def create_payment(self, order):
            if todo:
                todo.pop()()
            return ask(self, order)

        monkeypatch.setattr(SandboxGateway, "create_payment", create_payment)

    return install


def pay(client, booking: Booking, **headers: str):
    url = f"/api/bookings/{booking.pk}/payments/"
    return client.post(url, {"payment_method": "pm_card_visa"}, headers=headers)


# ---- Too late


@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_late_payment_is_refused_with_what_goes_back(login, meanwhile) -> None:
    booking = held()
    client = login(booking.user)
    meanwhile(lambda: (run_out(booking), held(show=booking.show)))
    first = pay(client, booking, **KEY)
    problem = assert_problem(first, 409, "booking_expired")
    assert (problem["amount_refunded"], problem["currency"]) == ("500.00", "INR")
    assert "500.00 INR" in problem["detail"]
    assert Refund.objects.get().status == "succeeded"
    again = pay(client, booking, **KEY)
    assert (again.status_code, again.content) == (409, first.content)
    assert again["Idempotent-Replayed"] == "true"
    # Another request is told the same, and takes no money.
    other = pay(client, booking)
    assert assert_problem(other, 409, "booking_expired")["amount_refunded"] == "500.00"
    assert Payment.objects.count() == 1
    assert [*broken()] == []


@pytest.mark.django_db
def test_a_late_payment_of_seats_that_are_free_confirms_the_booking(login, meanwhile) -> None:
    booking = held()
    meanwhile(lambda: run_out(booking))
    answer = pay(login(booking.user), booking, **KEY)
    assert (answer.status_code, answer.json()["booking"]["status"]) == (201, "confirmed")


@pytest.mark.django_db
def test_a_payment_of_a_booking_that_was_cancelled_meanwhile_names_the_refund(
    login, meanwhile
) -> None:
    booking = held()
    meanwhile(lambda: checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user))
    problem = assert_problem(pay(login(booking.user), booking, **KEY), 409, "invalid_transition")
    assert (problem["booking_status"], problem["amount_refunded"]) == ("cancelled", "500.00")


@pytest.mark.django_db
def test_an_expired_booking_without_a_payment_names_no_refund(login) -> None:
    booking = held()
    run_out(booking)
    problem = assert_problem(pay(login(booking.user), booking), 409, "booking_expired")
    assert "amount_refunded" not in problem


# ---- Seats that others keep locked


@pytest.fixture
def lock() -> Iterator[Callable[[Show], None]]:
    """
    Return a function that locks all seats until `lock.release()`.

    Payments wait for half a second.
    """
    own = psycopg2.connect(**connection.get_connection_params())

    class Lock:
        def __call__(self, show: Show) -> None:
            sql = "SELECT id FROM shows_showseat WHERE show_id = %s FOR UPDATE"
            own.cursor().execute(sql, [show.pk])

        release = staticmethod(own.rollback)

    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '500ms'")
        yield Lock()
        cursor.execute("RESET lock_timeout")
    own.close()


@pytest.fixture
def processing(login, meanwhile, lock) -> tuple[Any, Booking]:
    """Return a client and a booking whose payment met locked seats."""
    booking = held()
    client = login(booking.user)
    meanwhile(lambda: lock(booking.show))
    answer = pay(client, booking, **KEY)
    assert (answer.status_code, answer.json()["status"]) == (202, "processing")
    assert answer.json()["booking"]["status"] == "pending"
    return client, booking


def assert_paid_once(booking: Booking) -> None:
    booking.refresh_from_db()
    payment = booking.payments.get()
    assert (booking.status, payment.status, payment.reported_status) == (
        "confirmed", "succeeded", "",
    )  # fmt: skip
    assert [*broken()] == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_payment_of_locked_seats_is_recorded_when_it_is_repeated(processing, lock) -> None:
    client, booking = processing
    waiting = pay(client, booking, **KEY)
    assert (waiting.status_code, waiting.json()["status"]) == (202, "processing")
    lock.release()
    answer = pay(client, booking, **KEY)
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    assert_paid_once(booking)
    assert IdempotencyKey.objects.get(key=KEY["Idempotency-Key"]).status == 201


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_payment_of_locked_seats_is_recorded_by_a_job(processing, lock) -> None:
    client, booking = processing
    lock.release()
    call_command("worker", once=True, queue=["jobs"])
    assert_paid_once(booking)
    answer = pay(client, booking, **KEY)
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    assert booking.payments.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_payment_that_waits_through_its_hold_goes_back_if_the_seats_are_gone(
    processing, lock
) -> None:
    client, booking = processing
    lock.release()
    run_out(booking)
    held(show=booking.show)
    checkout.expire()
    problem = assert_problem(pay(client, booking, **KEY), 409, "booking_expired")
    assert problem["amount_refunded"] == "500.00"
    assert [*broken()] == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_short_lock_is_waited_for(login, meanwhile, lock, monkeypatch) -> None:
    booking, tries = held(), []
    record = services.record_payment

    def released_after_the_first(**arguments):
        tries.append(1)
        try:
            return record(**arguments)
        finally:
            lock.release()

    monkeypatch.setattr(services, "record_payment", released_after_the_first)
    meanwhile(lambda: lock(booking.show))
    answer = pay(login(booking.user), booking, **KEY)
    assert (answer.status_code, len(tries)) == (201, 2)
