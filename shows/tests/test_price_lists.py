"""Price lists, their windows, the early bird, and house seats."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from shows.models import PriceList, PriceWindow, Show, ShowSeat
from shows.services import save_price_list, save_price_window
from shows.tests.factories import scheduled_show, seat_ids
from venues.models import HouseSeat
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
LISTS, WINDOWS, SHOWS = (f"/api/shows/{name}" for name in ("price-lists/", "price-windows/", ""))
PRICES = {"Gold": {"Adult": Decimal("10.00"), "Child": Decimal("6.55")}, "Box": {"": Decimal(20)}}


@pytest.fixture
def screen():
    return hall(venue=VenueFactory(timezone="Europe/London"))


@pytest.fixture
def evening(screen):
    return save_price_list(venue=screen.venue, name="Evening", currency="GBP", prices=PRICES)


def body(screen, price_list, start="2030-05-01T19:30", **fields):
    """A show on a Wednesday, unless said otherwise."""
    event = EventFactory(duration_minutes=90).pk
    return {
        "event": event, "screen": screen.pk, "start_time": start, "price_list": price_list.pk, **fields,
    }  # fmt: skip


def prices_of(answer):
    assert answer.status_code == 201, answer.content
    return answer.json()["prices"]


# ---- Lists


@pytest.mark.sqlite
def test_staff_add_change_list_and_delete_price_lists(boss_api, screen) -> None:
    sent = {
        "venue": screen.venue_id, "name": "Evening", "currency": "GBP",
        "prices": {"Gold": {"Adult": "10.00", "Child": "6.55"}, "Box": "20.00"},
    }  # fmt: skip
    made = boss_api.post(LISTS, sent)
    assert made.status_code == 201, made.content
    assert made.json() == {"id": made.json()["id"], **sent}
    url = f"{LISTS}{made.json()['id']}/"
    changed = boss_api.patch(url, {"prices": {"Gold": "11.00"}})
    assert changed.json()["prices"] == {"Gold": "11.00"} == boss_api.get(url).json()["prices"]
    found = boss_api.get(LISTS, {"venue": screen.venue_id}).json()["results"]
    assert [each["name"] for each in found] == ["Evening"]
    assert boss_api.delete(url).status_code == 204
    assert not PriceList.objects.exists()


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": "Evening"}),
        ("currency", {"currency": "XXA"}),
        ("prices.Gold", {"prices": {"Gold": "1.001"}}),
        ("prices.Gold.Adult", {"prices": {"Gold": {"Adult": "-1.00"}}}),
        ("prices", {"prices": {}}),
        ("venue", {"venue": 10**9}),
        ("prices.Gold", {"prices": {"Gold": {"": "1.00", "Adult": "1.00"}}}),
    ],
)
def test_a_wrong_price_list_is_refused_and_nothing_is_written(
    boss_api, screen, evening, field, change
) -> None:
    sent = {"venue": screen.venue_id, "name": "New", "currency": "GBP", "prices": {"Gold": "1.00"}}
    problem = assert_problem(boss_api.post(LISTS, {**sent, **change}), 400, "invalid")
    assert problem["errors"][0]["field"].startswith(field.partition(".")[0])
    assert PriceList.objects.count() == 1


def test_only_staff_with_the_permission_see_price_lists(api, customer_api, staff_api) -> None:
    for url in (LISTS, WINDOWS):
        assert api.get(url).status_code == 401
        assert customer_api.get(url).status_code == 403
        assert staff_api().get(url).status_code == 403


def test_a_show_takes_the_prices_and_the_currency_of_its_list(boss_api, screen, evening) -> None:
    answer = boss_api.post(SHOWS, body(screen, evening))
    assert prices_of(answer) == {"Gold": {"Adult": "10.00", "Child": "6.55"}}
    assert answer.json()["currency"] == "GBP"
    boss_api.patch(f"{LISTS}{evening.pk}/", {"prices": {"Gold": "99.00"}})
    boss_api.delete(f"{LISTS}{evening.pk}/")
    show = boss_api.get(f"{SHOWS}{answer.json()['id']}/").json()
    assert show["prices"] == {"Gold": {"Adult": "10.00", "Child": "6.55"}}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("price_list", {"currency": "EUR"}),
        ("price_list", {"prices": {"Gold": "1.00"}, "currency": "GBP"}),
        ("price_list", {"price_list": 10**9}),
        ("price_list", {"price_list": None}),
    ],
)
def test_a_price_list_that_does_not_fit_is_refused_by_field(
    boss_api, screen, evening, field, change
) -> None:
    refused = boss_api.post(SHOWS, {**body(screen, evening), **change})
    assert_problem(refused, 400, "invalid", field=field)
    assert not Show.objects.exists()


def test_a_list_of_another_venue_or_without_a_category_is_refused(boss_api, screen) -> None:
    elsewhere = save_price_list(
        venue=VenueFactory(), name="Evening", currency="GBP", prices={"Gold": {"": Decimal(1)}}
    )
    lacking = save_price_list(
        venue=screen.venue, name="Box", currency="GBP", prices={"Box": {"": Decimal(1)}}
    )
    for price_list in (elsewhere, lacking):
        refused = boss_api.post(SHOWS, body(screen, price_list))
        assert_problem(refused, 400, "invalid", field="price_list")
    assert not Show.objects.exists()


def test_a_show_without_a_list_still_needs_prices_and_a_currency(boss_api, screen, evening) -> None:
    sent = body(screen, evening)
    del sent["price_list"]
    problem = assert_problem(boss_api.post(SHOWS, sent), 400, "invalid")
    assert {error["field"] for error in problem["errors"]} == {"prices", "currency"}


def test_bulk_takes_lists_and_names_the_row_of_one_that_does_not_fit(
    boss_api, screen, evening, django_assert_max_num_queries
) -> None:
    event = EventFactory(duration_minutes=60).pk
    row = {"event": event, "screen": screen.pk, "price_list": evening.pk}
    rows = [{**row, "start_time": f"2030-05-{day:02}T19:30"} for day in range(1, 15)]
    with django_assert_max_num_queries(33):
        made = boss_api.post(f"{SHOWS}bulk/", {"shows": rows})
    assert made.status_code == 201, made.content
    assert set(Show.objects.values_list("currency", flat=True)) == {"GBP"}
    wrong = [
        {**row, "start_time": "2030-06-01T19:30"},
        {**row, "start_time": "2030-06-02T19:30", "currency": "EUR"},
    ]
    refused = boss_api.post(f"{SHOWS}bulk/", {"shows": wrong})
    assert_problem(refused, 400, "invalid", field="shows.1.price_list")
    assert Show.objects.count() == 14


# ---- Windows


def window(screen, **fields):
    return save_price_window(
        venue=screen.venue, name="Window", **{"percent": Decimal(80), **fields}
    )


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


# ---- The early bird


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


# ---- House seats


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
    taken = boss_api.get(f"{SHOWS}{newer.pk}/availability/").json()
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


# ---- The admin


def test_the_admin_makes_a_list_and_schedules_a_show_by_it(boss, screen) -> None:
    url = "/admin/shows/pricelist/"
    form = {"venue": screen.venue_id, "name": "Evening", "currency": "GBP"}
    made = boss.post(f"{url}add/", form)
    listed = PriceList.objects.get()
    assert made.status_code == 302 and made.url == f"{url}{listed.pk}/change/"
    page = boss.get(made.url).content.decode()
    assert '<option value="Gold">' in page and "Ticket type" in page
    rows = {
        "prices-TOTAL_FORMS": "1", "prices-INITIAL_FORMS": "0", "prices-0-category": "Gold",
        "prices-0-ticket_type": "", "prices-0-amount": "10.00", "prices-0-position": "0",
        "prices-0-price_list": listed.pk,
    }  # fmt: skip
    assert boss.post(made.url, {**form, **rows, "prices-0-amount": "10.001"}).status_code == 200
    assert boss.post(made.url, {**form, **rows}).status_code == 302
    show = {
        "event": EventFactory().pk, "screen": screen.pk, "start_time": "2031-03-08T19:30",
        "single_seat_rule": "off", "publication": "public", "price_list": listed.pk,
    }  # fmt: skip
    both = boss.post("/admin/shows/show/add/", {**show, "prices": "Gold: 1.00", "currency": "GBP"})
    assert "not both" in both.content.decode() and not Show.objects.exists()
    added = boss.post("/admin/shows/show/add/", show)
    assert added.status_code == 302, added.context["adminform"].form.errors
    assert Show.objects.get().show_prices.get().amount == 10
    window_form = {
        "venue": screen.venue_id, "name": "Tuesday", "percent": "80", "position": "0", "weekdays": ["TU", "WE"],
    }  # fmt: skip
    assert boss.post("/admin/shows/pricewindow/add/", window_form).status_code == 302
    assert PriceWindow.objects.get().weekdays == "TU,WE"
    nothing = {**window_form, "weekdays": []}
    assert "Name days" in boss.post("/admin/shows/pricewindow/add/", nothing).content.decode()
    assert boss.get("/admin/shows/pricewindow/").status_code == 200
