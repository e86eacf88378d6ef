"""Races between requests with real commits. The first test shows that they can fail."""

import itertools
import random
from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models.functions import Now

from bookings import checkout, services
from bookings.models import BookedSeat, Booking, Payment, Refund
from bookings.tests.factories import confirmed, held, hold, run_out
from eventbooking_system.errors import InUse
from eventbooking_system.testing.races import locks_removed, run_at_once
from shows.errors import LeavesSingleSeat, NotEnoughSeats, SeatsUnavailable
from shows.models import Show, ShowSeat
from shows.selectors import hall_with_free_seats
from shows.services import change_show
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def assert_no_seat_sold_twice(show: Show) -> None:
    """Assert that each seat has at most one live booking. A held or booked seat has exactly one."""
    live = BookedSeat.objects.filter(
        booking__show=show, booking__status__in=["pending", "confirmed"]
    ).exclude(booking__status="pending", booking__expires_at__lte=Now())
    owners = list(live.values_list("show_seat", "booking"))
    assert len({seat for seat, _ in owners}) == len(owners)
    taken = ShowSeat.objects.filter(show=show, status__in=["held", "booked"])
    assert sorted(owners) == sorted(taken.values_list("pk", "booking"))


@pytest.mark.sqlite
@pytest.mark.postgres
def test_rival_for_a_seat_gets_it_without_the_lock(settings) -> None:
    """Without the lock a rival is first, and the guard refuses."""
    settings.DATABASE_PREPARES = False
    show, first, rival = scheduled_show(), UserFactory(), UserFactory()
    wanted = seat_ids(show, "A1", "A2")
    rivals: list[Any] = []

    def take(customer: User) -> Booking:
        with locks_removed():
            return hold(customer=customer, show_id=show.pk, seat_ids=wanted)

    def rival_before_the_write(execute: Any, sql: str, *arguments: Any) -> Any:
        if "INSERT INTO bookings_booking (" in sql and not rivals:
            rivals.extend(run_at_once([partial(take, rival)]))
        return execute(sql, *arguments)

    with connection.execute_wrapper(rival_before_the_write), pytest.raises(IntegrityError):
        take(first)
    assert Booking.objects.get().user == rival
    assert_no_seat_sold_twice(show)


@pytest.mark.sqlite
@pytest.mark.postgres
def test_the_schema_refuses_a_second_row_for_a_seat() -> None:
    show = scheduled_show()
    seat = ShowSeat.objects.filter(show=show).first()
    with pytest.raises(IntegrityError, match="shows_showseat_unique_seat"):
        ShowSeat.objects.create(show=show, seat_id=seat.seat_id, price=1)


