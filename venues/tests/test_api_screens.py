from typing import Any

import pytest
from django.contrib.auth.models import Permission

from eventbooking_system.testing.problems import fields_in_error
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory, UserFactory
from venues.models import Screen, Seat
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, VenueFactory, hall
from venues.tests.plans import theatre

pytestmark = pytest.mark.django_db
DOCUMENT = {
    "rows": [
        {"row": "A", "seats": 12, "category": "Gold", "aisle_after": [4, 8], "accessible": [1]},
        {"row": "B", "seats": 10, "category": "Silver"},
    ],
    "categories": [{"name": "Gold", "color": "#ffd700"}, {"name": "Silver"}],
}


def many(screen: Screen) -> str:
    return f"/api/venues/{screen.venue_id}/screens/"


def one(screen: Screen, rest: str = "") -> str:
    return f"{many(screen)}{screen.pk}/{rest}"


# ---- Screens


def test_anyone_reads_the_screens_of_a_venue(api: Any, django_assert_num_queries: Any) -> None:
    screen = hall({"A": 3}, name="Screen 2")
    ScreenFactory(venue=screen.venue, name="Screen 1")
    hall()
    with django_assert_num_queries(2):  # The venue, and the page.
        response = api.get(many(screen))
    assert [found["name"] for found in response.json()["results"]] == ["Screen 1", "Screen 2"]
    assert response.json()["results"][1] == api.get(one(screen)).json()
    assert api.get(one(screen)).json() == {
        "id": screen.pk, "venue": screen.venue_id, "name": "Screen 2", "capacity": 3,
    }  # fmt: skip


def test_a_screen_is_found_under_its_own_venue_only(api: Any, boss_api: Any) -> None:
    screen, other = hall(), VenueFactory()
    path = f"/api/venues/{other.pk}/screens/{screen.pk}/"
    for rest in ("", "seats/", "layout/"):
        assert api.get(path + rest).status_code == 404
    assert boss_api.delete(path).status_code == 404
    assert boss_api.put(f"{path}layout/", DOCUMENT).status_code == 404
    assert Seat.objects.count() == 12


def test_a_venue_that_is_not_there_has_no_screens(api: Any, boss_api: Any) -> None:
    assert api.get("/api/venues/5/screens/").status_code == 404
    assert boss_api.post("/api/venues/5/screens/", {"name": "Screen 1"}).status_code == 404


def test_staff_add_rename_and_delete_a_screen(boss_api: Any) -> None:
    venue = VenueFactory()
    response = boss_api.post(f"/api/venues/{venue.pk}/screens/", {"name": "Screen 1"})
    assert response.status_code == 201, response.content
    screen = Screen.objects.get()
    assert response.json() == {
        "id": screen.pk, "venue": venue.pk, "name": "Screen 1", "capacity": 0,
    }  # fmt: skip
    assert boss_api.put(one(screen), {"name": "Hall"}).json()["name"] == "Hall"
    assert boss_api.patch(one(screen), {"name": "Arena"}).json()["name"] == "Arena"
    assert boss_api.delete(one(screen)).status_code == 204
    assert not Screen.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", None), ("name", 5), ("name", "x" * 101), ("name", "a\0"),
     ("venue", 5), ("capacity", 5), ("id", 5), ("layout", {}), ("nonsense", 1)],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_name(boss_api: Any, field: str, value: Any) -> None:
    screen = ScreenFactory(name="Before")
    body = {"name": "After", field: value}
    for response in (
        boss_api.post(many(screen), body),
        boss_api.put(one(screen), body),
        boss_api.patch(one(screen), body),
    ):
        assert fields_in_error(response) == [field]
    screen.refresh_from_db()
    assert screen.name == "Before"
    assert Screen.objects.count() == 1


def test_a_name_in_use_is_refused(boss_api: Any) -> None:
    screen = ScreenFactory(name="Screen 1")
    other = ScreenFactory(name="Screen 2", venue=screen.venue)
    for response in (
        boss_api.post(many(screen), {"name": "Screen 1"}),
        boss_api.patch(one(other), {"name": "Screen 1"}),
    ):
        assert fields_in_error(response) == ["name"]
        assert response.json()["errors"][0]["code"] == "unique"
    assert Screen.objects.count() == 2


