"""Shows that move to another screen: who sits where, and refusals."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings import checkout, services
from bookings.tests.factories import confirmed, held, run_out
from bookings.tests.moves import labels, move, other_hall, state
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show, ShowSeat
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite
def test_move_takes_everyone_to_the_same_labels_on_another_screen(boss_api) -> None:
    show = scheduled_show()
    first, second = confirmed("A1", "A2", show=show), held("B3", show=show)
    screen = other_hall(show)
    answer = move(boss_api, show, screen=screen.pk)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["screen"] == {"id": screen.pk, "name": screen.name}
    assert [(row["booking"], row["from"]["row"], row["to"]["number"]) for row in body["reseated"]] == [
        (first.pk, "A", "1"), (first.pk, "A", "2"), (second.pk, "B", "3"),
    ]  # fmt: skip
    assert body["reseated"][0]["to"]["seat_id"] in set(screen.seats.values_list("pk", flat=True))
    assert (body["dry_run"], body["unblocked"]) == (False, [])
    assert body["available_seats"] == 9 and body["total_seats"] == 12
    stock = ShowSeat.objects.filter(show=show)
    assert set(stock.values_list("seat", flat=True)) == set(
        screen.seats.values_list("pk", flat=True)
    )
    assert labels(first) == ["A1", "A2"] and labels(second) == ["B3"]
    assert stock.filter(booking=second).get().status == "held"
    checkout.pay(booking_id=second.pk, payment_method="pm_card_visa")
    assert list(broken()) == []


def test_a_dry_run_says_what_would_be_and_writes_nothing(boss_api) -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    screen, before = other_hall(show), state(show)
    for answer in (
        move(boss_api, show, screen=screen.pk, dry_run=True),
        boss_api.post(f"/api/shows/{show.pk}/move/?dry_run=true", {"screen": screen.pk}),
    ):
        body = answer.json()
        assert (body["dry_run"], body["screen"]["id"]) == (True, screen.pk)
        assert len(body["reseated"]) == 1
    assert state(show) == before


def test_bookings_that_find_no_seat_are_all_named_and_nothing_happens(boss_api) -> None:
    show = scheduled_show(rows={"A": 10, "B": 10})
    bookings = [confirmed(f"{row}{n}", show=show) for row in "AB" for n in (1, 2, 3)]
    before = state(show)
    answer = move(boss_api, show, screen=other_hall(show, {"C": 4}).pk)
    problem = assert_problem(answer, 409, "cannot_seat")
    assert len(problem["bookings"]) == 2
    named = {row["booking"]: row for row in problem["bookings"]}
    assert named.keys() < {booking.pk for booking in bookings}
    for booking in bookings:
        if booking.pk in named:
            assert named[booking.pk]["reference"] == booking.reference
            assert named[booking.pk]["seats"] == labels(booking)
    assert state(show) == before


def test_a_smaller_hall_takes_those_who_fit_and_bookings_that_are_over_stay_readable(
    boss_api, customer_api, customer
) -> None:
    show = scheduled_show(rows={"A": 6, "B": 6})
    over = confirmed("B1", "B2", "B3", show=show, customer=customer)
    services.cancel_booking(booking_id=over.pk, cancelled_by=customer)
    expired = held("B4", show=show)
    run_out(expired)
    kept = confirmed("B5", "B6", show=show, customer=customer)
    screen = other_hall(show, {"A": 3})
    assert move(boss_api, show, screen=screen.pk).status_code == 200
    assert ShowSeat.objects.filter(show=show).count() == 3
    assert labels(kept) == ["A1", "A2"] or labels(kept) == ["A2", "A3"]
    answer = customer_api.get(f"/api/bookings/{over.pk}/").json()
    assert len(set(answer["seat_ids"])) == 3
    assert list(broken()) == []


def test_a_larger_hall_gets_stock_for_all_of_its_seats_at_the_prices_of_their_categories(
    boss_api,
) -> None:
    show = scheduled_show(rows={"A": 2})
    confirmed("A2", show=show)
    screen = other_hall(show, {"A": 4, "B": 4})
    assert move(boss_api, show, screen=screen.pk).status_code == 200
    seats = ShowSeat.objects.filter(show=show)
    assert seats.count() == 8
    assert set(seats.values_list("price", flat=True)) == {Decimal("250.000")}
    assert list(broken()) == []


def test_a_category_without_a_price_is_named_and_may_be_sent(boss_api) -> None:
    show = scheduled_show()
    booking = confirmed("A1", show=show)
    screen = other_hall(show, category="Box")
    before = state(show)
    problem = assert_problem(move(boss_api, show, screen=screen.pk), 400, "invalid")
    assert problem["errors"] == [
        {"field": "prices", "code": "required", "detail": "No price for Box."}
    ]
    assert state(show) == before
    cheap = move(boss_api, show, screen=screen.pk, prices={"Box": "200.00"})
    assert assert_problem(cheap, 409, "cannot_seat")["bookings"][0]["booking"] == booking.pk
    assert state(show) == before
    answer = move(boss_api, show, screen=screen.pk, prices={"Box": "300.00"})
    assert answer.json()["prices"] == {"Box": "300.00"}
    assert booking.booked_seats.get().price == Decimal("250.000"), "bookings keep their prices"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "start_time"),
        ({"screen": "x"}, "screen"),
        ({"screen": 10**9}, "screen"),
        ({"start_time": "soon"}, "start_time"),
        ({"start_time": "2020-01-01T10:00Z"}, "start_time"),
        ({"screen": 1, "seats": []}, "seats"),
        ({"start_time": "2030-01-01T10:00Z", "prices": {"Gold": "1.00"}}, "prices"),
        ({"start_time": "2030-01-01T10:00Z", "give_back_until": "2020-01-01T10:00Z"}, "give_back_until"),
        ({"start_time": "2030-01-01T10:00Z", "give_back_until": "2030-01-01T10:01Z"}, "give_back_until"),
    ],
)  # fmt: skip
def test_a_wrong_request_names_the_field_and_moves_nothing(boss_api, body, field) -> None:
    show = scheduled_show()
    before = state(show)
    problem = assert_problem(move(boss_api, show, **body), 400, "invalid")
    assert problem["errors"][0]["field"] == field
    assert state(show) == before


def test_a_screen_of_another_venue_is_refused(boss_api) -> None:
    show = scheduled_show()
    before = state(show)
    problem = assert_problem(move(boss_api, show, screen=hall().pk), 400, "invalid")
    assert problem["errors"][0]["field"] == "screen"
    assert state(show) == before


def test_a_show_on_the_other_screen_at_that_time_is_named(boss_api) -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    screen = other_hall(show)
    other = scheduled_show(screen=screen, start_time=show.start_time)
    before = state(show)
    problem = assert_problem(move(boss_api, show, screen=screen.pk), 409, "show_overlap")
    assert problem["conflicting_show_id"] == other.pk
    assert state(show) == before
    later = show.start_time + timedelta(hours=6)
    assert move(boss_api, show, screen=screen.pk, start_time=later).status_code == 200


@pytest.mark.parametrize("what", ["over", "cancelled", "archived"])
def test_a_show_that_is_over_cancelled_or_archived_stays_where_it_is(boss_api, what) -> None:
    show = scheduled_show()
    past = timezone.now() - timedelta(hours=5)
    if what == "over":
        Show.objects.filter(pk=show.pk).update(start_time=past, end_time=past + timedelta(hours=2))
    elif what == "archived":
        Show.objects.filter(pk=show.pk).update(final_counts={})
    else:
        checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    before = state(show)
    assert_problem(move(boss_api, show, screen=other_hall(show).pk), 409, "in_use")
    assert state(show) == before


def test_move_needs_the_permission_to_change_shows(customer_api, staff_api, api) -> None:
    show = scheduled_show()
    screen, before = other_hall(show), state(show)
    assert_problem(move(customer_api, show, screen=screen.pk), 403, "permission_denied")
    assert_problem(move(staff_api("view_show"), show, screen=screen.pk), 403, "permission_denied")
    assert_problem(move(api, show, screen=screen.pk), 401, "not_authenticated")
    assert state(show) == before
    assert move(staff_api("change_show"), show, screen=screen.pk).status_code == 200


def test_a_move_that_is_sent_again_with_its_key_is_done_once(boss_api) -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    body = {"screen": other_hall(show).pk}
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    first, again = (
        boss_api.post(f"/api/shows/{show.pk}/move/", body, format="json", **key) for _ in range(2)
    )
    assert again.json() == first.json() and again["Idempotent-Replayed"] == "true"
    assert Show.history.filter(id=show.pk).count() == 2


def test_house_seats_keep_their_labels_and_lost_ones_are_named(boss_api) -> None:
    show = scheduled_show(rows={"A": 4, "B": 4})
    block_seats(show_id=show.pk, block=seat_ids(show, "A1", "B4"), reason="press")
    body = move(boss_api, show, screen=other_hall(show, {"A": 4, "B": 3}).pk).json()
    assert [(seat["row"], seat["number"]) for seat in body["unblocked"]] == [("B", "4")]
    blocked = ShowSeat.objects.filter(show=show, status="blocked")
    assert [(str(seat.seat), seat.block_reason) for seat in blocked] == [("A1", "press")]
    assert list(broken()) == []
