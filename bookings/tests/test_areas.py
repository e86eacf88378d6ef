"""General admission: places of areas, booked by quantity."""

from contextlib import nullcontext
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from bookings import printing, services
from bookings.models import BookedSeat, Booking
from bookings.services.holding import retrying
from bookings.tests.assertions import assert_nothing_written
from bookings.tests.factories import hold, statuses
from eventbooking_system.errors import InUse
from eventbooking_system.testing.problems import assert_problem
from eventbooking_system.testing.races import locks_removed, run_at_once
from shows.errors import NotEnoughSeats, SeatsContended
from shows.models import Show, ShowSeat
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import StaffFactory, UserFactory
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory

pytestmark = pytest.mark.django_db
URL = "/api/bookings/"


def arena(*, floor: int = 5, terrace: int = 0, seats: int = 4, **fields: Any) -> Show:
    """Return a row of seats, a floor and a terrace."""
    sizes = {"Floor": floor, "Terrace": terrace}
    document = {
        "rows": [{"row": "A", "seats": seats, "category": "Gold"}] if seats else [],
        "areas": [
            {"name": name, "capacity": capacity, "category": "Standing"}
            for name, capacity in sizes.items()
            if capacity
        ],
    }
    screen = ScreenFactory()
    replace_layout(screen_id=screen.pk, document=document)
    return scheduled_show(screen=screen, **fields)


def taken(show: Show, area: str = "Floor") -> int:
    return ShowSeat.objects.filter(show=show, seat__area=area).exclude(status="available").count()


@pytest.fixture
def client(login):
    return login(UserFactory())


def test_places_are_booked_by_the_quantity_of_their_category(client) -> None:
    show = arena()
    body = {"show_id": show.pk, "quantity": 2, "category": "Standing"}
    quoted = client.post(f"{URL}quote/", body).json()
    booking = client.post(URL, body).json()
    assert (booking["total"], quoted["total"]) == ("500.00", "500.00")
    assert [(seat["row"], seat["number"]) for seat in booking["seats"]] == [("Floor", "")] * 2
    assert taken(show) == 2


def test_seats_and_places_are_booked_together(client) -> None:
    show = arena()
    wanted = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), "areas": {"Floor": 2}}
    answer = client.post(URL, wanted)
    assert answer.status_code == 201
    assert [(seat["row"], seat["number"]) for seat in answer.json()["seats"]] == [
        ("A", "1"), ("Floor", ""), ("Floor", ""),
    ]  # fmt: skip
    assert Booking.objects.get().show_seats.count() == 3


def test_places_of_an_area_by_quantity_exclude_a_place_that_is_named(client) -> None:
    """Its id is known from an earlier booking."""
    show = arena(floor=3)
    place = show.screen.seats.filter(area="Floor").first().pk
    body = {"show_id": show.pk, "seat_ids": [place], "areas": {"Floor": 1}}
    for path, status in (("quote/", 200), ("", 201)):
        answer = client.post(f"{URL}{path}", body)
        assert (answer.status_code, len(set(answer.json()["seat_ids"]))) == (status, 2)
    assert taken(show) == 2
    last = ShowSeat.objects.free().get(show=show, seat__area="Floor").seat_id
    with pytest.raises(NotEnoughSeats):
        block_seats(show_id=show.pk, block=[last], block_areas={"Floor": 1})
    assert taken(show) == 2


def test_seats_and_places_are_booked_all_or_none(client) -> None:
    show = arena(floor=2)
    wanted = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), "areas": {"Floor": 3}}
    problem = assert_problem(client.post(URL, wanted), 409, "not_enough_seats")
    assert (problem["area"], problem["available"]) == ("Floor", 2)
    assert problem["detail"] == "Floor: 3 places were asked for and 2 are free."
    assert_problem(client.post(f"{URL}quote/", wanted), 409, "not_enough_seats")
    assert_nothing_written()


def test_places_are_not_sold_when_a_seat_is_gone(client) -> None:
    show = arena()
    wanted = seat_ids(show, "A1")
    hold(customer=UserFactory(), show_id=show.pk, seat_ids=wanted)
    body = {"show_id": show.pk, "seat_ids": wanted, "areas": {"Floor": 2}}
    assert_problem(client.post(URL, body), 409, "seats_unavailable")
    assert taken(show) == 0


def test_an_area_that_the_show_has_not_is_named(client) -> None:
    show = arena()
    body = {"show_id": show.pk, "areas": {"Balcony": 1}}
    for path in (URL, f"{URL}quote/"):
        problem = assert_problem(client.post(path, body), 400, "invalid", "areas.Balcony")
        assert problem["errors"][0]["code"] == "does_not_exist"
    assert_nothing_written()