def test_a_screen_with_shows_cannot_be_deleted(boss_api: Any) -> None:
    show = scheduled_show()
    response = boss_api.delete(one(show.screen))
    assert response.status_code == 409
    assert response.json()["code"] == "in_use"
    assert Screen.objects.exists()


# ---- Seats


def test_seats_come_all_at_once_in_few_statements(
    api: Any, boss_api: Any, django_assert_num_queries: Any
) -> None:
    screen = ScreenFactory()
    boss_api.put(one(screen, "layout/"), DOCUMENT)
    with django_assert_num_queries(2):  # The screen and its seats.
        response = api.get(one(screen, "seats/"))
    assert len(response.json()) == 22
    assert response.json()[0] == {
        "id": Seat.objects.earliest("pk").pk, "section": "", "row": "A", "number": "1",
        "category": "Gold", "x": 0.0, "y": 0.0, "accessible": True, "companion": False,
        "restricted_view": False, "couple": "", "guid": "",
    }  # fmt: skip
    first = api.get(one(screen, "seats/"))
    again = api.get(one(screen, "seats/"), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_a_screen_without_a_layout_has_no_seats(api: Any) -> None:
    assert api.get(one(ScreenFactory(), "seats/")).json() == []


# ---- Layouts


def test_a_layout_comes_back_as_it_was_put(api: Any, boss_api: Any) -> None:
    screen = ScreenFactory()
    assert api.get(one(screen, "layout/")).status_code == 404
    response = boss_api.put(one(screen, "layout/"), DOCUMENT)
    assert response.status_code == 200, response.content
    assert response.json() == DOCUMENT
    assert api.get(one(screen, "layout/")).json() == DOCUMENT
    assert api.get(one(screen)).json()["capacity"] == 22


def test_a_wrong_layout_is_refused_with_every_place(boss_api: Any, api: Any) -> None:
    screen = ScreenFactory()
    boss_api.put(one(screen, "layout/"), DOCUMENT)
    wrong = {
        "rows": [{"row": "A", "seats": 0, "category": "G"}, {"row": "B", "aisle_after": ["x"]}]
    }
    response = boss_api.put(one(screen, "layout/"), wrong)
    assert fields_in_error(response) == [
        "rows.0.seats", "rows.1.category", "rows.1.seats", "rows.1.aisle_after.0",
    ]  # fmt: skip
    assert response.json()["code"] == "invalid"
    assert api.get(one(screen, "layout/")).json() == DOCUMENT
    assert Seat.objects.count() == 22


@pytest.mark.parametrize(
    "document",
    [theatre(), {"plan": theatre(), "seats": {"s-1": {"accessible": True}, "b-1": {}}},
     theatre() | {"made_by": {"name": "Another editor", "version": [1, 2.5, None, "é·側"]}}],
)  # fmt: skip
def test_a_seating_plan_comes_back_as_it_was_put(api: Any, boss_api: Any, document: Any) -> None:
    screen = ScreenFactory()
    response = boss_api.put(one(screen, "layout/"), document)
    assert response.status_code == 200, response.content
    assert api.get(one(screen, "layout/")).json() == document
    assert api.get(one(screen)).json()["capacity"] == 5


def test_seats_of_a_plan_have_their_zone_guid_and_marks(api: Any, boss_api: Any) -> None:
    screen = ScreenFactory()
    versions = {"s-1": {"restricted_view": True, "couple": "C1"}, "s-3": {"couple": "C1"}}
    boss_api.put(one(screen, "layout/"), {"plan": theatre(), "seats": versions})
    seats = {seat.pop("guid"): seat for seat in api.get(one(screen, "seats/")).json()}
    seats["s-1"].pop("id")
    assert seats["s-1"] == {
        "section": "Stalls", "row": "Stalls A", "number": "1", "category": "Stalls", "x": 120.0,
        "y": 50.0, "accessible": False, "companion": False, "restricted_view": True,
        "couple": "C1",
    }  # fmt: skip
    assert seats["s-3"]["couple"] == "C1"


def test_the_answer_lists_unknown_members_and_the_layout_keeps_them(
    api: Any, boss_api: Any
) -> None:
    screen = ScreenFactory()
    document = theatre() | {"version": 3}
    response = boss_api.put(one(screen, "layout/"), document)
    told = {
        "field": "version", "code": "unknown_field",
        "detail": "This is not a field of seating plans. It is kept, but not used.",
    }  # fmt: skip
    assert response.json() == document | {"warnings": [told]}
    assert api.get(one(screen, "layout/")).json() == document
    assert boss_api.put(one(screen, "layout/"), theatre()).json() == theatre()


def test_a_wrong_plan_is_refused_with_every_place(api: Any, boss_api: Any) -> None:
    screen = ScreenFactory()
    boss_api.put(one(screen, "layout/"), theatre())
    wrong = theatre()
    wrong["zones"][0]["rows"][0]["seats"][1] |= {"seat_guid": "s-3", "category": "Gold"}
    wrong["zones"][1]["rows"][0]["seats"][0]["position"]["x"] = 1e300
    response = boss_api.put(one(screen, "layout/"), wrong)
    assert fields_in_error(response) == [
        "zones.1.rows.0.seats.0.position.x",
        "zones.0.rows.0.seats.1.seat_guid",
        "zones.0.rows.0.seats.1.category",
    ]
    assert "zones.0.rows.0.seats.0.seat_guid" in response.json()["errors"][1]["detail"]
    assert api.get(one(screen, "layout/")).json() == theatre()
    assert Seat.objects.count() == 5


def test_a_new_version_is_asked_for(api: Any, boss_api: Any) -> None:
    show = scheduled_show(rows={"A": 2})
    path = one(show.screen, "layout/")
    for refused in ("", "?new_version=false"):
        assert boss_api.put(path + refused, theatre()).status_code == 409
    assert fields_in_error(boss_api.put(f"{path}?new_version=perhaps", theatre())) == [
        "new_version"
    ]
    assert Seat.objects.count() == 2
    assert boss_api.put(f"{path}?new_version=true", theatre()).status_code == 200
    assert len(api.get(one(show.screen, "seats/")).json()) == 5
    assert [seat["row"] for seat in api.get(f"/api/shows/{show.pk}/seats/").json()["seats"]] == [
        "A", "A",
    ]  # fmt: skip


@pytest.mark.parametrize("body", ["[]", "5", "null", '"x"', "{", "", '{"rows": NaN}', "[[[["])
def test_a_body_that_is_not_a_layout_is_refused(boss_api: Any, body: str) -> None:
    screen = hall()
    response = boss_api.put(one(screen, "layout/"), data=body, content_type="application/json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert Seat.objects.count() == 12


def test_seats_of_a_show_to_come_are_in_use(boss_api: Any) -> None:
    show = scheduled_show(rows={"A": 2, "B": 2})
    response = boss_api.put(one(show.screen, "layout/"), DOCUMENT)
    assert response.status_code == 409
    assert response.json()["code"] == "in_use"
    assert {"row": "A", "number": "3"} in response.json()["seats"]
    assert Seat.objects.count() == 4


def test_a_layout_has_only_its_two_methods(boss_api: Any) -> None:
    screen = ScreenFactory()
    for method in (boss_api.post, boss_api.patch, boss_api.delete):
        assert method(one(screen, "layout/")).status_code == 405


# ---- Permissions to write


def test_screens_are_written_only_with_permission(api: Any, login: Any) -> None:
    screen = hall()
    for status, client in {401: api, 403: login(UserFactory())}.items():
        for response in (
            client.post(many(screen), {"name": "x"}),
            client.put(one(screen), {"name": "x"}),
            client.patch(one(screen), {"name": "x"}),
            client.delete(one(screen)),
            client.put(one(screen, "layout/"), DOCUMENT),
        ):
            assert response.status_code == status
    assert Screen.objects.get().name == screen.name
    assert Seat.objects.count() == 12


def test_replacing_a_layout_is_changing_a_screen(login: Any) -> None:
    screen = ScreenFactory()
    user = StaffFactory(is_superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="change_venue"))
    assert login(user).put(one(screen, "layout/"), DOCUMENT).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="change_screen"))
    assert login(user).put(one(screen, "layout/"), DOCUMENT).status_code == 200


def test_staff_browse_the_api_as_pages(client: Any) -> None:
    screen = hall()
    client.force_login(StaffFactory())
    venue = f"/api/venues/{screen.venue_id}/"
    for path in ("/api/venues/", venue, many(screen), one(screen), one(screen, "seats/")):
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 200
    replace_layout(screen_id=screen.pk, document=DOCUMENT)
    assert client.get(one(screen, "layout/"), headers={"Accept": "text/html"}).status_code == 200
