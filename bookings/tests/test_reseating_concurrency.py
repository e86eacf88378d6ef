"""Staff reseat, swap and move while others book and come in. The first test is the control."""

from functools import partial
from typing import Any

import pytest
from django.db import connection

from bookings import services
from bookings.errors import AlreadyCheckedIn, CannotSeat, TicketNotValid
from bookings.models import Booking, Ticket
from bookings.selectors import payload_of
from bookings.services import Shown
from bookings.tests.factories import confirmed, hold, show_soon, ticket_of
from bookings.tests.soundness import broken
from eventbooking_system.errors import Busy
from eventbooking_system.testing.races import locks_removed, run_at_once
from shows.errors import SeatsNotInShow, SeatsUnavailable
from shows.models import Show, ShowSeat
from shows.services import change_show
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory, UserFactory
from venues.tests.factories import hall

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def seat(show: Show, label: str) -> int:
    return seat_ids(show, label)[0]


def reseat(ticket: Ticket, seat_id: int) -> Ticket:
    return services.reseat_ticket(ticket_id=ticket.pk, seat_id=seat_id)


def test_a_rival_takes_the_seat_before_the_write_without_the_lock(settings) -> None:
    """The guard of the write refuses a seat booked meanwhile."""
    settings.DATABASE_PREPARES = False
    show = scheduled_show()
    ticket, rival = ticket_of(confirmed("A1", show=show)), UserFactory()
    wanted = seat(show, "B1")
    rivals: list[Any] = []

    def take() -> Booking:
        with locks_removed():
            return hold(customer=rival, show_id=show.pk, seat_ids=[wanted])

    def rival_before_the_write(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith('UPDATE "shows_showseat"') and not rivals:
            rivals.extend(run_at_once([take]))
        return execute(sql, *arguments)

    before_the_write = connection.execute_wrapper(rival_before_the_write)
    refused = pytest.raises(RuntimeError, match="changed under their lock")
    with locks_removed(), before_the_write, refused:
        reseat(ticket, wanted)
    assert isinstance(rivals[0], Booking)
    assert ShowSeat.objects.get(show=show, seat=wanted).booking_id == rivals[0].pk
    assert Ticket.objects.get(pk=ticket.pk).version == 1
    assert list(broken()) == []


@pytest.mark.parametrize("attempt", range(4))
def test_one_of_staff_and_customers_gets_the_seat(attempt: int) -> None:
    show = scheduled_show()
    tickets = [ticket_of(confirmed(label, show=show)) for label in ("A1", "A2", "A3")]
    wanted, customers = seat(show, "B1"), UserFactory.create_batch(3)
    calls = [partial(reseat, ticket, wanted) for ticket in tickets] + [
        partial(hold, customer=customer, show_id=show.pk, seat_ids=[wanted])
        for customer in customers
    ]
    results = run_at_once(calls[::-1] if attempt % 2 else calls)
    assert sum(isinstance(result, (Ticket, Booking)) for result in results) == 1
    lost = [result for result in results if isinstance(result, Exception)]
    assert {type(error) for error in lost} == {SeatsUnavailable}
    assert list(broken()) == []


def test_swaps_in_a_circle_end_with_one_ticket_on_each_seat() -> None:
    show = scheduled_show()
    labels = ("A1", "A2", "A3", "A4")
    tickets = [ticket_of(confirmed(label, show=show)) for label in labels]
    pairs = list(zip(tickets, [*tickets[1:], tickets[0]], strict=True))

    def swap(first: Ticket, second: Ticket) -> Any:
        return services.swap_seats(show_id=show.pk, ticket_ids=[first.pk, second.pk])

    for _ in range(3):
        results = run_at_once([partial(swap, *pair) for pair in pairs])
        errors = [result for result in results if isinstance(result, Exception)]
        assert {type(error) for error in errors} <= {Busy}
        assert len(errors) < len(pairs)
        now = Ticket.objects.with_show_and_seat().filter(pk__in=[each.pk for each in tickets])
        assert sorted(str(ticket.seat) for ticket in now) == sorted(labels)
        assert list(broken()) == []


@pytest.mark.parametrize("attempt", range(6))
def test_a_ticket_comes_in_or_gets_another_seat(attempt: int) -> None:
    show, staff = show_soon(), StaffFactory()
    ticket = ticket_of(confirmed("A1", show=show))
    payload = payload_of(ticket)
    scan, moved = run_at_once(
        [
            partial(services.check_in, shown=Shown(payload), by=staff),
            partial(reseat, ticket, seat(show, "B1")),
        ]
    )
    now = ticket_of(ticket.booking)
    if isinstance(moved, AlreadyCheckedIn):
        assert scan.outcome == "admitted" and str(now.seat) == "A1"
    else:
        assert isinstance(scan, TicketNotValid) and now.checked_in_at is None
        assert str(now.seat) == "B1"
    assert list(broken()) == []


def test_a_cancellation_and_a_reseat_leave_seats_and_tickets_agreeing() -> None:
    for _ in range(5):
        show = scheduled_show()
        booking = confirmed("A1", "A2", show=show)
        cancel = partial(services.cancel_booking, booking_id=booking.pk, cancelled_by=booking.user)
        cancelled, moved = run_at_once(
            [cancel, partial(reseat, ticket_of(booking), seat(show, "B1"))]
        )
        assert isinstance(cancelled, Booking)
        assert isinstance(moved, (Ticket, TicketNotValid))
        assert not ShowSeat.objects.filter(show=show, status="booked").exists()
        assert list(broken()) == []


def test_customers_who_book_while_a_show_moves_have_seats_of_one_hall() -> None:
    show = scheduled_show(rows={"A": 8})
    screen = hall({"A": 8}, venue=show.screen.venue)
    customers = UserFactory.create_batch(6)
    wanted = seat_ids(show)
    results = run_at_once(
        [
            partial(hold, customer=customer, show_id=show.pk, seat_ids=wanted[index : index + 2])
            for index, customer in enumerate(customers)
        ]
        + [partial(services.move_show, show_id=show.pk, screen=screen.pk)]
    )
    refused = [result for result in results if isinstance(result, Exception)]
    assert {type(error) for error in refused} <= {SeatsUnavailable, SeatsNotInShow}
    assert not isinstance(results[-1], Exception)
    seats = ShowSeat.objects.filter(show=show)
    assert set(seats.values_list("seat__screen", flat=True)) == {screen.pk}
    assert list(broken()) == []


def test_a_move_is_planned_again_when_a_customer_books_before_the_lock() -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    screen, rival = hall(venue=show.screen.venue), UserFactory()
    rivals: list[Any] = []

    def rival_before_the_lock(execute: Any, sql: str, *arguments: Any) -> Any:
        if not rivals and sql.startswith('SELECT "shows_showseat"') and "FOR NO KEY" in sql:
            wanted = seat_ids(show, "B1", "B2")
            rivals.extend(
                run_at_once([partial(hold, customer=rival, show_id=show.pk, seat_ids=wanted)])
            )
        return execute(sql, *arguments)

    with connection.execute_wrapper(rival_before_the_lock):
        moved = services.move_show(show_id=show.pk, screen=screen.pk)
    assert isinstance(rivals[0], Booking)
    assert [row.booking for row in moved.reseated].count(rivals[0].pk) == 2
    assert list(broken()) == []


def test_moves_and_changes_at_once_leave_the_show_on_one_screen() -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    screens = [hall(venue=show.screen.venue).pk for _ in range(3)]
    calls = [partial(services.move_show, show_id=show.pk, screen=screen) for screen in screens]
    results = run_at_once([*calls, partial(change_show, show_id=show.pk, language="Hindi")])
    errors = {type(result) for result in results if isinstance(result, Exception)}
    assert errors <= {Busy, CannotSeat}
    show.refresh_from_db()
    seats = ShowSeat.objects.filter(show=show)
    assert set(seats.values_list("seat__screen", flat=True)) == {show.screen_id}
    assert list(broken()) == []


def test_the_seats_are_locked_in_one_statement_and_before_the_booking(
    django_assert_max_num_queries,
) -> None:
    show = scheduled_show()
    first, second = (ticket_of(confirmed(label, show=show)) for label in ("A1", "A2"))
    with django_assert_max_num_queries(60) as queries:
        services.swap_seats(show_id=show.pk, ticket_ids=[second.pk, first.pk])
    locks = [sql for sql in (row["sql"] for row in queries) if " FOR NO KEY UPDATE" in sql]
    tables = [sql.rpartition("FOR NO KEY UPDATE OF ")[2].strip('"; ') for sql in locks]
    assert tables[:3] == ["shows_showseat", "bookings_booking", "bookings_ticket"]
    assert all("ORDER BY" in sql for sql in locks)