@pytest.mark.sqlite
@pytest.mark.parametrize("attempt", range(5))
def test_one_of_twelve_customers_gets_the_same_seats(login, attempt: int) -> None:
    """Half of the customers name the seats in the other order."""
    show = scheduled_show()
    wanted = seat_ids(show, "A1", "A2")
    clients = [login(customer) for customer in UserFactory.create_batch(12)]
    answers = run_at_once(
        [
            partial(client.post, "/api/bookings/", {"show_id": show.pk, "seat_ids": order})
            for client, order in zip(clients, itertools.cycle([wanted, wanted[::-1]]))
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    lost = [answer.json() for answer in answers if answer.status_code == 409]
    assert {problem["code"] for problem in lost} == {"seats_unavailable"}
    assert all(problem["unavailable_seat_ids"] == wanted for problem in lost)
    assert_no_seat_sold_twice(show)


def test_overlapping_holds_sell_a_hall_out_and_no_seat_twice(login) -> None:
    show = scheduled_show(rows={"A": 10, "B": 10})
    seats = seat_ids(show)
    clients = [login(customer) for customer in UserFactory.create_batch(8)]

    def hold_at_random(client) -> list[int]:
        chance = random.Random(id(client))
        statuses = []
        for _ in range(10):
            start = chance.randrange(len(seats) - 2)
            wanted = seats[start : start + 3]
            chance.shuffle(wanted)
            answer = client.post("/api/bookings/", {"show_id": show.pk, "seat_ids": wanted})
            statuses.append(answer.status_code)
        # Only single seats are left, and every customer tries all of them.
        for seat in chance.sample(seats, len(seats)):
            body = {"show_id": show.pk, "seat_ids": [seat]}
            statuses.append(client.post("/api/bookings/", body).status_code)
        return statuses

    results = run_at_once([partial(hold_at_random, client) for client in clients])
    assert set(itertools.chain.from_iterable(results)) == {201, 409}
    assert not ShowSeat.objects.filter(show=show).free().exists()
    assert_no_seat_sold_twice(show)


@pytest.mark.sqlite
def test_eight_requests_with_one_key_make_one_booking(login) -> None:
    show = scheduled_show()
    client_of = login(UserFactory())
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    calls = [
        partial(client_of.post, "/api/bookings/", body, headers={"Idempotency-Key": "once"})
        for _ in range(8)
    ]
    answers = run_at_once(calls)
    created = [answer for answer in answers if answer.status_code == 201]
    others = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    assert Booking.objects.count() == 1
    assert others <= {"idempotency_in_flight"}
    assert len({answer.content for answer in created}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in created) == 1


@pytest.mark.sqlite
def test_an_expired_hold_is_taken_over_by_one_of_its_rivals() -> None:
    show = scheduled_show()
    old = held("A1", "A2", show=show)
    run_out(old)
    customers = UserFactory.create_batch(6)
    wanted = seat_ids(show, "A1", "A2")
    results = run_at_once(
        [
            partial(hold, customer=customer, show_id=show.pk, seat_ids=wanted)
            for customer in customers
        ]
        + [services.expire_bookings]
    )
    assert sum(isinstance(result, Booking) for result in results) == 1
    assert sum(isinstance(result, SeatsUnavailable) for result in results) == 5
    assert_no_seat_sold_twice(show)


@pytest.mark.sqlite
def test_a_simultaneous_payment_and_cancellation_leave_money_and_seats_consistent() -> None:
    for _ in range(5):
        booking = held(show=scheduled_show())
        run_at_once(
            [
                partial(checkout.pay, booking_id=booking.pk, payment_method="pm_card_visa"),
                partial(checkout.cancel, booking_id=booking.pk, cancelled_by=booking.user),
            ]
        )
        booking.refresh_from_db()
        # The cancellation may also come after the payment, because a confirmed booking can be cancelled.
        captured = sum(p.amount for p in Payment.objects.filter(booking=booking, status="refunded"))
        refunded = sum(r.amount for r in Refund.objects.filter(booking=booking))
        if booking.status == "cancelled":
            assert captured == refunded
            assert not ShowSeat.objects.filter(booking=booking).exists()
        else:
            assert booking.status == "confirmed"
            assert ShowSeat.objects.filter(booking=booking, status="booked").count() == 2


@pytest.mark.sqlite
def test_two_payments_at_once_confirm_once_and_charge_once() -> None:
    booking = held()
    pay = partial(checkout.pay, booking_id=booking.pk, payment_method="pm_card_visa")
    run_at_once([pay] * 6)
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    assert booking.payments.filter(status="succeeded").count() == 1
    assert booking.payments.count() == 1


@pytest.mark.sqlite
def test_cancelling_a_show_while_it_sells_leaves_nothing_sold() -> None:
    show = scheduled_show(rows={"A": 12})
    seats, staff = seat_ids(show), StaffFactory()
    customers = UserFactory.create_batch(12)
    confirmed("A12", show=show)
    run_at_once(
        [
            partial(hold, customer=customer, show_id=show.pk, seat_ids=[seat])
            for customer, seat in zip(customers, seats, strict=True)
        ]
        + [partial(checkout.cancel_show, show_id=show.pk, cancelled_by=staff)]
    )
    assert set(ShowSeat.objects.filter(show=show).values_list("status", flat=True)) == {"blocked"}
    assert not Booking.objects.filter(show=show, status__in=["pending", "confirmed"]).exists()


@pytest.mark.sqlite
def test_best_available_in_a_rush_seats_everyone() -> None:
    show = scheduled_show(rows={"A": 8, "B": 8})
    customers = UserFactory.create_batch(8)
    results = run_at_once(
        [partial(hold, customer=customer, show_id=show.pk, quantity=2) for customer in customers]
    )
    assert all(isinstance(result, Booking) for result in results)
    assert_no_seat_sold_twice(show)


@pytest.mark.sqlite
@pytest.mark.postgres
@pytest.mark.parametrize("rule", ["off", "strict"])
def test_a_rush_for_the_best_seats_sells_the_hall_out_and_leaves_no_gaps(
    long_retries, rule: str
) -> None:
    """
    Book for parties of 2 to 6 until the hall is full.

    Only parties larger than the rest are refused.
    """
    show = scheduled_show(rows=dict.fromkeys("ABCDE", 12), single_seat_rule=rule)
    customers = UserFactory.create_batch(24)
    sizes = [2, 3, 4, 5, 6, 2] * 4
    calls = [
        partial(hold, customer=customer, show_id=show.pk, quantity=size)
        for customer, size in zip(customers, sizes, strict=True)
    ]
    results = run_at_once(calls)
    assert {type(result) for result in results} <= {Booking, NotEnoughSeats}
    left = ShowSeat.objects.filter(show=show).free().count()
    refused = [
        size for size, result in zip(sizes, results, strict=True) if not isinstance(result, Booking)
    ]
    if rule == "off":
        assert all(size > left for size in refused)
    assert_no_seat_sold_twice(show)
    hall, free = hall_with_free_seats(show.pk)
    in_row = Counter(place.row for place in hall.of(free))
    gaps = [run[0] for run in hall.runs(free) if len(run) == 1 and in_row[run[0].row] > 1]
    assert rule == "off" or not gaps


@pytest.mark.sqlite
@pytest.mark.postgres
def test_neighbours_at_once_cannot_leave_a_gap_that_the_rule_forbids() -> None:
    """Each of the two leaves no single seat; both together would."""
    for _ in range(5):
        show = scheduled_show(rows={"A": 9}, single_seat_rule="strict")
        calls = [
            partial(
                hold,
                customer=UserFactory(),
                show_id=show.pk,
                seat_ids=seat_ids(show, *labels),
            )
            for labels in (("A1", "A2", "A3"), ("A5", "A6"))
        ]
        results = run_at_once(calls)
        assert sum(isinstance(result, Booking) for result in results) == 1
        assert sum(isinstance(result, LeavesSingleSeat) for result in results) == 1


@pytest.mark.sqlite
@pytest.mark.postgres
def test_the_currency_cannot_change_if_a_hold_locks_its_seats_first() -> None:
    show = scheduled_show()

    def booked_before_the_lock(execute, sql: str, *arguments):
        if "shows_showseat" in sql and "FOR NO KEY UPDATE" in sql and not Booking.objects.exists():
            run_at_once([partial(held, show=show)])
        return execute(sql, *arguments)

    yen = {"currency": "JPY", "prices": {"Gold": {"": Decimal(400)}}}
    refusal = pytest.raises(InUse, match="with bookings")
    with connection.execute_wrapper(booked_before_the_lock), refusal:
        change_show(show_id=show.pk, **yen)
    show.refresh_from_db()
    assert (show.currency, Booking.objects.get().currency) == ("INR", "INR")
