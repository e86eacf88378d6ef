"""The statement that confirms a booking, beside the equal steps."""

from typing import Any

import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext

from bookings.models import (
    Booking,
    BookingTransition,
    IdempotencyKey,
    LedgerEntry,
    Message,
    Payment,
    Ticket,
)
from bookings.services.paying import attempts, confirming
from bookings.tests.factories import held
from bookings.tests.soundness import broken
from shows.models import ShowSeat

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

KEY = {"Idempotency-Key": "payment-1"}
# The columns that differ between any two bookings.
OWN = {
    "id", "booking", "booked_seat", "payment", "user", "show", "show_seat", "seat", "screen", "event",
    "code", "reference", "dedupe_key", "provider_id", "client_secret", "path", "body", "reason",
}  # fmt: skip


def pay(login: Any, booking: Booking) -> Any:
    url = f"/api/bookings/{booking.pk}/payments/"
    return login(booking.user).post(url, {}, headers=KEY)


def rows_of(booking: Booking) -> dict[str, list[dict[str, Any]]]:
    rows = {
        "booking": Booking.objects.filter(pk=booking.pk),
        "seats": ShowSeat.objects.filter(booking=booking),
        "keys": IdempotencyKey.objects.filter(user=booking.user),
        **{
            model.__name__: model.objects.filter(booking=booking)
            for model in (Payment, LedgerEntry, Ticket, Message, BookingTransition)
        },
    }
    return {
        name: [
            {
                column: value
                for column, value in model_to_dict(row).items()
                if column not in OWN and not column.endswith(("_at", "at", "until"))
            }
            for row in found.order_by("pk")
        ]
        for name, found in rows.items()
    }


def test_one_statement_writes_the_same_rows_as_the_steps(login, monkeypatch) -> None:
    at_once, by_steps = held("A1", "A2"), held("A1", "A2")
    assert pay(login, at_once).json()["status"] == "succeeded"
    with monkeypatch.context() as patched:
        patched.setattr(attempts, "is_plain", lambda *_: False)
        assert pay(login, by_steps).json()["status"] == "succeeded"
    written = rows_of(at_once)
    assert written == rows_of(by_steps)
    assert [len(rows) for rows in written.values()] == [1, 2, 1, 1, 2, 2, 1, 1]
    assert [*broken()] == []


def test_the_key_keeps_the_answer_that_was_sent(login) -> None:
    booking = held()
    first, again = pay(login, booking), pay(login, booking)
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("changed", ["seat", "booking", "payment"])
def test_nothing_is_written_if_a_row_changed_under_its_lock(login, monkeypatch, changed) -> None:
    booking = held()

    def is_plain(payment: Payment, *_: Any) -> bool:
        if changed == "seat":
            ShowSeat.objects.filter(booking=booking).first().delete()
        elif changed == "booking":
            Booking.objects.filter(pk=booking.pk).update(status="cancelled")
        else:
            Payment.objects.filter(pk=payment.pk).update(status="failed")
        return True

    monkeypatch.setattr(attempts, "is_plain", is_plain)
    assert pay(login, booking).status_code == 500
    assert rows_of(booking)["booking"][0]["status"] == "pending"
    assert [row["status"] for row in rows_of(booking)["seats"]] == ["held", "held"]
    for model in (LedgerEntry, Ticket, Message, BookingTransition):
        assert not model.objects.exists()


def test_a_payment_takes_ten_statements(login) -> None:
    pay(login, held())  # Compiles what is compiled.
    booking = held()
    client = login(booking.user)
    with CaptureQueriesContext(connection) as sent:
        answer = client.post(f"/api/bookings/{booking.pk}/payments/", {}, headers=KEY)
    assert answer.json()["booking"]["status"] == "confirmed"
    statements = [part for query in sent for part in query["sql"].split("; ")]
    assert len([part for part in statements if part not in ("BEGIN", "COMMIT")]) == 10
    assert confirming._statement()._name in statements[-2]
