"""The effects of a move: areas, tickets, partners, and later changes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from bookings import services
from bookings.errors import TicketNotValid
from bookings.models import WebhookDelivery, WebhookSubscription
from bookings.selectors import payload_of
from bookings.services import Shown
from bookings.tests.factories import confirmed, ticket_of
from bookings.tests.moves import move, other_hall, state
from eventbooking_system.testing.problems import assert_problem
from shows.models import ShowSeat
from shows.services import change_show
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory
from venues.models import Screen, Seat, SeatCategory
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db


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


def test_partners_get_an_event_for_each_reissued_ticket(boss_api) -> None:
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
