from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from eventbooking_system.testing.problems import fields_in_error
from events.models import Event, Genre
from events.tests.factories import EventFactory, GenreFactory
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory, UserFactory
from venues.tests.factories import hall

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
LIST = "/api/events/"
BODY = {"kind": "movie", "title": "Heat", "duration_minutes": 170}
NAMES = [
    "id", "kind", "title", "slug", "description", "duration_minutes", "language", "certificate",
    "genres", "release_date", "cast", "poster_url", "is_published",
]  # fmt: skip


def one(event: Event) -> str:
    return f"{LIST}{event.pk}/"


def titles(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [event["title"] for event in response.data["results"]]


# ---- Reading


def test_anyone_reads_a_published_event(api: Any) -> None:
    event = EventFactory(title="Heat", cast=["Al Pacino"], release_date="1995-12-15")
    event.genres.add(GenreFactory(name="Noir"), GenreFactory(name="Crime"))
    response = api.get(one(event))
    assert list(response.json()) == NAMES
    assert response.json()["genres"] == ["Crime", "Noir"]
    assert response.json()["cast"] == ["Al Pacino"]
    assert response.json()["release_date"] == "1995-12-15"


def test_an_unpublished_event_is_for_staff_only(api: Any, login: Any, boss_api: Any) -> None:
    event = EventFactory(is_published=False)
    for client in (api, login(UserFactory())):
        assert client.get(one(event)).status_code == 404
        assert client.get(LIST).data["count"] == 0
    assert boss_api.get(one(event)).status_code == 200
    assert boss_api.get(LIST).data["count"] == 1


def test_hidden_and_missing_events_answer_alike(api: Any) -> None:
    hidden = EventFactory(is_published=False)
    answers = [api.get(path) for path in (one(hidden), f"{LIST}99999/")]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("pk", ["9223372036854775808", "9" * 19, "9" * 40, "-1", "abc", "1.5"])
def test_an_impossible_id_is_not_found(api: Any, boss_api: Any, pk: str) -> None:
    for response in (api.get(f"{LIST}{pk}/"), boss_api.delete(f"{LIST}{pk}/")):
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"


def test_the_list_takes_a_fixed_number_of_queries(api: Any, django_assert_num_queries: Any) -> None:
    for _ in range(10):
        EventFactory().genres.add(GenreFactory(name="Noir"), GenreFactory(name="Crime"))
    with django_assert_num_queries(2):  # The page and its genres.
        assert len(api.get(LIST).data["results"]) == 10


def test_reads_carry_an_etag_and_answer_304(api: Any) -> None:
    event = EventFactory()
    for path in (LIST, one(event), f"{LIST}genres/"):
        first = api.get(path)
        assert first["Cache-Control"] == "public, max-age=60"
        again = api.get(path, headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304
        assert not again.content


def test_pages_follow_one_another_without_gaps(api: Any) -> None:
    made = {EventFactory(title="Same").pk for _ in range(7)}
    seen = [
        event["id"]
        for page in (1, 2, 3)
        for event in api.get(LIST, {"page": page, "page_size": 3}).data["results"]
    ]
    assert len(seen) == 7
    assert set(seen) == made


# ---- Filters


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("heat", ["Heat"]),
        ("HEAT", ["Heat"]),
        ("heist", ["Heat"]),
        ("pacino heat", ["Heat"]),
        ("José", ["Heat"]),
        ("noir", ["Heat"]),
        ("pacino dune", []),
        ("%", []),
        ("é_", []),
    ],
)
def test_search_finds_every_word_in_title_description_cast_or_genre(
    api: Any, search: str, expected: list[str]
) -> None:
    heat = EventFactory(title="Heat", description="A heist.", cast=["Al Pacino", "José Greco"])
    heat.genres.add(GenreFactory(name="Noir"), GenreFactory(name="Neo-Noir"))
    EventFactory(title="Dune", description="Sand.", cast=["Zendaya"])
    assert titles(api.get(LIST, {"search": search})) == expected


def test_kind_genre_and_language_narrow_the_list(api: Any) -> None:
    heat = EventFactory(title="Heat", language="English")
    heat.genres.add(GenreFactory(name="Noir"))
    EventFactory(title="Hamlet", kind="play", language="Danish")
    assert titles(api.get(LIST, {"kind": "play"})) == ["Hamlet"]
    assert titles(api.get(LIST, {"genre": "nOIR"})) == ["Heat"]
    assert titles(api.get(LIST, {"genre": "Opera"})) == []
    assert titles(api.get(LIST, {"language": "danish"})) == ["Hamlet"]


