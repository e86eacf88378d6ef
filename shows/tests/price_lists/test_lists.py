"""Price lists, and the shows that take their prices."""

from decimal import Decimal

import pytest

from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from shows.models import PriceList, PriceWindow, Show
from shows.services import save_price_list
from shows.tests.price_lists.bodies import LISTS, SHOWS, WINDOWS, body, prices_of
from venues.tests.factories import VenueFactory

pytestmark = pytest.mark.django_db


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
