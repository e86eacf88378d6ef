"""Exchanges that are paid late, or whose tickets are gone meanwhile."""

from typing import Any

import pytest
from django.utils import timezone

from bookings import checkout, services
from bookings.models import Booking, Message, Refund, Ticket
from bookings.tests.exchanges.steps import (
    for_seats,
    path_of,
    pay_late,
    pending_exchange,
    succeed,
    tickets_of,
)
from bookings.tests.factories import confirmed, run_out, statuses
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.tests.factories import seat_ids
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def test_a_ticket_that_was_used_while_the_exchange_was_paid_ends_it(
    client: Any, booking: Booking
) -> None:
    exchange = pending_exchange(client, booking)
    payment = pay_late(exchange)
    Ticket.objects.filter(booking=booking).update(checked_in_at=timezone.now())
    succeed(payment)
    exchange.refresh_from_db()
    assert (exchange.status, len(tickets_of(booking))) == ("expired", 2)
    assert Refund.objects.get(booking=exchange).amount == payment.amount == 100
    assert statuses(exchange.show) == {"available"}
    facts = Message.objects.get(kind="payment_returned").facts
    assert facts["status"] == "exchange_over"
    assert not list(broken())


def test_a_used_ticket_is_refused_before_any_money_is_taken(client: Any, booking: Booking) -> None:
    exchange = pending_exchange(client, booking)
    Ticket.objects.filter(booking=booking).update(checked_in_at=timezone.now())
    refused = client.post(f"/api/bookings/{exchange.pk}/payments/", {})
    assert assert_problem(refused, 409, "exchange_not_allowed")["reason"] == "used"
    assert not exchange.payments.exists()


def test_an_exchange_of_a_ticket_that_was_given_back_holds_no_seats_once_that_is_told(
    client: Any, booking: Booking
) -> None:
    exchange = pending_exchange(client, booking)
    given_back = tickets_of(booking)[0]
    cancelled = client.post(
        f"/api/bookings/{booking.pk}/cancel/", {"ticket_ids": [given_back]}, format="json"
    )
    assert cancelled.status_code == 200
    refused = client.post(f"/api/bookings/{exchange.pk}/payments/", {})
    assert assert_problem(refused, 409, "exchange_not_allowed")["reason"] == "used"
    exchange.refresh_from_db()
    assert (exchange.status, exchange.payments.count()) == ("expired", 0)
    assert statuses(exchange.show) == {"available"}
    # So the other ticket can be exchanged at once.
    answer = client.post(path_of(booking), for_seats(exchange.show, "A1"))
    assert answer.status_code == 201, answer.content
    assert not list(broken())


@pytest.mark.parametrize("which", ["older", "newer"])
def test_a_show_that_is_cancelled_in_between_gives_everything_back(
    client: Any, booking: Booking, which: str
) -> None:
    exchange = pending_exchange(client, booking)
    payment = pay_late(exchange)
    show = booking.show if which == "older" else exchange.show
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    succeed(payment)
    exchange.refresh_from_db()
    booking.refresh_from_db()
    assert exchange.status == ("expired" if which == "older" else "cancelled")
    assert booking.status == ("cancelled" if which == "older" else "confirmed")
    assert sum(Refund.objects.filter(booking=exchange).values_list("amount", flat=True)) == 100
    gone = sum(Refund.objects.filter(booking=booking).values_list("amount", flat=True))
    assert gone == (500 if which == "older" else 0)
    assert not list(broken())


@pytest.mark.sqlite
@pytest.mark.parametrize("taken", [False, True])
def test_a_late_payment_of_an_exchange_takes_the_seats_again_if_they_are_free(
    client: Any, booking: Booking, taken: bool
) -> None:
    exchange = pending_exchange(client, booking)
    payment = pay_late(exchange)
    run_out(exchange)
    services.expire_bookings()
    if taken:
        confirmed("A2", show=exchange.show)
    succeed(payment)
    exchange.refresh_from_db()
    assert exchange.status == ("expired" if taken else "confirmed")
    assert len(tickets_of(booking)) == (2 if taken else 0)
    assert Refund.objects.filter(booking=exchange).count() == int(taken)
    assert not list(broken())


def test_tickets_of_the_same_show_are_exchanged_for_other_seats(
    client: Any, booking: Booking
) -> None:
    body = {"show_id": booking.show_id, "quantity": 2}
    answer = client.post(path_of(booking), body).json()
    assert answer["status"] == "confirmed"
    assert not {*answer["seat_ids"]} & {*seat_ids(booking.show, "A1", "A2")}
    assert not list(broken())