def test_ordering_puts_empty_dates_last_both_ways(api: Any) -> None:
    EventFactory(title="Old", release_date="1950-01-01")
    EventFactory(title="New", release_date="2020-01-01")
    EventFactory(title="Dateless")
    assert titles(api.get(LIST)) == ["Dateless", "New", "Old"]
    assert titles(api.get(LIST, {"ordering": "-title"})) == ["Old", "New", "Dateless"]
    assert titles(api.get(LIST, {"ordering": "release_date"})) == ["Old", "New", "Dateless"]
    assert titles(api.get(LIST, {"ordering": "-release_date"})) == ["New", "Old", "Dateless"]


def test_staff_narrow_the_list_to_what_is_not_published(boss_api: Any, api: Any) -> None:
    EventFactory(title="Out")
    EventFactory(title="Draft", is_published=False)
    assert titles(boss_api.get(LIST, {"is_published": "false"})) == ["Draft"]
    assert titles(api.get(LIST, {"is_published": "false"})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "opera"), ("ordering", "slug"), ("ordering", "title,x"), ("ordering", ","), ("ordering", "title,"), ("venue", "abc"),
        ("venue", "0"), ("venue", "-1"), ("venue", "9223372036854775808"), ("venue", "true"),
        ("date", "2026-02-30"), ("date", "today"), ("date", "0001-01-01"), ("date", "9999-12-31"),
        ("date_from", "2026-13-01"), ("date_to", "1"), ("is_published", "maybe"),
        ("search", "a\0b"), ("search", "x" * 201), ("search", "a b c d e f g h i j k"), ("city", "\0"), ("genre", "\0"), ("foo", "1"),
        ("page", "0"), ("page", "x"), ("page_size", "101"),
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused_by_name(api: Any, name: str, value: str) -> None:
    assert fields_in_error(api.get(LIST, {name: value})) == [name]


def test_city_and_venue_ask_for_a_show_to_come(api: Any) -> None:
    now = timezone.now()
    screen = hall(venue__city="Mumbai")
    shown = scheduled_show(screen=screen).event
    # Two shows are no reason to be listed twice.
    scheduled_show(screen=screen, event=shown, start_time=now + timedelta(days=3))
    over = scheduled_show(screen=screen, start_time=now - timedelta(days=9)).event
    off = scheduled_show(screen=screen, start_time=now + timedelta(days=5))
    type(off).objects.filter(pk=off.pk).update(status="cancelled", cancelled_at=now)
    scheduled_show(screen=hall(venue__city="Pune"))
    assert titles(api.get(LIST, {"city": "mumbai"})) == [shown.title]
    assert titles(api.get(LIST, {"venue": screen.venue_id})) == [shown.title]
    assert titles(api.get(LIST, {"venue": 10**15})) == []
    past = (now - timedelta(days=12)).date().isoformat()
    assert set(titles(api.get(LIST, {"city": "mumbai", "date_from": past}))) == {
        shown.title,
        over.title,
    }


def test_city_and_date_must_be_those_of_one_show(api: Any) -> None:
    event = EventFactory()
    start = datetime(2031, 5, 4, 12, tzinfo=UTC)
    scheduled_show(event=event, screen=hall(venue__city="Mumbai"), start_time=start)
    scheduled_show(
        event=event, screen=hall(venue__city="Pune"), start_time=start + timedelta(days=1)
    )
    assert api.get(LIST, {"city": "Mumbai", "date": "2031-05-04"}).data["count"] == 1
    assert api.get(LIST, {"city": "Mumbai", "date": "2031-05-05"}).data["count"] == 0


def test_a_day_is_a_day_in_the_zone_of_each_venue(api: Any) -> None:
    """One instant, three dates: 5 May in Kiritimati and Mumbai, 4 May in Los Angeles."""
    start = datetime(2031, 5, 4, 20, tzinfo=UTC)
    places = {"Pacific/Kiritimati": 5, "Asia/Kolkata": 5, "America/Los_Angeles": 4}
    for zone in places:
        event = EventFactory(title=zone)
        scheduled_show(event=event, screen=hall(venue__timezone=zone), start_time=start)
    late = [zone for zone, day in places.items() if day == 5]
    assert titles(api.get(LIST, {"date": "2031-05-04"})) == ["America/Los_Angeles"]
    assert titles(api.get(LIST, {"date": "2031-05-05"})) == sorted(late)
    assert titles(api.get(LIST, {"date_from": "2031-05-05"})) == sorted(late)
    assert titles(api.get(LIST, {"date_to": "2031-05-04"})) == ["America/Los_Angeles"]
    both = {"date_from": "2031-05-04", "date_to": "2031-05-05"}
    assert len(titles(api.get(LIST, both))) == 3
    assert titles(api.get(LIST, {"date": "2031-05-06"})) == []


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_first_day_and_a_last_part_the_shows_of_any_zone(api: Any, zone: str) -> None:
    screen = hall(venue__timezone=zone)
    midnight = datetime(2031, 5, 4, tzinfo=ZoneInfo(zone))
    hours = {"long before": -240, "before": -3, "after": 0, "at noon": 12, "long after": 240}
    for title, offset in hours.items():
        start = midnight + timedelta(hours=offset)
        scheduled_show(event=EventFactory(title=title), screen=screen, start_time=start)
    since = titles(api.get(LIST, {"date_from": "2031-05-04"}))
    assert since == ["after", "at noon", "long after"]
    assert titles(api.get(LIST, {"date_to": "2031-05-03"})) == ["before", "long before"]


