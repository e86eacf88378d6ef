"""Windows of price lists, which change the prices of new shows."""

from datetime import datetime
from decimal import Decimal

import pytest

from eventbooking_system.testing.problems import assert_problem
from shows.models import PriceWindow
from shows.services import save_price_list
from shows.tests.price_lists.bodies import PRICES, SHOWS, WINDOWS, body, prices_of, window

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("start", "limits", "is_within"),
    [
        ("2030-05-01T19:30", {"weekdays": "WE"}, True),
        ("2030-05-02T19:30", {"weekdays": "WE"}, False),
        ("2030-05-02T00:30", {"weekdays": "WE"}, True),  # Thursday on the clocks.
        ("2030-05-01T16:59", {"to_time": "17:00"}, True),
        ("2030-05-01T17:00", {"to_time": "17:00"}, False),
        ("2030-05-01T22:00", {"from_time": "22:00", "to_time": "02:00"}, True),
        ("2030-05-02T01:30", {"from_time": "22:00", "to_time": "02:00"}, True),
        ("2030-05-01T21:59", {"from_time": "22:00", "to_time": "02:00"}, False),
        ("2030-05-01T16:00", {"weekdays": "MO,TU", "to_time": "17:00"}, False),
    ],
)
def test_a_window_decides_the_prices_of_a_show_by_its_day_and_time(
    boss_api, evening, start, limits, is_within
) -> None:
    screen = evening.venue.screens.get()
    limits = {
        name: datetime.strptime(value, "%H:%M").time() if "time" in name else value
        for name, value in limits.items()
    }
    window(screen, **limits)
    wanted = (
        {"Adult": "8.00", "Child": "5.24"} if is_within else {"Adult": "10.00", "Child": "6.55"}
    )
    assert prices_of(boss_api.post(SHOWS, body(screen, evening, start))) == {"Gold": wanted}


def test_the_first_of_several_windows_applies_and_those_of_other_lists_do_not(
    boss_api, screen, evening
) -> None:
    other = save_price_list(venue=screen.venue, name="O", currency="GBP", prices=PRICES)
    window(screen, weekdays="WE", percent=Decimal(10), price_list=other)
    window(screen, weekdays="WE", percent=Decimal(50), position=2, price_list=evening)
    window(screen, weekdays="WE", percent=Decimal(90), position=1)
    answer = boss_api.post(SHOWS, body(screen, evening))
    assert prices_of(answer)["Gold"]["Adult"] == "9.00"


@pytest.mark.sqlite
def test_windows_do_not_change_typed_prices_and_scheduled_shows(boss_api, screen, evening) -> None:
    first = boss_api.post(SHOWS, body(screen, evening)).json()
    window(screen, weekdays="WE,TH")
    sent = body(screen, evening, "2030-05-02T19:30", prices={"Gold": "10.00"}, currency="GBP")
    del sent["price_list"]
    assert prices_of(boss_api.post(SHOWS, sent)) == {"Gold": "10.00"}
    assert boss_api.get(f"{SHOWS}{first['id']}/").json()["prices"]["Gold"]["Adult"] == "10.00"


@pytest.mark.sqlite
def test_staff_add_change_list_and_delete_price_windows(boss_api, screen, evening) -> None:
    sent = {
        "venue": screen.venue_id, "price_list": evening.pk, "name": "Tuesday", "percent": "80.00",
        "weekdays": ["TU"], "from_time": "10:00:00", "to_time": "17:00:00", "days_before": None,
        "position": 3,
    }  # fmt: skip
    made = boss_api.post(WINDOWS, sent)
    assert made.status_code == 201, made.content
    assert made.json() == {"id": made.json()["id"], **sent}
    url = f"{WINDOWS}{made.json()['id']}/"
    assert boss_api.patch(url, {"weekdays": [], "to_time": None}).json()["weekdays"] == []
    assert boss_api.get(WINDOWS, {"price_list": evening.pk}).json()["count"] == 1
    assert boss_api.delete(url).status_code == 204
    assert not PriceWindow.objects.exists()


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("weekdays", {"weekdays": []}),
        ("weekdays", {"weekdays": ["TU", "TU"]}),
        ("weekdays.0", {"weekdays": ["Tuesday"]}),
        ("percent", {"percent": "501"}),
        ("percent", {"percent": "101", "days_before": 3}),
        ("percent", {"percent": "-1"}),
        ("from_time", {"from_time": "25:00"}),
        ("to_time", {"from_time": "10:00", "to_time": "10:00"}),
        ("days_before", {"days_before": 0}),
        ("price_list", {"price_list": 10**9}),
    ],
)
def test_a_wrong_window_is_refused_and_nothing_is_written(boss_api, screen, field, change) -> None:
    sent = {"venue": screen.venue_id, "name": "Window", "weekdays": ["TU"], "percent": "80"}
    assert_problem(boss_api.post(WINDOWS, {**sent, **change}), 400, "invalid", field=field)
    assert not PriceWindow.objects.exists()
