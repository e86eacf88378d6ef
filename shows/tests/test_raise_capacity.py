"""An area gets more places, also in the shows to come."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from eventbooking_system.testing.problems import fields_in_error
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show
from venues.models import Screen, Seat
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory

pytestmark = pytest.mark.django_db
URL = "/api/shows/raise-capacity/"


@pytest.fixture
def screen() -> Screen:
    made = ScreenFactory()
    document = {
        "rows": [{"row": "A", "seats": 2, "category": "Gold"}],
        "areas": [{"name": "Floor", "capacity": 3, "category": "Standing"}],
    }
    replace_layout(screen_id=made.pk, document=document)
    made.refresh_from_db()
    return made


def sent(screen: Screen, **more: Any) -> dict[str, Any]:
    return {"screen": screen.pk, "area": "Floor", "capacity": 5, **more}


def floor_of(api: Any, show: Show) -> tuple[int, int]:
    [area] = api.get(f"/api/shows/{show.pk}/seats/").json()["areas"]
    return area["available"], area["total"]


@pytest.mark.sqlite
def test_the_shows_to_come_sell_the_new_places_at_their_price(
    api: Any, boss_api: Any, screen: Screen
) -> None:
    prices = {"Gold": {"": Decimal(9)}, "Standing": {"Adult": Decimal(7), "Child": Decimal(4)}}
    show = scheduled_show(screen=screen, prices=prices)
    past = scheduled_show(screen=screen, start_time=timezone.now() - timedelta(days=2))
    assert floor_of(api, show) == (3, 3)
    answer = boss_api.post(URL, sent(screen))
    assert answer.json() == {"dry_run": False, "added": 2, "shows": [show.pk]}
    assert floor_of(boss_api, show) == (5, 5)
    assert set(
        ShowSeat.objects.filter(show=show, seat__area="Floor").values_list("price", "status")
    ) == {(Decimal(7), "available")}
    assert ShowSeat.objects.filter(show=past).count() == 5
    layout = boss_api.get(f"/api/venues/{screen.venue_id}/screens/{screen.pk}/layout/").json()
    assert layout["areas"] == [{"name": "Floor", "capacity": 5, "category": "Standing"}]
    numbers = Seat.objects.filter(area="Floor").order_by("pk").values_list("number", flat=True)
    assert list(numbers) == ["1", "2", "3", "4", "5"]


@pytest.mark.sqlite
def test_the_new_places_are_booked_like_others(boss_api: Any, screen: Screen) -> None:
    show = scheduled_show(screen=screen)
    boss_api.post(URL, sent(screen))
    answer = boss_api.post("/api/bookings/", {"show_id": show.pk, "areas": {"Floor": 5}})
    assert answer.status_code == 201
    assert floor_of(boss_api, show) == (0, 5)


def test_a_rehearsal_writes_nothing(boss_api: Any, screen: Screen) -> None:
    show = scheduled_show(screen=screen)
    answer = boss_api.post(URL, sent(screen, dry_run=True)).json()
    assert answer == {"dry_run": True, "added": 2, "shows": [show.pk]}
    assert Seat.objects.count() == 5
    assert ShowSeat.objects.count() == 5
    screen.layout.refresh_from_db()
    assert screen.layout.document["areas"][0]["capacity"] == 3


def test_cancelled_shows_and_those_of_an_older_layout_keep_their_places(
    boss_api: Any, screen: Screen
) -> None:
    older = scheduled_show(screen=screen)
    document = {**screen.layout.document, "rows": [{"row": "B", "seats": 1, "category": "Gold"}]}
    replace_layout(screen_id=screen.pk, document=document, new_version=True)
    screen.refresh_from_db()
    gone = scheduled_show(screen=screen, start_time=timezone.now() + timedelta(days=3))
    Show.objects.filter(pk=gone.pk).update(status="cancelled", cancelled_at=timezone.now())
    assert boss_api.post(URL, sent(screen)).json()["shows"] == []
    assert ShowSeat.objects.filter(show=older).count() == 5


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"screen": 10**9}, "screen"),
        ({"area": "Balcony"}, "area"),
        ({"area": ""}, "area"),
        ({"capacity": 3}, "capacity"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 100_001}, "capacity"),
        ({"capacity": "5"}, "capacity"),
        ({"places": 5}, "places"),
    ],
)
def test_a_capacity_that_makes_no_sense_is_refused_by_field(
    boss_api: Any, screen: Screen, change: dict[str, Any], field: str
) -> None:
    answer = boss_api.post(URL, {**sent(screen), **change})
    assert answer.status_code == 400
    assert fields_in_error(answer) == [field]
    assert Seat.objects.count() == 5


def test_staff_need_the_rights_to_change_screens_and_shows(
    api: Any, customer_api: Any, staff_api: Any, screen: Screen
) -> None:
    assert api.post(URL, sent(screen)).status_code == 401
    for client in (customer_api, staff_api("change_screen"), staff_api("change_show")):
        assert client.post(URL, sent(screen)).status_code == 403
    assert Seat.objects.count() == 5
    assert staff_api("change_screen", "change_show").post(URL, sent(screen)).status_code == 200
