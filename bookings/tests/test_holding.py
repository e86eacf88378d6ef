"""The writes of a hold, and refusals that write nothing."""

import itertools
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from bookings import services
from bookings.models import BookedSeat, Booking
from bookings.services import Caller, SeatRequest
from bookings.services.holding import writing
from bookings.tests.factories import confirmed, held, hold, run_out
from bookings.tests.obstacles import (
    another_password,
    changed,
    deactivated,
    ended,
    somebody_else,
    unpublished,
)
from eventbooking_system.errors import DomainError
from shows import selectors
from shows.errors import NotEnoughSeats
from shows.models import Show, ShowSeat
from shows.services import block_seats, stock
from shows.tests.factories import scheduled_show, seat_ids, write_state
from users.errors import TokenInvalid
from users.tests.factories import StaffFactory, UserFactory
from users.tokens import bearer_of, start_session

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite
def test_a_hold_clears_what_an_expired_hold_or_block_left() -> None:
    show = scheduled_show()
    run_out(held("A1", show=show))
    block_seats(
        show_id=show.pk, block=seat_ids(show, "A2"), reason="House", release_minutes=60 * 48
    )
    booking = held("A1", "A2", show=show)
    seats = ShowSeat.objects.filter(booking=booking)
    assert (
        list(seats.values_list("status", "block_reason", "released_at")) == [("held", "", None)] * 2
    )


def a_seat_taken(show: Show) -> None:
    held("A2", show=show)


def a_seat_booked(show: Show) -> None:
    confirmed("A2", show=show)


def a_seat_blocked(show: Show) -> None:
    block_seats(show_id=show.pk, block=seat_ids(show, "A2"))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("obstacle", "code"),
    [
        (a_seat_taken, "seats_unavailable"),
        (a_seat_booked, "seats_unavailable"),
        (a_seat_blocked, "seats_unavailable"),
        (unpublished, "invalid"),
        (changed(max_seats_per_booking=1), "too_many_seats"),
        (changed(sales_open_at="2999-01-01T00:00Z"), "show_not_on_sale"),
        (changed(sales_close_at="2020-01-01T00:00Z"), "show_not_on_sale"),
        (changed(start_time="2020-01-01T00:00Z"), "show_not_on_sale"),
        (changed(status="cancelled", cancelled_at="2020-01-01T00:00Z"), "show_not_on_sale"),
    ],
)
def test_a_hold_that_is_refused_writes_nothing(obstacle, code) -> None:
    show = scheduled_show()
    obstacle(show)
    before = Booking.objects.count(), BookedSeat.objects.count()
    with pytest.raises(DomainError) as refusal:
        held("A1", "A2", show=show)
    assert refusal.value.code == code
    assert (Booking.objects.count(), BookedSeat.objects.count()) == before
    assert ShowSeat.objects.get(show=show, seat=seat_ids(show, "A1")[0]).status == "available"


@pytest.mark.sqlite
def test_a_hold_past_the_limits_of_an_account_writes_nothing(settings) -> None:
    show, customer = scheduled_show(), UserFactory()
    settings.BOOKINGS_MAX_PENDING = 1
    first = held("A1", show=show, customer=customer)
    with pytest.raises(DomainError, match="You hold many seats"):
        held("A2", show=show, customer=customer)
    held("A2", show=show)
    settings.BOOKINGS_MAX_PENDING, settings.BOOKINGS_MAX_GIVEN_UP = 20, 1
    run_out(first)
    with pytest.raises(DomainError, match="without paying"):
        held("A3", show=show, customer=customer)
    assert Booking.objects.filter(user=customer).count() == 1


@pytest.mark.sqlite
def test_seats_of_another_show_are_refused_and_nothing_is_held() -> None:
    show, other = scheduled_show(), scheduled_show()
    for unknown in (seat_ids(other, "A1"), [10**15]):
        with pytest.raises(DomainError) as refusal:
            hold(
                customer=UserFactory(),
                show_id=show.pk,
                seat_ids=[*seat_ids(show, "A1"), *unknown],
            )
        assert refusal.value.members == {"seat_ids": unknown}
    assert not Booking.objects.exists()


