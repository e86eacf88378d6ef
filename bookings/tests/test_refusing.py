"""Taken seats refused at once: the same refusal as the long way gives, or none."""

import random

import pytest

from bookings import services
from bookings.models import IdempotencyKey
from bookings.services import refusing
from bookings.services.refusing import refuse_taken
from bookings.tests.factories import bearer, held, run_out
from bookings.tests.obstacles import (
    another_password,
    changed,
    deactivated,
    ended,
    somebody_else,
    unpublished,
)
from shows.errors import SeatsUnavailable
from shows.halls import get_hall
from shows.models import Show, ShowSeat
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import StaffFactory, UserFactory
from venues.models import Seat
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, hall

pytestmark = pytest.mark.django_db
URL = "/api/bookings/"
KEY = {"Idempotency-Key": "once"}


def refusal_at_once(show: Show, wanted: list[int], customer: User | None = None):
    with pytest.raises(SeatsUnavailable) as refusal:
        refuse_taken(bearer=bearer(customer or UserFactory()), show_id=show.pk, seat_ids=wanted)
    return refusal.value


def refusal_the_long_way(show: Show, wanted: list[int]):
    with pytest.raises(SeatsUnavailable) as refusal:
        services.hold_seats(customer=UserFactory(), show_id=show.pk, seat_ids=wanted)
    return refusal.value


@pytest.fixture(params=[0, 12, None], ids=["seen: few", "seen: some", "seen: as usual"])
def reach(request, monkeypatch) -> None:
    if request.param is not None:
        monkeypatch.setattr(refusing, "_ROWS", 0)
        monkeypatch.setattr(refusing, "_REACH", request.param)


@pytest.mark.parametrize("rule", ["off", "lenient", "strict"])
@pytest.mark.parametrize("sold", [0.2, 0.6, 0.95])
def test_refused_at_once_it_is_the_refusal_that_the_long_way_gives(reach, sold, rule) -> None:
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
        refusal, expected = refusal_at_once(show, wanted), refusal_the_long_way(show, wanted)
        assert (refusal.detail, refusal.members) == (expected.detail, expected.members)


@pytest.mark.postgres
def test_a_refusal_takes_three_statements_and_two_where_it_was_expected(
    transactional_db, login, django_assert_num_queries
) -> None:
    """Taking, looking why not, and keeping the answer; then nobody tries to take what is taken."""
    screen = ScreenFactory()
    rows = [{"row": name, "seats": 8, "category": "Gold"} for name in "ABC"]
    replace_layout(screen_id=screen.pk, document={"rows": rows})
    show, client = scheduled_show(screen=screen), login(UserFactory())
    get_hall(show.pk)
    held("A1", "B1", show=show)
    for wanted, key, statements in (("A1", "first", 3), ("B1", "near by", 2)):
        body = {"show_id": show.pk, "seat_ids": seat_ids(show, wanted, "A2")}
        with django_assert_num_queries(statements):
            answer = client.post(URL, body, headers={"Idempotency-Key": key})
        assert answer.json()["code"] == "seats_unavailable"
        assert len(answer.json()["alternatives"]) == 3


def test_seats_that_seem_taken_can_be_had_once_they_are_free(login) -> None:
    show, client = scheduled_show(), login(UserFactory())
    booking = held("A1", show=show)
    wanted = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    assert not services.seem_taken(**wanted)
    assert client.post(URL, wanted).status_code == 409
    assert services.seem_taken(**wanted)
    run_out(booking)
    assert client.post(URL, wanted).status_code == 201
    assert not services.seem_taken(**wanted)


def test_what_lies_beyond_what_was_seen_does_not_seem_taken() -> None:
    show, other = scheduled_show(rows={"A": 4}), scheduled_show(rows={"A": 4})
    held("A2", show=show)
    a1, a2, *_ = seat_ids(show)
    refusal_at_once(show, [a2])
    assert services.seem_taken(show_id=show.pk, seat_ids=[a1, a2])
    for seat_id in (a1, -(2**63), 2**63 - 1):
        assert not services.seem_taken(show_id=show.pk, seat_ids=[seat_id])
    assert not services.seem_taken(show_id=other.pk, seat_ids=[a2])


def test_what_was_given_back_meanwhile_is_no_alternative(monkeypatch) -> None:
    show = scheduled_show(rows={"A": 4})
    booking = held("A1", "A2", show=show)
    look, looked = refusing._as_it_is, []

    def after_its_time(*arguments):
        if looked:
            run_out(booking)
        looked.append(arguments)
        return look(*arguments)

    # They are looked at once more when too few seats near by are free.
    monkeypatch.setattr(refusing, "_as_it_is", after_its_time)
    monkeypatch.setattr(refusing, "_REACH", 1)
    refusal = refusal_at_once(show, seat_ids(show, "A1", "A2"))
    assert refusal.members["unavailable_seat_ids"] == seat_ids(show, "A1", "A2")
    assert refusal.members["alternatives"] == [seat_ids(show, "A3", "A4")]


