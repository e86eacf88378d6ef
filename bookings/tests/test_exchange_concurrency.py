"""Exchanges against scans at the same moment. The first test shows that the harness can fail."""

import os
from collections.abc import Callable
from functools import partial
from time import sleep
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import checkout, services
from bookings.errors import ExchangeNotAllowed, TicketNotValid
from bookings.models import Booking, Ticket, TicketScan
from bookings.querysets import TicketQuerySet
from bookings.services import Caller, Exchange, SeatRequest, Shown, transitions
from bookings.tests.factories import confirmed, show_soon
from bookings.tests.soundness import broken
from eventbooking_system.testing.races import run_at_once
from shows.models import Show
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import StaffFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

ROUNDS = int(os.environ.get("EXCHANGE_RACE_ROUNDS", "4"))
TICKETS = 10


def another_show(show: Show, tickets: int) -> Show:
    return scheduled_show(event=show.event, rows={"A": tickets})


def exchange_one(ticket: Ticket, show: Show, seat_id: int) -> Booking:
    return checkout.exchange(
        caller=Caller(ticket.booking.user_id),
        exchange=Exchange(ticket.booking_id, [ticket.pk]),
        wanted=SeatRequest(show.pk, seat_ids=[seat_id]),
    )


def rivals(tickets: list[Ticket], show: Show, staff: User) -> list[Callable[[], Any]]:
    """
    Return a scan and an exchange for each ticket.

    The exchange is for the seat of the same number.
    """
    seats = seat_ids(show, *(f"A{number + 1}" for number in range(len(tickets))))
    calls: list[Callable[[], Any]] = []
    for ticket, seat_id in zip(tickets, seats, strict=True):
        calls.append(partial(services.check_in, shown=Shown(ticket.code), by=staff))
        calls.append(partial(exchange_one, ticket, show, seat_id))
    return calls


def sold_soon(tickets: int) -> list[Ticket]:
    """Sell tickets of a show with open doors, one in each booking."""
    show = show_soon(rows={"A": tickets}, exchange_cutoff_minutes=0)
    for number in range(tickets):
        confirmed(f"A{number + 1}", show=show, customer=UserFactory())
    return list(Ticket.objects.select_related("booking").filter(booking__show=show))


def won(results: list[Any]) -> list[tuple[bool, bool]]:
    """Return for each ticket whether it was admitted and whether exchanged."""
    return [
        (isinstance(scan, TicketScan), isinstance(exchange, Booking))
        for scan, exchange in zip(results[::2], results[1::2], strict=True)
    ]


def test_control_without_locks_and_guards_a_ticket_is_used_and_exchanged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TicketQuerySet, "locked", lambda self: self.order_by("pk"))
    monkeypatch.setattr(TicketQuerySet, "unused", lambda self: sleep(1) or self)
    monkeypatch.setattr(TicketQuerySet, "in_force", lambda self: self)
    staff = StaffFactory()
    for _ in range(10):
        tickets = sold_soon(6)
        show = another_show(tickets[0].booking.show, 6)
        if (True, True) in won(run_at_once(rivals(tickets, show, staff))):
            return
    pytest.fail("No rival ever got through, so the harness does not race.")


def test_a_ticket_is_used_or_exchanged_and_never_both() -> None:
    staff, seen = StaffFactory(), set()
    for _ in range(ROUNDS):
        tickets = sold_soon(TICKETS)
        show = another_show(tickets[0].booking.show, TICKETS)
        results = run_at_once(rivals(tickets, show, staff))
        outcomes = won(results)
        seen |= set(outcomes)
        assert all(scanned != exchanged for scanned, exchanged in outcomes), results
        refusals = {type(each) for each in results if isinstance(each, Exception)}
        assert refusals <= {ExchangeNotAllowed, TicketNotValid}
        in_force = Ticket.objects.in_force().filter(booking__show=show).count()
        assert in_force == sum(exchanged for _, exchanged in outcomes)
    assert not list(broken())
    assert seen <= {(True, False), (False, True)}


def test_exchanges_of_one_ticket_at_once_give_one_pending_booking() -> None:
    booking = confirmed("A1", customer=UserFactory())
    show = scheduled_show(event=booking.show.event, rows={"A": 6}, price="900.00")
    ticket = booking.tickets.select_related("booking").get()
    seats = seat_ids(show, "A1", "A2", "A3", "A4", "A5", "A6")
    results = run_at_once([partial(exchange_one, ticket, show, seat) for seat in seats])
    pending = [result for result in results if isinstance(result, Booking)]
    refused = [result for result in results if isinstance(result, ExchangeNotAllowed)]
    assert (len(pending), len(refused)) == (1, 5)
    assert {refusal.members["reason"] for refusal in refused} == {"limit"}
    assert not list(broken())


def test_two_customers_who_swap_shows_do_not_meet_in_a_deadlock() -> None:
    first = confirmed("A1", customer=UserFactory())
    show = scheduled_show(event=first.show.event)
    second = confirmed("A1", customer=UserFactory(), show=show)
    tickets = [each.tickets.select_related("booking__show").get() for each in (first, second)]
    for label in ("B1", "A1", "B1"):
        calls = [
            partial(exchange_one, mine, its.booking.show, seat_ids(its.booking.show, label)[0])
            for mine, its in (tickets, tickets[::-1])
        ]
        results = run_at_once(calls)
        assert all(isinstance(result, Booking) for result in results), results
        tickets = [each.tickets.select_related("booking__show").get() for each in results]
    assert not list(broken())


def test_the_seats_of_both_shows_are_locked_in_one_statement_by_key() -> None:
    booking = confirmed("A1", customer=UserFactory())
    show = scheduled_show(event=booking.show.event, price="900.00")
    ticket = booking.tickets.select_related("booking").get()
    with CaptureQueriesContext(connection) as queries:
        exchange_one(ticket, show, seat_ids(show, "A1")[0])
    first = next(query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"])
    assert first.startswith('SELECT "shows_showseat"."id" AS "pk" FROM "shows_showseat"')
    assert first.endswith('ORDER BY 1 ASC FOR NO KEY UPDATE OF "shows_showseat"')
    for query, table in (
        (transitions._lock_seats, "shows_showseat"),
        (transitions._lock_booking, "bookings_booking"),
    ):
        assert "UNION ALL" in query.sql
        assert query.sql.endswith(f'FOR NO KEY UPDATE OF "{table}"')
