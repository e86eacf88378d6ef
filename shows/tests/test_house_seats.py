"""House seats of a screen, which are blocked in its new shows."""

from datetime import timedelta

import pytest

from eventbooking_system.testing.problems import assert_problem
from shows.models import ShowSeat
from shows.tests.factories import scheduled_show, seat_ids
from venues.models import HouseSeat
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db


@pytest.fixture
def screen():
    return hall()


def house_url(screen):
    return f"/api/venues/{screen.venue_id}/screens/{screen.pk}/house-seats/"


@pytest.mark.sqlite
def test_house_seats_of_a_screen_are_blocked_in_new_shows_only(boss_api, screen) -> None:
    older = scheduled_show(screen=screen)
    ids = seat_ids(older, "A1", "A2")
    rows = [{"seat_id": seat_id, "reason": "Director"} for seat_id in ids]
    assert boss_api.put(house_url(screen), {"house_seats": rows}).json() == {"house_seats": rows}
    assert boss_api.get(house_url(screen)).json() == {"house_seats": rows}
    newer = scheduled_show(screen=screen, start_time=older.start_time + timedelta(days=1))
    blocked = ShowSeat.objects.filter(status="blocked").order_by("seat_id")
    assert list(blocked.values_list("show", "seat", "block_reason", "block_owner")) == [
        (newer.pk, seat_id, "Director", "house") for seat_id in ids
    ]
    taken = boss_api.get(f"/api/shows/{newer.pk}/availability/").json()
    assert taken["unavailable_seat_ids"] == ids
    assert boss_api.put(house_url(screen), {"house_seats": []}).json() == {"house_seats": []}
    assert not HouseSeat.objects.exists()


def test_wrong_house_seats_are_refused_and_nothing_is_written(
    boss_api, staff_api, customer_api, api, screen
) -> None:
    [own, foreign] = [seat_ids(scheduled_show(screen=each), "A1")[0] for each in (screen, hall())]
    wrong = {
        "house_seats.0.seat_id": [{"seat_id": foreign, "reason": "x"}],
        "house_seats.1.seat_id": [{"seat_id": own, "reason": "x"}] * 2,
        "house_seats.0.reason": [{"seat_id": own, "reason": ""}],
    }
    for field, rows in wrong.items():
        refused = boss_api.put(house_url(screen), {"house_seats": rows})
        assert_problem(refused, 400, "invalid", field=field)
    for client, status in ((api, 401), (customer_api, 403), (staff_api("view_screen"), 403)):
        assert client.put(house_url(screen), {"house_seats": []}).status_code == status
    assert api.get(house_url(screen)).status_code == 401
    assert not HouseSeat.objects.exists()
