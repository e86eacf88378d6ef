"""Early birds, the lower prices until some days before a show."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.tests.factories import scheduled_show, seat_ids
from shows.tests.price_lists.bodies import SHOWS, body, window

pytestmark = pytest.mark.django_db


def test_an_early_bird_window_ends_so_many_days_before_the_show(boss_api, screen, evening) -> None:
    window(screen, days_before=7, percent=Decimal(90))
    window(screen, weekdays="WE", percent=Decimal(80))
    show = boss_api.post(SHOWS, body(screen, evening)).json()
    assert show["early_bird_until"] == "2030-04-24T18:30:00Z"
    assert show["early_bird_percent"] == "90.000"
    # 90 percent of 80 percent.
    assert show["prices"] == {"Gold": {"Adult": "7.20", "Child": "4.72"}}
    assert {price["amount"] for price in show["price_list"]} == {"7.20", "4.72"}
    regular = Show.objects.get().show_prices.values_list("amount", flat=True)
    assert set(regular) == {Decimal("8.00"), Decimal("5.24")}


def early_show(**fields):
    prices = {"Gold": {"Adult": Decimal(250), "Child": Decimal(150)}}
    until = timezone.now() + fields.pop("for_", timedelta(hours=1))
    return scheduled_show(
        prices=prices, early_bird_percent=Decimal(80), early_bird_until=until, **fields
    )


@pytest.mark.sqlite
def test_a_hold_freezes_the_price_of_its_time(customer_api, api) -> None:
    show = early_show()
    adult, child, late = seat_ids(show, "A1", "A2", "A3")
    wanted = {
        "show_id": show.pk, "seat_ids": [adult, child], "ticket_types": {str(child): "Child"},
    }  # fmt: skip
    assert api.post("/api/bookings/quote/", wanted).json()["total"] == "320.00"
    booked = customer_api.post("/api/bookings/", wanted).json()
    assert [seat["price"] for seat in booked["seats"]] == ["200.00", "120.00"]
    Show.objects.update(early_bird_until=timezone.now() - timedelta(seconds=1))
    again = customer_api.get(f"/api/bookings/{booked['id']}/").json()
    assert again["total"] == "320.00"
    assert api.post("/api/bookings/quote/", wanted).json()["total"] == "400.00"
    later = customer_api.post("/api/bookings/", {"show_id": show.pk, "seat_ids": [late]})
    assert later.json()["total"] == "250.00"


@pytest.mark.django_db(transaction=True)
def test_prices_in_every_answer_change_when_the_early_bird_ends(api) -> None:
    show = early_show(for_=timedelta(seconds=2))
    urls = [f"{SHOWS}{show.pk}/", f"{SHOWS}{show.pk}/seats/"]

    def shown():
        detail, seats = (api.get(url).json() for url in urls)
        offer = detail["structured_data"]["offers"][0]
        best = api.get(f"{urls[0]}best-seats/?quantity=1&max_price=200").status_code
        return (
            detail["prices"]["Gold"]["Adult"], seats["seats"][0]["price"],
            seats["categories"][0]["price"], offer["price"], best,
        )  # fmt: skip

    assert shown() == ("200.00", "200.00", "200.00", "200.00", 200)
    time.sleep(3.1)  # An answer is cached for a second.
    assert shown() == ("250.00", "250.00", "250.00", "250.00", 409)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("early_bird_until", {"early_bird_percent": "80"}),
        ("early_bird_percent", {"early_bird_until": "2030-04-01T10:00"}),
        (
            "early_bird_percent",
            {"early_bird_until": "2030-04-01T10:00", "early_bird_percent": "101"},
        ),
        ("early_bird_until", {"early_bird_until": "2030-05-01T20:00", "early_bird_percent": "80"}),
    ],
)
def test_half_an_early_bird_is_refused_by_field(boss_api, screen, evening, field, change) -> None:
    refused = boss_api.post(SHOWS, {**body(screen, evening), **change})
    assert_problem(refused, 400, "invalid", field=field)
    assert not Show.objects.exists()


def test_the_early_bird_moves_with_the_show_and_its_copies(boss_api) -> None:
    start = datetime(2035, 3, 1, 19, 30, tzinfo=UTC)
    show = early_show(start_time=start)
    Show.objects.update(early_bird_until=start - timedelta(days=7))
    moved = {"start_time": "2035-03-02T19:30:00Z"}
    answer = boss_api.patch(f"{SHOWS}{show.pk}/", moved).json()
    assert answer["early_bird_until"] == "2035-02-23T19:30:00Z"
    repeat = {"show": show.pk, "rrule": "FREQ=DAILY", "until": "2035-03-04"}
    made = boss_api.post(f"{SHOWS}repeat/", repeat).json()["created"]
    copy = Show.objects.get(pk=made[0])
    assert copy.start_time - copy.early_bird_until == timedelta(days=7)
    assert copy.early_bird_percent == 80