def test_the_filters_by_show_take_one_query_more(api: Any, django_assert_num_queries: Any) -> None:
    scheduled_show()
    with django_assert_num_queries(3):  # And the zones.
        api.get(LIST, {"city": "Mumbai", "date_from": "2020-01-01"})


# ---- Genres


def test_genres_are_those_of_published_events(api: Any, boss_api: Any) -> None:
    EventFactory().genres.add(GenreFactory(name="Noir"), GenreFactory(name="Crime"))
    EventFactory().genres.add(GenreFactory(name="Noir"))
    EventFactory(is_published=False).genres.add(GenreFactory(name="Secret"))
    response = api.get(f"{LIST}genres/")
    assert [genre["name"] for genre in response.data["results"]] == ["Crime", "Noir"]
    assert list(response.data["results"][0]) == ["id", "name"]
    assert boss_api.get(f"{LIST}genres/").data["count"] == 3
    assert fields_in_error(api.get(f"{LIST}genres/", {"foo": "1"})) == ["foo"]


def test_genres_are_made_by_events_only(boss_api: Any) -> None:
    assert boss_api.post(f"{LIST}genres/", {"name": "Noir"}).status_code == 405
    assert not Genre.objects.exists()


# ---- Writing


def test_staff_create_an_event(boss_api: Any) -> None:
    body = {
        **BODY, "slug": "the-heat", "description": "A heist.", "language": "English",
        "certificate": "15", "genres": ["Noir", "Crime"], "release_date": "1995-12-15",
        "cast": ["Al Pacino"], "poster_url": "https://example.org/heat.jpg", "is_published": True,
    }  # fmt: skip
    response = boss_api.post(LIST, body)
    assert response.status_code == 201, response.content
    assert response.json() == {
        **body, "id": Event.objects.get().pk, "genres": ["Crime", "Noir"],
    }  # fmt: skip


def test_a_new_event_is_unpublished_and_its_slug_derived(boss_api: Any) -> None:
    response = boss_api.post(LIST, BODY)
    assert response.json()["slug"] == "heat"
    assert response.json()["is_published"] is False
    assert response.json()["genres"] == response.json()["cast"] == []


def test_staff_change_some_fields(boss_api: Any) -> None:
    event = EventFactory(title="Heat", slug="heat")
    response = boss_api.patch(one(event), {"genres": ["Noir"], "duration_minutes": 171})
    assert response.status_code == 200
    assert response.json()["genres"] == ["Noir"]
    assert response.json()["duration_minutes"] == 171
    assert boss_api.patch(one(event), {"genres": []}).json()["genres"] == []


def test_the_history_says_who_made_a_change(login: Any) -> None:
    writer = StaffFactory()
    event = EventFactory()
    assert login(writer).patch(one(event), {"title": "Heat"}).status_code == 200
    assert login(StaffFactory()).get(one(event)).status_code == 200
    change, creation = event.history.all()
    assert (change.history_user, creation.history_user) == (writer, None)


def test_put_asks_for_every_required_field(boss_api: Any) -> None:
    event = EventFactory()
    assert fields_in_error(boss_api.put(one(event), {"title": "Heat"})) == [
        "kind",
        "duration_minutes",
    ]
    assert boss_api.put(one(event), BODY).json()["title"] == "Heat"


def test_staff_delete_an_event_without_shows(boss_api: Any) -> None:
    event = EventFactory()
    response = boss_api.delete(one(event))
    assert response.status_code == 204
    assert not response.content
    assert boss_api.delete(one(event)).status_code == 404


