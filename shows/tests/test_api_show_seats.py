"""A show's seats at the API: map, availability, choice and blocking."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from eventbooking_system.testing.problems import assert_problem
from shows.models import Show, ShowSeat
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import UserFactory
from venues.models import SeatCategory
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, hall

pytestmark = pytest.mark.django_db
URL = "/api/shows/"


def two_category_show() -> Show:
    screen = hall({"A": 4, "B": 4})
    silver = SeatCategory.objects.create(screen=screen, name="Silver", position=1)
    screen.seats.filter(row="B").update(category=silver)
    return scheduled_show(
        screen=screen, prices={"Gold": {"": Decimal(250)}, "Silver": {"": Decimal(180)}}
    )


@pytest.mark.sqlite
def test_seat_map_lists_every_seat_with_its_price(api, django_assert_num_queries) -> None:
    show = two_category_show()
    block_seats(show_id=show.pk, block=seat_ids(show, "B1"))
    with django_assert_num_queries(5):
        body = api.get(f"{URL}{show.pk}/seats/").json()
    assert (body["show"], body["currency"]) == (show.pk, "INR")
    assert [(c["name"], c["price"], c["available"], c["total"]) for c in body["categories"]] == [
        ("Gold", "250.00", 4, 4), ("Silver", "180.00", 3, 4),
    ]  # fmt: skip
    seat = {seat["id"]: seat for seat in body["seats"]}[seat_ids(show, "B1")[0]]
    assert (seat["row"], seat["number"], seat["category"]) == ("B", "1", "Silver")
    assert (seat["price"], seat["status"], seat["x"], seat["y"]) == ("180.00", "blocked", 1.0, 1.0)


@pytest.mark.sqlite
def test_availability_counts_the_free_seats(api) -> None:
    show = two_category_show()
    block_seats(show_id=show.pk, block=seat_ids(show, "B2"))
    body = api.get(f"{URL}{show.pk}/availability/").json()
    assert (body["available"], body["total"]) == (7, 8)
    assert body["unavailable_seat_ids"] == seat_ids(show, "B2")
    assert body["categories"] == {
        "Gold": {"available": 4, "total": 4, "largest_adjacent": 4},
        "Silver": {"available": 3, "total": 4, "largest_adjacent": 2},
    }


def test_unchanged_seat_map_is_answered_304(api) -> None:
    show = two_category_show()
    for path in ("", f"{show.pk}/", f"{show.pk}/seats/", f"{show.pk}/availability/"):
        first = api.get(URL + path)
        again = api.get(URL + path, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "max-age" in first["Cache-Control"]
    before = api.get(f"{URL}{show.pk}/seats/")["ETag"]
    block_seats(show_id=show.pk, block=seat_ids(show, "A1"))
    assert api.get(f"{URL}{show.pk}/seats/", headers={"If-None-Match": before}).status_code == 200


def test_seat_map_counts_the_places_of_areas_without_listing_them(api) -> None:
    screen = ScreenFactory()
    area = {"name": "Floor", "capacity": 3, "category": "Standing"}
    document = {"rows": [{"row": "A", "seats": 2, "category": "Gold"}], "areas": [area]}
    replace_layout(screen_id=screen.pk, document=document)
    show = scheduled_show(screen=screen)
    block_seats(show_id=show.pk, block_areas={"Floor": 1})
    counts = {"name": "Floor", "category": "Standing", "available": 2, "total": 3}
    seat_map = api.get(f"{URL}{show.pk}/seats/").json()
    assert len(seat_map["seats"]) == 2
    drawing = {"x": 0, "y": 2, "width": 1, "height": 4}
    assert seat_map["areas"] == [{**counts, "price": "250.00", **drawing}]
    by_name = {category["name"]: category for category in seat_map["categories"]}
    assert (by_name["Standing"]["available"], by_name["Standing"]["total"]) == (2, 3)
    left = api.get(f"{URL}{show.pk}/availability/").json()
    assert (left["areas"], left["available"], left["total"]) == ([counts], 4, 5)
    assert left["categories"]["Standing"] == {"available": 2, "total": 3, "largest_adjacent": 0}
    assert left["unavailable_seat_ids"] == []
    detail = api.get(f"{URL}{show.pk}/").json()
    assert (detail["available_seats"], detail["total_seats"]) == (4, 5)
    best = api.get(f"{URL}{show.pk}/best-seats/?quantity=2&category=Standing").json()
    assert best == {"seat_ids": [], "adjacent": False, "areas": {"Floor": 2}}


def test_seat_map_has_the_seating_plan_the_show_was_scheduled_with(api) -> None:
    screen = ScreenFactory()
    old, new = ({"rows": [{"row": "A", "seats": n, "category": "Gold"}]} for n in (2, 3))
    replace_layout(screen_id=screen.pk, document=old)
    show = scheduled_show(screen=screen)
    replace_layout(screen_id=screen.pk, document=new, new_version=True)
    later = timezone.now() + timedelta(days=3)
    screen.refresh_from_db()
    newer = scheduled_show(screen=screen, start_time=later)
    assert api.get(f"{URL}{show.pk}/layout/").json() == old
    assert api.get(f"{URL}{newer.pk}/layout/").json() == new
    assert len(api.get(f"{URL}{show.pk}/seats/").json()["seats"]) == 2
    # One from before there were versions is drawn as its hall is now.
    Show.objects.filter(pk=show.pk).update(layout=None)
    assert api.get(f"{URL}{show.pk}/layout/").json() == new
    assert_problem(api.get(f"{URL}{scheduled_show().pk}/layout/"), 404, "not_found")


def test_staff_block_places_of_an_area_by_quantity(boss_api) -> None:
    screen = ScreenFactory()
    area = {"name": "Floor", "capacity": 3, "category": "Standing"}
    replace_layout(screen_id=screen.pk, document={"areas": [area]})
    path = f"{URL}{scheduled_show(screen=screen).pk}/seats/"
    assert boss_api.patch(path, {"block_areas": {"Floor": 2}}).json()["available"] == 1
    answer = boss_api.patch(path, {"block_areas": {"Floor": 2}})
    assert (answer.status_code, answer.json()["area"]) == (409, "Floor")
    assert boss_api.patch(path, {"unblock_areas": {"Floor": 1}}).json()["available"] == 2
    answer = boss_api.patch(path, {"block_areas": {"Hall": 1}})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "areas.Hall")


@pytest.mark.sqlite
def test_best_seats_are_side_by_side_if_possible(api) -> None:
    show = two_category_show()
    best = api.get(f"{URL}{show.pk}/best-seats/?quantity=2&category=Silver").json()
    pair = seat_ids(show, "B1", "B2")
    assert best == {"seat_ids": pair, "areas": {}, "adjacent": True} or best == {
        "areas": {},
        "seat_ids": seat_ids(show, "B3", "B4"),
        "adjacent": True,
    }
    assert not api.get(f"{URL}{show.pk}/best-seats/?quantity=6").json()["adjacent"]
    answer = api.get(f"{URL}{show.pk}/best-seats/?quantity=9")
    assert assert_problem(answer, 409, "not_enough_seats")["available"] == 8


def test_best_seats_offers_wheelchair_places_only_on_request(api) -> None:
    show = two_category_show()
    show.screen.seats.filter(row="A", number="2").update(accessible=True)
    show.screen.seats.filter(row="A", number="1").update(companion=True)
    url = f"{URL}{show.pk}/best-seats/?quantity=2&category=Gold"
    assert api.get(url).json()["seat_ids"] == seat_ids(show, "A3", "A4")
    asked = api.get(f"{url}&accessible=true").json()["seat_ids"]
    assert seat_ids(show, "A2")[0] in asked


@pytest.mark.parametrize(
    "query",
    [
        "",
        "quantity=0",
        "quantity=x",
        "quantity=-1",
        "quantity=1e3",
        "quantity=101",
        "quantity=2&accessible=maybe",
        "quantity=2&category=%00",
    ],
)
def test_best_seats_refuses_invalid_parameters(api, query: str) -> None:
    assert_problem(api.get(f"{URL}{scheduled_show().pk}/best-seats/?{query}"), 400, "invalid")


@pytest.mark.sqlite
def test_staff_block_and_unblock_seats(boss_api) -> None:
    show = two_category_show()
    url, seats = f"{URL}{show.pk}/seats/", seat_ids(show, "A1", "A2")
    answer = boss_api.patch(url, {"block": seats, "reason": "guests"})
    assert answer.json()["unavailable_seat_ids"] == seats
    assert boss_api.patch(url, {"unblock": seats}).json()["unavailable_seat_ids"] == []


@pytest.mark.parametrize(
    "body",
    [
        {}, {"block": []}, {"block": "1"}, {"block": [True]}, {"block": [1, 1]}, {"block": [1], "unblock": [1]},
        {"block": [10**30]}, {"reason": "x"}, {"block": [1], "why": "x"}, {"block": [1], "reason": 5},
        {"block": list(range(1, 3000))},
    ],
)  # fmt: skip
def test_blocking_seats_refuses_invalid_input(boss_api, body) -> None:
    show = two_category_show()
    assert_problem(boss_api.patch(f"{URL}{show.pk}/seats/", body), 400, "invalid")
    assert not ShowSeat.objects.filter(status="blocked").exists()


def test_blocking_seats_is_for_staff_and_seats_of_the_show(boss_api, login, api) -> None:
    show = two_category_show()
    url = f"{URL}{show.pk}/seats/"
    assert_problem(api.patch(url, {"block": [1]}), 401, "not_authenticated")
    assert_problem(login(UserFactory()).patch(url, {"block": [1]}), 403, "permission_denied")
    assert_problem(boss_api.patch(url, {"block": [10**9]}), 400, "seats_not_in_show")
    assert not ShowSeat.objects.filter(status="blocked").exists()
