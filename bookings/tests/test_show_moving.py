"""A show moves to another hall with everyone who has seats, or not at all."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Entry
from bookings import checkout, services
from bookings.errors import TicketNotValid
from bookings.invariants import broken
from bookings.models import BookedSeat, Booking, Ticket, WebhookDelivery, WebhookSubscription
from bookings.selectors import payload_of
from bookings.services import Shown
from bookings.tests.factories import confirmed, held, run_out, ticket_of
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show, ShowPrice, ShowSeat
from shows.services import block_seats, change_show
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory
from venues.models import Screen, Seat, SeatCategory
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db


def other_hall(show: Show, rows: dict[str, int] | None = None, **fields: Any) -> Screen:
    return hall(rows, venue=show.screen.venue, **fields)


def move(client, show: Show, **body: Any):
    return client.post(f"/api/shows/{show.pk}/move/", body, format="json")


def labels(booking: Booking) -> list[str]:
    lines = booking.booked_seats.order_by("pk").select_related("show_seat__seat")
    return [str(line.show_seat.seat) for line in lines]


def state(show: Show) -> list[tuple]:
    """Everything of a show that a refused move must leave as it was."""
    seats = ShowSeat.objects.filter(show=show).order_by("pk")
    return [
        *Show.objects.filter(pk=show.pk).values_list(),
        *seats.values_list("pk", "seat", "status", "booking", "price"),
        *ShowPrice.objects.filter(show=show).order_by("pk").values_list(),
        *Ticket.objects.filter(booking__show=show).order_by("pk").values_list(),
        *BookedSeat.objects.filter(booking__show=show).order_by("pk").values_list(),
        Show.history.filter(id=show.pk).count(),
        Entry.objects.count(),
    ]


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


def with_area(screen: Screen, name: str, count: int, category: str = "Gold") -> Screen:
    of_screen = SeatCategory.objects.get_or_create(screen=screen, name=category)[0]
    Seat.objects.bulk_create(
        Seat(screen=screen, category=of_screen, row=name, area=name, number=str(n), x=0, y=0)
        for n in range(1, count + 1)
    )
    return screen


def test_places_of_an_area_move_to_the_area_of_the_same_name(boss_api, customer_api) -> None:
    show = scheduled_show(screen=with_area(hall(), "Floor", 5))
    body = {"show_id": show.pk, "areas": {"Floor": 3}}
    booking = customer_api.post("/api/bookings/", body, format="json").json()
    small = with_area(other_hall(show), "Floor", 2)
    before = state(show)
    problem = assert_problem(move(boss_api, show, screen=small.pk), 409, "cannot_seat")
    assert problem["bookings"][0]["seats"] == ["Floor"] * 3
    assert state(show) == before
    large = with_area(other_hall(show), "Floor", 4)
    assert move(boss_api, show, screen=large.pk).status_code == 200
    held_places = ShowSeat.objects.filter(booking=booking["id"], seat__area="Floor")
    assert held_places.count() == 3


def test_the_old_ticket_is_refused_and_the_new_one_lets_in(boss_api) -> None:
    show = scheduled_show(start_time=timezone.now() + timedelta(minutes=20))
    booking = confirmed("A1", show=show)
    staff = StaffFactory()
    old = payload_of(ticket_of(booking))
    assert move(boss_api, show, screen=other_hall(show).pk).status_code == 200
    with pytest.raises(TicketNotValid) as refusal:
        services.check_in(shown=Shown(old), by=staff)
    assert refusal.value.members["reason"] == "reissued"
    ticket = ticket_of(booking)
    assert ticket.checked_in_at is None
    assert services.check_in(shown=Shown(payload_of(ticket)), by=staff).outcome == "admitted"


def test_a_show_that_moves_back_has_the_tickets_that_customers_have_already(boss_api) -> None:
    show = scheduled_show(start_time=timezone.now() + timedelta(minutes=20))
    booking, first = confirmed("A1", show=show), show.screen_id
    old = payload_of(ticket_of(booking))
    for screen in (other_hall(show).pk, first):
        assert move(boss_api, show, screen=screen).status_code == 200
    assert services.check_in(shown=Shown(old), by=StaffFactory()).outcome == "admitted"


def test_partners_hear_of_each_ticket_that_is_issued_again(boss_api) -> None:
    show = scheduled_show()
    booking = confirmed("A1", "A2", show=show)
    WebhookSubscription.objects.create(
        name="partner", url="https://example.org", events=["ticket.reissued"], secret="whsec_x"
    )
    move(boss_api, show, screen=other_hall(show).pk)
    rows = WebhookDelivery.objects.filter(event="ticket.reissued")
    assert {
        f'"ticket": {ticket.pk},' in row.body for row in rows for ticket in booking.tickets.all()
    }
    assert rows.count() == 2


def test_the_default_deadline_for_giving_back_is_the_new_start(boss_api) -> None:
    show = scheduled_show()
    start = show.start_time + timedelta(hours=5)
    assert move(boss_api, show, start_time=start).json()["reseated"] == []
    show.refresh_from_db()
    assert (show.start_time, show.give_back_until) == (start, start)
    body = move(boss_api, show, start_time=show.start_time, give_back_until=None).json()
    assert body["give_back_until"] is None


def test_the_move_is_recorded_with_the_screens(boss_api) -> None:
    show = scheduled_show()
    screen = other_hall(show)
    move(boss_api, show, screen=screen.pk)
    entry = Entry.objects.filter(action="shows.change").get()
    assert entry.changes["screen"] == [show.screen_id, screen.pk]


def test_the_number_of_queries_does_not_grow_with_the_bookings(
    boss_api, django_assert_max_num_queries
) -> None:
    for count in (2, 12):
        show = scheduled_show()
        for label in seat_labels(count):
            confirmed(label, show=show)
        screen = other_hall(show)
        with django_assert_max_num_queries(60):
            services.move_show(show_id=show.pk, screen=screen.pk)


def seat_labels(count: int) -> list[str]:
    return [f"{row}{number}" for row in "AB" for number in range(1, 7)][:count]


def test_a_show_can_be_changed_after_its_move() -> None:
    show = scheduled_show()
    screen = other_hall(show)
    services.move_show(show_id=show.pk, screen=screen.pk)
    change_show(show_id=show.pk, language="Hindi")
    show.refresh_from_db()
    assert (show.screen_id, show.language) == (screen.pk, "Hindi")