def test_an_event_with_shows_cannot_be_deleted(boss_api: Any) -> None:
    show = scheduled_show()
    response = boss_api.delete(one(show.event))
    assert response.status_code == 409
    assert response.json()["code"] == "in_use"
    assert Event.objects.filter(pk=show.event_id).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "opera"), ("kind", None), ("kind", ["movie"]), ("kind", 1),
        ("title", ""), ("title", "   "), ("title", None), ("title", 0), ("title", True),
        ("title", "x" * 301), ("title", "a\0b"), ("title", ["x"]),
        ("slug", "no spaces"), ("slug", ""), ("slug", None), ("slug", 5), ("slug", "é"),
        ("description", "x" * 10_001), ("description", 5),
        ("duration_minutes", 0), ("duration_minutes", -1), ("duration_minutes", 6001),
        ("duration_minutes", True), ("duration_minutes", "90"), ("duration_minutes", 90.5),
        ("duration_minutes", None), ("duration_minutes", 10**30),
        ("language", "x" * 51), ("language", None), ("certificate", "x" * 21),
        ("genres", "Noir"), ("genres", None), ("genres", {"a": 1}),
        ("genres", ["Noir", "noir"]), ("genres", [f"g{n}" for n in range(21)]),
        ("release_date", "2026-02-30"), ("release_date", 20260101), ("release_date", "soon"),
        ("release_date", True), ("cast", "Al"), ("cast", None), ("cast", ["x"] * 201),
        ("poster_url", "ftp://example.org/a"), ("poster_url", "javascript:alert(1)"),
        ("poster_url", 5), ("poster_url", "http://example.org/" + "x" * 500), ("poster_url", None),
        ("is_published", "true"), ("is_published", 1), ("is_published", None),
        ("id", 5), ("nonsense", 1),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_name(boss_api: Any, field: str, value: Any) -> None:
    event = EventFactory(title="Before")
    assert fields_in_error(boss_api.post(LIST, {**BODY, field: value})) == [field]
    assert fields_in_error(boss_api.patch(one(event), {field: value})) == [field]
    event.refresh_from_db()
    assert event.title == "Before"
    assert Event.objects.count() == 1
    assert not Genre.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("genres", ["Noir", ""], "genres.1"),
        ("genres", [5], "genres.0"),
        ("genres", ["x" * 51], "genres.0"),
        ("genres", ["a\0"], "genres.0"),
        ("cast", ["Al", None], "cast.1"),
        ("cast", ["x" * 101], "cast.0"),
    ],
)
def test_a_wrong_item_is_refused_by_its_place(
    boss_api: Any, field: str, value: Any, place: str
) -> None:
    assert fields_in_error(boss_api.post(LIST, {**BODY, field: value})) == [place]
    assert not Event.objects.exists()


def test_a_slug_in_use_is_refused(boss_api: Any) -> None:
    EventFactory(slug="heat")
    response = boss_api.post(LIST, {**BODY, "slug": "heat"})
    assert fields_in_error(response) == ["slug"]
    assert response.json()["errors"][0]["code"] == "unique"
    assert Event.objects.count() == 1


@pytest.mark.parametrize("body", ["[]", "5", "null", '"x"', "{", "", '{"title": NaN}'])
def test_a_body_that_is_no_object_is_refused(boss_api: Any, body: str) -> None:
    event = EventFactory()
    for method, path in (
        (boss_api.post, LIST),
        (boss_api.patch, one(event)),
        (boss_api.put, one(event)),
    ):
        response = method(path, data=body, content_type="application/json")
        # An empty PATCH changes nothing, and says so with the event.
        assert response.status_code == (200 if body == "" and method == boss_api.patch else 400)
    assert Event.objects.count() == 1


def test_another_type_of_body_is_refused(boss_api: Any) -> None:
    response = boss_api.post(
        LIST, data="title=Heat", content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 415
    assert not Event.objects.exists()


# ---- Permissions to write


def test_nobody_else_writes(api: Any, login: Any) -> None:
    event = EventFactory(title="Before")
    clients = {401: api, 403: login(UserFactory())}
    for status, client in clients.items():
        for response in (
            client.post(LIST, BODY),
            client.put(one(event), BODY),
            client.patch(one(event), {"title": "After"}),
            client.delete(one(event)),
        ):
            assert response.status_code == status
            assert response["Content-Type"] == "application/problem+json"
    event.refresh_from_db()
    assert event.title == "Before"
    assert Event.objects.count() == 1


def test_staff_need_the_permission_for_what_they_do(login: Any) -> None:
    event = EventFactory()
    user = StaffFactory(is_superuser=False)
    assert login(user).patch(one(event), {"title": "After"}).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="change_event"))
    client = login(user)
    assert client.patch(one(event), {"title": "After"}).status_code == 200
    assert client.post(LIST, BODY).status_code == 403
    assert client.delete(one(event)).status_code == 403
    assert Event.objects.count() == 1


def test_a_customer_with_the_permission_is_not_staff(login: Any) -> None:
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="add_event"))
    assert login(user).post(LIST, BODY).status_code == 403
    assert not Event.objects.exists()


def test_staff_browse_the_api_as_pages(client: Any) -> None:
    event = EventFactory()
    client.force_login(StaffFactory())
    for path in (LIST, one(event), f"{LIST}genres/"):
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 200