@pytest.mark.parametrize("end", [ended, deactivated, another_password, somebody_else])
def test_nobody_is_told_whose_login_has_ended(login, end) -> None:
    show, customer = scheduled_show(), UserFactory()
    held("A1", show=show)
    client, its_login = login(customer), bearer(customer)
    end(customer)
    refuse_taken(bearer=its_login, show_id=show.pk, seat_ids=seat_ids(show, "A1"))
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    answer = client.post(URL, body, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize(
    ("obstacle", "code"),
    [
        (unpublished, "invalid"),
        (changed(sales_open_at="2999-01-01T00:00Z"), "show_not_on_sale"),
        (changed(start_time="2020-01-01T00:00Z"), "show_not_on_sale"),
        (changed(max_seats_per_booking=1), "too_many_seats"),
    ],
)
def test_what_is_wrong_with_the_request_itself_is_said_instead(login, obstacle, code) -> None:
    show = scheduled_show()
    held("A1", show=show)
    obstacle(show)
    wanted = seat_ids(show, "A1", "A2")
    refuse_taken(bearer=bearer(UserFactory()), show_id=show.pk, seat_ids=wanted)
    answer = login(UserFactory()).post(URL, {"show_id": show.pk, "seat_ids": wanted})
    assert answer.json()["code"] == code


def test_unknown_seats_are_said_to_be(login) -> None:
    show = scheduled_show()
    held("A1", show=show)
    for unknown in (seat_ids(scheduled_show(), "A1"), [2**63 - 1]):
        body = {"show_id": show.pk, "seat_ids": [*seat_ids(show, "A1"), *unknown]}
        answer = login(UserFactory()).post(URL, body)
        assert (answer.json()["code"], answer.json()["seat_ids"]) == ("seats_not_in_show", unknown)


def test_staff_who_may_take_blocked_seats_are_not_refused(login) -> None:
    show = scheduled_show()
    block_seats(show_id=show.pk, block=seat_ids(show, "A1"))
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    assert login(UserFactory()).post(URL, body).status_code == 409
    assert login(StaffFactory(is_superuser=True)).post(URL, body).status_code == 201


def test_a_hold_that_is_over_is_no_reason_to_refuse() -> None:
    show = scheduled_show()
    run_out(held("A1", show=show))
    wanted = seat_ids(show, "A1")
    refuse_taken(bearer=bearer(UserFactory()), show_id=show.pk, seat_ids=wanted)
    assert ShowSeat.objects.get(show=show, seat=wanted[0]).booking_id is not None


@pytest.mark.parametrize("taken", [2, 60])
def test_where_it_was_too_few_seats_more_are_looked_at_the_next_time(monkeypatch, taken) -> None:
    monkeypatch.setattr(refusing, "_REACH", 10)
    show, looked = scheduled_show(rows=dict.fromkeys("ABCDEF", 10)), []
    wanted = seat_ids(show)[:2]
    block_seats(show_id=show.pk, block=seat_ids(show)[:taken])
    look = refusing._as_it_is

    def noted(*arguments):
        looked.append(arguments)
        return look(*arguments)

    monkeypatch.setattr(refusing, "_as_it_is", noted)
    refusal_at_once(show, wanted)
    assert len(looked) > 1
    looked.clear()
    refusal_at_once(show, wanted)
    assert len(looked) == 1


def test_seats_whose_ids_lie_far_apart_are_soon_looked_at(django_assert_max_num_queries) -> None:
    """As when a hall has got a row in front of the others since."""
    screen = hall({"B": 4})
    of_row = {"screen": screen, "category": screen.seats.first().category, "row": "A", "y": -1}
    for number in range(1, 5):
        Seat.objects.create(pk=10**15 + number, number=str(number), x=number, **of_row)
    show = scheduled_show(screen=screen)
    held("B1", "B2", show=show)
    get_hall(show.pk)
    customer = UserFactory()
    with django_assert_max_num_queries(20):
        refusal = refusal_at_once(show, seat_ids(show, "B1", "B2"), customer)
    assert refusal.members["alternatives"] == [
        seat_ids(show, "A1", "A2"), seat_ids(show, "B3", "B4"), seat_ids(show, "A3", "A4"),
    ]  # fmt: skip


def test_what_was_seen_is_not_kept_without_end(monkeypatch) -> None:
    monkeypatch.setattr(refusing, "_MAX_LOOKS", 2)
    for _ in range(4):
        show = scheduled_show()
        held("A1", show=show)
        refusal_at_once(show, seat_ids(show, "A1"))
    assert len(refusing._looks) <= 2


def test_of_very_many_seats_it_is_not_kept_which_were_taken(monkeypatch) -> None:
    monkeypatch.setattr(refusing, "_MAX_SEEN", 2)
    show = scheduled_show()
    held("A1", show=show)
    refusal_at_once(show, seat_ids(show, "A1"))
    assert not services.seem_taken(show_id=show.pk, seat_ids=seat_ids(show, "A1"))
