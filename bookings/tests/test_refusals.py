"""The refusal of taken seats, and the seats offered instead."""

import random
from functools import partial
from typing import Any

import pytest
from django.db import connection

from bookings.models import Booking, IdempotencyKey
from bookings.services.holding import refusals
from bookings.tests.factories import held, hold, run_out
from eventbooking_system.testing.problems import assert_problem
from eventbooking_system.testing.races import run_at_once
from shows.errors import SeatsUnavailable
from shows.halls import get_hall
from shows.models import Show
from shows.seating import alternatives
from shows.selectors import hall_with_free_seats
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids
from users.new_accounts import is_new
from users.tests.factories import StaffFactory, UserFactory
from venues.models import Seat
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, hall

pytestmark = pytest.mark.django_db
URL = "/api/bookings/"


def refusal_of(show: Show, wanted: list[int]) -> SeatsUnavailable:
    before = Booking.objects.count()
    with pytest.raises(SeatsUnavailable) as refusal:
        hold(customer=UserFactory(), show_id=show.pk, seat_ids=wanted)
    assert Booking.objects.count() == before
    return refusal.value


@pytest.mark.parametrize("rule", ["off", "lenient", "strict"])
@pytest.mark.parametrize("sold", [0.2, 0.6, 0.95])
def test_alternatives_among_the_seats_near_by_are_those_of_the_whole_hall(
    monkeypatch, sold, rule
) -> None:
    chance = random.Random(f"{sold}{rule}")
    show = scheduled_show(rows=dict.fromkeys("ABCDEF", 12), single_seat_rule=rule)
    scheduled_show(event=show.event, screen=hall({"A": 3}, venue=show.screen.venue))
    seats = seat_ids(show)
    taken = [seat_id for seat_id in seats if chance.random() < sold]
    block_seats(show_id=show.pk, block=taken)
    for size in (1, 2, 2, 3, 5):
        first = chance.randrange(len(seats) - size)
        wanted = [*seats[first : first + size - 1], chance.choice(taken)][::-1]
        wanted = list(dict.fromkeys(wanted))
        lost = [seat_id for seat_id in sorted(wanted) if seat_id in taken]
        the_hall, free = hall_with_free_seats(show.pk)
        offered = alternatives(the_hall, free - set(lost), sorted(wanted), rule=rule)
        for reach in (0, 12, 400):
            monkeypatch.setattr(refusals, "REACH", reach)
            refusal = refusal_of(show, wanted)
            assert refusal.members["unavailable_seat_ids"] == lost
            assert refusal.members["alternatives"] == offered, reach


@pytest.mark.postgres
def test_a_refusal_takes_three_round_trips(
    transactional_db, login, django_assert_num_queries
) -> None:
    """
    The three are the read, the alternatives, and the kept answer.

    The read comes with the locks, and the alternatives with the ROLLBACK.
    """
    screen = ScreenFactory()
    rows = [{"row": name, "seats": 8, "category": "Gold"} for name in "ABC"]
    replace_layout(screen_id=screen.pk, document={"rows": rows})
    show, client = scheduled_show(screen=screen), login(UserFactory())
    get_hall(show.pk)
    held("A1", show=show)
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1", "A2")}
    is_new(0)  # This is read once a minute.
    # Django notes the BEGIN, which is not sent by itself.
    with django_assert_num_queries(4):
        answer = client.post(URL, body, headers={"Idempotency-Key": "once"})
    assert answer.json()["code"] == "seats_unavailable"
    assert len(answer.json()["alternatives"]) == 3
    assert IdempotencyKey.objects.get().status == 409


def test_seats_that_were_refused_can_be_had_once_they_are_free(login) -> None:
    show, client = scheduled_show(), login(UserFactory())
    booking = held("A1", show=show)
    wanted = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    assert client.post(URL, wanted).status_code == 409
    run_out(booking)
    assert client.post(URL, wanted).status_code == 201


@pytest.mark.sqlite
def test_seat_that_was_released_after_the_refusal_is_not_offered(
    transactional_db, settings
) -> None:
    settings.DATABASE_PREPARES = False
    show = scheduled_show(rows={"A": 4})
    booking = held("A1", "A2", show=show)
    released: list[int] = []

    def release_before_the_search(execute: Any, sql: str, *arguments: Any) -> Any:
        is_search = "string_agg" in sql or "group_concat" in sql
        if is_search and not released:
            released.append(booking.pk)
            if sql.startswith("ROLLBACK; "):
                execute("ROLLBACK", None, *arguments[1:])
                sql = sql.removeprefix("ROLLBACK; ")
            run_at_once([partial(run_out, booking)])
        return execute(sql, *arguments)

    connection.close()
    with connection.execute_wrapper(release_before_the_search):
        refusal = refusal_of(show, seat_ids(show, "A1", "A2"))
    assert released
    assert refusal.members["unavailable_seat_ids"] == seat_ids(show, "A1", "A2")
    assert refusal.members["alternatives"] == [seat_ids(show, "A3", "A4")]


def test_unknown_seats_are_refused_before_taken_ones(login) -> None:
    show = scheduled_show()
    held("A1", show=show)
    for unknown in (seat_ids(scheduled_show(), "A1"), [2**63 - 1]):
        body = {"show_id": show.pk, "seat_ids": [*seat_ids(show, "A1"), *unknown]}
        answer = login(UserFactory()).post(URL, body)
        assert (answer.json()["code"], answer.json()["seat_ids"]) == ("seats_not_in_show", unknown)
    assert Booking.objects.count() == 1


def test_staff_who_may_take_blocked_seats_are_not_refused(login) -> None:
    show = scheduled_show()
    block_seats(show_id=show.pk, block=seat_ids(show, "A1"))
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    assert login(UserFactory()).post(URL, body).status_code == 409
    assert login(StaffFactory(is_superuser=True)).post(URL, body).status_code == 201


@pytest.mark.sqlite
def test_seats_whose_ids_lie_far_apart_are_offered(django_assert_max_num_queries) -> None:
    """A hall may get a new row in front of the others."""
    screen = hall({"B": 4})
    of_row = {"screen": screen, "category": screen.seats.first().category, "row": "A", "y": -1}
    for number in range(1, 5):
        Seat.objects.create(pk=10**15 + number, number=str(number), x=number, **of_row)
    show = scheduled_show(screen=screen)
    held("B1", "B2", show=show)
    with django_assert_max_num_queries(20):
        refusal = refusal_of(show, seat_ids(show, "B1", "B2"))
    assert refusal.members["alternatives"] == [
        seat_ids(show, "A1", "A2"), seat_ids(show, "B3", "B4"), seat_ids(show, "A3", "A4"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"email_verified_at": None}, 403), ({}, 201)],
)
def test_a_show_may_be_sold_to_confirmed_accounts_only(login, fields, status) -> None:
    show = scheduled_show(needs_confirmed_account=True)
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    answer = login(UserFactory(**fields)).post("/api/bookings/", body)
    assert answer.status_code == status
    assert Booking.objects.count() == (status == 201)
    if status == 403:
        assert_problem(answer, 403, "account_required")