@pytest.mark.sqlite
def test_staff_hold_blocked_seats_and_customers_do_not() -> None:
    show = scheduled_show()
    a_seat_blocked(show)
    with pytest.raises(DomainError):
        held("A2", show=show)
    booking = held("A2", show=show, customer=StaffFactory())
    assert ShowSeat.objects.get(booking=booking).status == "held"


def test_a_hold_is_refused_inside_another_transaction(transactional_db) -> None:
    show, customer = scheduled_show(), UserFactory()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        held("A1", show=show, customer=customer)
    assert not Booking.objects.exists()


@pytest.mark.sqlite
@pytest.mark.parametrize("end", [ended, deactivated, another_password, somebody_else])
@pytest.mark.parametrize("wanted", [{"seat_ids": ["A1"]}, {"quantity": 1}])
def test_a_login_that_has_ended_holds_nothing(end, wanted) -> None:
    show, customer = scheduled_show(), UserFactory()
    login = bearer_of(start_session(customer).access)
    end(customer)
    if "seat_ids" in wanted:
        wanted = {"seat_ids": seat_ids(show, *wanted["seat_ids"])}
    with pytest.raises(TokenInvalid):
        services.hold(
            caller=Caller(login.pk, login.session_id), wanted=SeatRequest(show.pk, **wanted)
        )
    assert not Booking.objects.exists()


@pytest.mark.sqlite
@pytest.mark.postgres
def test_the_write_fails_as_a_whole_where_a_seat_was_lost(transactional_db, settings) -> None:
    """The UPDATE's guard and the COMMIT refuse what a lock missed."""
    settings.DATABASE_PREPARES = False
    show = scheduled_show()
    rival = held("A3", show=show)
    seat = ShowSeat.objects.filter(show=show, seat__number="1")
    lost: list[str] = []

    def lose_the_seat_before_the_write(execute: Any, sql: str, *arguments: Any) -> Any:
        if "INSERT INTO bookings_booking (" in sql and not lost:
            lost.append(sql)
            write_state(seat, status="booked", booking=rival)
        return execute(sql, *arguments)

    connection.close()
    with (
        connection.execute_wrapper(lose_the_seat_before_the_write),
        pytest.raises(IntegrityError),
    ):
        held("A1", "A2", show=show)
    assert lost
    assert Booking.objects.get() == rival
    assert not ShowSeat.objects.filter(show=show, seat__number="2").exclude(status="available")


@pytest.mark.sqlite
@pytest.mark.postgres
def test_the_seats_in_the_write_are_those_that_the_writer_of_seats_holds() -> None:
    assert stock.hold_sql() in writing._statement().sql


@pytest.mark.sqlite
def test_a_reference_that_exists_is_drawn_again(monkeypatch) -> None:
    show = scheduled_show()
    existing = held("A1", show=show).reference
    references = itertools.chain([existing], iter(lambda: "ABCD-EFGH", None))
    monkeypatch.setattr("bookings.services.holding.new_reference", lambda: next(references))
    assert held("A2", show=show).reference == "ABCD-EFGH"


def test_best_seats_are_the_best_of_the_whole_hall_until_it_is_sold_out() -> None:
    """The seats read first may be gone, or others released."""
    show = scheduled_show(rows=dict.fromkeys("ABCDEFGHIJ", 4))
    bookings = []
    for turn in range(20):
        party = selectors.party_of(show, quantity=2)
        best = selectors.best_seats(show=show, party=party)
        bookings.append(hold(customer=UserFactory(), show_id=show.pk, quantity=2))
        assert [line.show_seat.seat_id for line in bookings[-1].lines] == sorted(best.seat_ids)
        if turn == 12:  # Seats in front are free again.
            for booking in bookings[:2]:
                stock.release(show_id=show.pk, booking_id=booking.pk)
            bookings = []
    for _ in range(2):  # These seats were released.
        hold(customer=UserFactory(), show_id=show.pk, quantity=2)
    with pytest.raises(NotEnoughSeats):
        hold(customer=UserFactory(), show_id=show.pk, quantity=2)