def test_the_limit_of_a_booking_counts_places(client) -> None:
    show = arena(max_seats_per_booking=3)
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1", "A2"), "areas": {"Floor": 2}}
    assert_problem(client.post(URL, body), 400, "too_many_seats")
    assert_nothing_written()


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ({}, ["Adult"] * 3),
        ({"Floor": "Child"}, ["Child"] * 3),
        ({"Floor": {"Child": 2}}, ["Child", "Child", "Adult"]),
    ],
)
def test_places_have_ticket_types(client, types: dict[str, Any], expected: list[str]) -> None:
    standing = {"Adult": Decimal(100), "Child": Decimal(50)}
    show = arena(prices={"Gold": {"": Decimal(200)}, "Standing": standing})
    body = {"show_id": show.pk, "areas": {"Floor": 3}, "ticket_types": types}
    quoted = client.post(f"{URL}quote/", body).json()
    booking = client.post(URL, body).json()
    assert [seat["ticket_type"] for seat in booking["seats"]] == expected
    assert booking["total"] == quoted["total"] == f"{sum(standing[name] for name in expected)}.00"


@pytest.mark.parametrize("types", [{"Floor": "Senior"}, {"Floor": {"Adult": 2}}, {"Hall": "Adult"}])
def test_wrong_ticket_types_of_places_are_named(client, types: dict[str, Any]) -> None:
    show = arena()
    body = {"show_id": show.pk, "areas": {"Floor": 1}, "ticket_types": types}
    (area,) = types
    assert_problem(client.post(URL, body), 400, "invalid", f"ticket_types.{area}")
    assert_nothing_written()


def test_by_quantity_seats_come_before_places() -> None:
    show = arena(floor=8, seats=4)
    hold_best = partial(hold, customer=UserFactory(), show_id=show.pk)
    booking = hold_best(quantity=3)
    assert not any(line.show_seat.seat.area for line in booking.lines)
    assert [line.show_seat.seat.area for line in hold_best(quantity=3).lines] == ["Floor"] * 3


def test_a_hall_without_seats_sells_its_places() -> None:
    show = arena(seats=0, floor=3, terrace=4)
    hold_best = partial(hold, customer=UserFactory(), show_id=show.pk)
    # All places are in one area if it has enough, and otherwise in several.
    assert [line.show_seat.seat.area for line in hold_best(quantity=4).lines] == ["Terrace"] * 4
    hold_best(quantity=2)
    with pytest.raises(NotEnoughSeats) as refusal:
        hold_best(quantity=2)
    assert refusal.value.members == {"available": 1}
    assert hold_best(quantity=1).lines[0].show_seat.seat.area == "Floor"


def test_a_party_stands_in_two_areas_if_no_single_one_has_room() -> None:
    show = arena(seats=0, floor=3, terrace=2)
    booking = hold(customer=UserFactory(), show_id=show.pk, quantity=5)
    assert {line.show_seat.seat.area for line in booking.lines} == {"Floor", "Terrace"}


def test_wheelchair_users_are_not_sent_to_stand() -> None:
    show = arena()
    with pytest.raises(NotEnoughSeats):
        hold(customer=UserFactory(), show_id=show.pk, quantity=1, accessible=True)


def test_the_single_seat_rule_is_not_for_places() -> None:
    show = arena(single_seat_rule="strict", floor=3)
    wanted = seat_ids(show, "A1", "A2")
    hold(customer=UserFactory(), show_id=show.pk, seat_ids=wanted, areas={"Floor": 2})
    assert taken(show) == 2


def test_blocked_places_are_not_sold(client) -> None:
    show = arena(floor=3)
    block_seats(show_id=show.pk, block_areas={"Floor": 2}, reason="Too crowded", owner="House")
    problem = assert_problem(
        client.post(URL, {"show_id": show.pk, "areas": {"Floor": 2}}), 409, "not_enough_seats"
    )
    assert problem["available"] == 1
    block_seats(show_id=show.pk, unblock_areas={"Floor": 1})
    assert client.post(URL, {"show_id": show.pk, "areas": {"Floor": 2}}).status_code == 201


def test_the_ticket_of_a_place_names_the_area(client, monkeypatch) -> None:
    """The API and paper name no row or number."""
    body = {"show_id": arena().pk, "areas": {"Floor": 1}}
    booking = client.post(URL, body).json()["id"]
    client.post(f"{URL}{booking}/payments/")
    (ticket,) = client.get(f"{URL}{booking}/tickets/").json()
    assert (ticket["row"], ticket["number"]) == ("Floor", "")
    printed = []
    monkeypatch.setattr(printing, "tickets_pdf", lambda sheets: printed.extend(sheets) or b"")
    client.get(f"{URL}{booking}/tickets.pdf")
    assert [(sheet.area, sheet.row, sheet.number) for sheet in printed] == [("Floor", "", "")]


