"""
Pending exchanges that older tickets can no longer pay for.

Such a ticket was used, given back or passed on meanwhile.
"""

from collections.abc import Callable
from typing import Any

import pytest

from bookings import checkout, services
from bookings.models import Booking, Payment, Ticket
from bookings.selectors import payload_of
from bookings.services import Shown
from bookings.tests.factories import confirmed, show_soon, statuses, ticket_of
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def exchange(login: Any) -> Booking:
    """
    Begin an exchange for a dearer seat tomorrow.

    The doors of the older ticket's show are open.
    """
    terms = {"refund_cutoff_hours": 0, "exchange_cutoff_minutes": 10}
    older = confirmed("A1", show=show_soon(price="250.00", **terms))
    newer = scheduled_show(event=older.show.event, price="300.00")
    wanted = {"show_id": newer.pk, "seat_ids": seat_ids(newer, "A1")}
    answer = login(older.user).post(f"/api/bookings/{older.pk}/exchange/", wanted)
    assert answer.status_code == 201, answer.content
    return Booking.objects.get(pk=answer.json()["id"])


def come_in(ticket: Ticket) -> None:
    services.check_in(shown=Shown(payload_of(ticket)), by=StaffFactory())


def pass_on(ticket: Ticket) -> None:
    offer = services.offer_ticket(
        ticket_id=ticket.pk, offered_by=ticket.booking.user, email="ravi@example.org"
    )
    token = services.transfer_link(offer).rpartition("#")[2]
    services.accept_transfer(token=token, recipient=UserFactory(first_name="Ravi"))


def reseat(ticket: Ticket) -> None:
    services.reseat_ticket(ticket_id=ticket.pk, seat_id=seat_ids(ticket.show, "B1")[0])


def give_back(ticket: Ticket) -> None:
    checkout.cancel(booking_id=ticket.booking_id, cancelled_by=ticket.booking.user)


def cancel_show(ticket: Ticket) -> None:
    checkout.cancel_show(show_id=ticket.show.pk, cancelled_by=StaffFactory())


def assert_over(exchange: Booking) -> None:
    exchange.refresh_from_db()
    assert exchange.status == "expired"
    assert statuses(exchange.show) == {"available"}
    assert list(broken()) == []


@pytest.mark.parametrize("act", [give_back, cancel_show])
def test_the_new_seats_are_free_once_the_older_ticket_is_given_back(
    exchange: Booking, login: Any, act: Callable[[Ticket], None]
) -> None:
    checkout.pay(booking_id=exchange.pk, payment_method="pm_card_authentication")
    act(ticket_of(exchange.exchanged_from))
    assert_over(exchange)
    assert exchange.payments.get().status == Payment.Status.FAILED
    refused = login(exchange.user).post(f"/api/bookings/{exchange.pk}/payments/", {})
    assert assert_problem(refused, 409, "exchange_not_allowed")["reason"] == "used"


@pytest.mark.parametrize("act", [come_in, pass_on, reseat])
def test_the_next_run_of_the_job_frees_the_new_seats_of_a_ticket_that_was_used(
    exchange: Booking, act: Callable[[Ticket], None]
) -> None:
    act(ticket_of(exchange.exchanged_from))
    checkout.expire()
    assert_over(exchange)


@pytest.mark.sqlite
def test_an_exchange_that_can_be_completed_goes_on(exchange: Booking) -> None:
    checkout.expire()
    checkout.end_impossible_exchanges(exchanged_from=exchange.exchanged_from_id)
    exchange.refresh_from_db()
    assert exchange.status == "pending"
    checkout.pay(booking_id=exchange.pk, payment_method="pm_card_visa")
    exchange.refresh_from_db()
    assert exchange.status == "confirmed"
    checkout.end_impossible_exchanges()
    assert Ticket.objects.in_force().get().booking == exchange
    assert list(broken()) == []
