"""Tickets that swap their seats."""

from decimal import Decimal

import pytest

from bookings import services
from bookings.models import Message, Refund, Ticket
from bookings.selectors import payload_of
from bookings.services import Shown
from bookings.tests.factories import confirmed, show_soon, ticket_of
from bookings.tests.reseats import seat, state, swap, two_categories
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.models import ShowSeat
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite
def test_swap_exchanges_the_seats_of_two_bookings(boss_api) -> None:
    show = scheduled_show()
    first, second = confirmed("A1", show=show), confirmed("B6", show=show)
    answer = swap(boss_api, show, ticket_of(second), ticket_of(first))
    assert answer.status_code == 200, answer.content
    seats = {row["id"]: f"{row['row']}{row['number']}" for row in answer.json()["tickets"]}
    assert seats == {ticket_of(first).pk: "B6", ticket_of(second).pk: "A1"}
    assert {ticket.version for ticket in Ticket.objects.all()} == {2}
    owners = ShowSeat.objects.filter(show=show, status="booked")
    assert {str(row.seat): row.booking_id for row in owners} == {"A1": second.pk, "B6": first.pk}
    assert Message.objects.filter(kind="reseated").count() == 2
    assert list(broken()) == []


def test_swap_within_a_booking_exchanges_its_seats_and_mails_once(boss_api) -> None:
    show = scheduled_show()
    booking = confirmed("A1", "A2", show=show)
    first, second = booking.tickets.order_by("pk")
    assert swap(boss_api, show, first, second).status_code == 200
    labels = [str(ticket.seat) for ticket in booking.tickets.order_by("pk")]
    assert labels == ["A2", "A1"]
    assert Message.objects.filter(kind="reseated").count() == 1
    assert list(broken()) == []


def test_swap_and_swap_back_ends_with_the_first_seats_and_newer_tickets(boss_api) -> None:
    show = scheduled_show()
    tickets = [ticket_of(confirmed(label, show=show)) for label in ("A1", "B6")]
    for _ in range(2):
        assert swap(boss_api, show, *tickets).status_code == 200
    now = [Ticket.objects.get(pk=ticket.pk) for ticket in tickets]
    assert [(str(ticket.seat), ticket.version) for ticket in now] == [("A1", 3), ("B6", 3)]
    assert list(broken()) == []


def test_swap_keeps_the_prices_between_categories(boss_api) -> None:
    screen, prices = two_categories()
    show = scheduled_show(screen=screen, prices=prices)
    first, second = confirmed("A1", show=show), confirmed("B1", show=show)
    assert swap(boss_api, show, ticket_of(first), ticket_of(second)).status_code == 200
    assert ticket_of(first).booked_seat.price == Decimal("300.000")
    assert not Refund.objects.exists()
    assert list(broken()) == []


def test_swap_refuses_anything_but_two_valid_tickets_of_the_show(boss_api) -> None:
    show, other = scheduled_show(), scheduled_show()
    ticket = ticket_of(confirmed("A1", show=show))
    foreign, gone = ticket_of(confirmed("A1", show=other)), confirmed("A2", show=show)
    void = ticket_of(gone)
    services.cancel_booking(booking_id=gone.pk, cancelled_by=gone.user, in_full=True)
    before = state()
    problem = assert_problem(swap(boss_api, show, ticket, foreign), 400, "seats_not_in_show")
    assert problem["seat_ids"] == [seat(other, "A1")]
    assert_problem(swap(boss_api, show, ticket, void), 409, "ticket_not_valid")
    for wrong in ([ticket], [ticket, ticket], [ticket, 10**9], [ticket, "x"], [ticket, void, 1]):
        answer = swap(boss_api, show, *wrong)
        problem = assert_problem(answer, 400, "invalid")
        assert problem["errors"][0]["field"].startswith("ticket_ids")
    assert state() == before


def test_swap_refuses_a_ticket_that_is_checked_in(boss_api) -> None:
    show = show_soon()
    first, second = (ticket_of(confirmed(label, show=show)) for label in ("A1", "A2"))
    services.check_in(shown=Shown(payload_of(second)), by=StaffFactory())
    before = state()
    problem = assert_problem(swap(boss_api, show, first, second), 409, "already_checked_in")
    assert problem["ticket"] == second.pk
    assert state() == before