def test_an_expired_hold_s_places_are_free_again(client) -> None:
    show = arena(floor=2)
    customer = UserFactory()
    booking = hold(customer=customer, show_id=show.pk, areas={"Floor": 2})
    services.cancel_booking(booking_id=booking.pk, cancelled_by=customer)
    assert client.post(URL, {"show_id": show.pk, "areas": {"Floor": 2}}).status_code == 201


# ---- Rivals


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_locks", [True, False])
def test_rival_for_the_last_places_gets_them_only_without_the_lock(
    settings, monkeypatch, has_locks: bool
) -> None:
    """
    A rival asks for the last places before a hold is written.

    Without the lock the rival gets them, and only the guard of the write stops the first customer.
    """
    settings.DATABASE_PREPARES = False
    monkeypatch.setattr(retrying, "MAX_SECONDS", 0)
    locks = nullcontext if has_locks else locks_removed
    show, first, rival = arena(floor=2), UserFactory(), UserFactory()
    rivals: list[Any] = []

    def take(customer: User) -> Booking:
        with locks():
            return hold(customer=customer, show_id=show.pk, areas={"Floor": 2})

    def rival_before_the_write(execute: Any, sql: str, *arguments: Any) -> Any:
        if "INSERT INTO bookings_booking (" in sql and not rivals:
            rivals.extend(run_at_once([partial(take, rival)]))
        return execute(sql, *arguments)

    refusal = nullcontext() if has_locks else pytest.raises(IntegrityError)
    with connection.execute_wrapper(rival_before_the_write), refusal:
        take(first)
    assert [type(result) for result in rivals] == [SeatsContended if has_locks else Booking]
    assert Booking.objects.get().user == (first if has_locks else rival)
    assert BookedSeat.objects.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_rush_for_an_area_refuses_only_parties_larger_than_the_rest(
    long_retries,
) -> None:
    """Parties of one to four, 250 in all, for 150 places."""
    show = arena(floor=150, seats=0)
    sizes = [1, 2, 3, 4] * 25
    results = rush(show, sizes)
    assert {type(result) for result in results} == {Booking, NotEnoughSeats}
    refused = [
        size for size, result in zip(sizes, results, strict=True) if not isinstance(result, Booking)
    ]
    left = ShowSeat.objects.filter(show=show).free().count()
    sold = 250 - sum(refused)
    assert sold == BookedSeat.objects.filter(booking__show=show).count() == 150 - left
    assert all(size > left for size in refused)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_hundred_customers_buy_exactly_as_many_places_as_there_are(long_retries) -> None:
    show = arena(floor=150, seats=0)
    results = rush(show, [2] * 100)
    assert sum(isinstance(result, Booking) for result in results) == 75
    assert sum(isinstance(result, NotEnoughSeats) for result in results) == 25
    assert not ShowSeat.objects.filter(show=show).free().exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_hold_of_places_waits_for_no_lock_and_no_queue() -> None:
    show = arena()
    with CaptureQueriesContext(connection) as queries:
        hold(customer=UserFactory(), show_id=show.pk, areas={"Floor": 2})
    statements = [query["sql"] for query in queries]
    assert sum("SKIP LOCKED" in sql for sql in statements) == 1
    assert not any("pg_advisory" in sql for sql in statements)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_places_stay_blocked_of_a_show_that_is_cancelled_just_before_they_are_locked() -> None:
    show, chief = arena(floor=3), StaffFactory()
    block_seats(show_id=show.pk, block_areas={"Floor": 2})

    def cancelled_before_the_lock(execute: Any, sql: str, *arguments: Any) -> Any:
        if "SKIP LOCKED" in sql:
            run_at_once([partial(services.cancel_show, show_id=show.pk, cancelled_by=chief)])
        return execute(sql, *arguments)

    with connection.execute_wrapper(cancelled_before_the_lock), pytest.raises(InUse):
        block_seats(show_id=show.pk, unblock_areas={"Floor": 1})
    assert statuses(show) == {"blocked"}


def rush(show: Show, sizes: list[int], *, at_once: int = 10) -> list[Any]:
    """Run one customer for each size, some at a time."""
    customers = UserFactory.create_batch(len(sizes))
    results: list[Any] = [None] * len(sizes)

    def serve(first: int) -> None:
        for index in range(first, len(sizes), at_once):
            try:
                results[index] = hold(
                    customer=customers[index], show_id=show.pk, areas={"Floor": sizes[index]}
                )
            except Exception as error:
                results[index] = error

    run_at_once([partial(serve, first) for first in range(min(at_once, len(sizes)))])
    return results
