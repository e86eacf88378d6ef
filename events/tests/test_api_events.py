"""Events at the API: reading and writing them, and their genres."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission

from eventbooking_system.testing.problems import assert_problem, fields_in_error
from events.models import Event, Genre
from events.tests.factories import EventFactory, GenreFactory
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/api/events/"
BODY = {"kind": "movie", "title": "Heat", "duration_minutes": 170}
NAMES = [
    "id", "kind", "title", "slug", "description", "duration_minutes", "language", "certificate",
    "genres", "release_date", "cast", "poster_url", "poster", "is_published",
    "short_title", "distributor", "national_code", "trailer_url",
]  # fmt: skip


def one(event: Event) -> str:
    return f"{LIST}{event.pk}/"


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


def test_hidden_and_missing_events_get_the_same_answer(api: Any) -> None:
    hidden = EventFactory(is_published=False)
    answers = [api.get(path) for path in (one(hidden), f"{LIST}99999/")]
    assert answers[0].content == answers[1].content


@pytest.mark.sqlite
@pytest.mark.parametrize("pk", ["9223372036854775808", "9" * 19, "9" * 40, "-1", "abc", "1.5"])
def test_event_with_an_impossible_id_is_answered_404(api: Any, boss_api: Any, pk: str) -> None:
    for response in (api.get(f"{LIST}{pk}/"), boss_api.delete(f"{LIST}{pk}/")):
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"


@pytest.mark.sqlite
def test_event_list_takes_a_fixed_number_of_queries(
    api: Any, django_assert_num_queries: Any
) -> None:
    for _ in range(10):
        EventFactory().genres.add(GenreFactory(name="Noir"), GenreFactory(name="Crime"))
    with django_assert_num_queries(2):  # The page and its genres.
        assert len(api.get(LIST).data["results"]) == 10


def test_event_reads_have_an_etag_and_answer_304(api: Any) -> None:
    event = EventFactory()
    for path in (LIST, one(event), f"{LIST}genres/"):
        first = api.get(path)
        assert first["Cache-Control"] == "public, max-age=60"
        again = api.get(path, headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304
        assert not again.content


@pytest.mark.sqlite
def test_pages_of_events_follow_each_other_without_gaps(api: Any) -> None:
    made = {EventFactory(title="Same").pk for _ in range(7)}
    seen = [
        event["id"]
        for page in (1, 2, 3)
        for event in api.get(LIST, {"page": page, "page_size": 3}).data["results"]
    ]
    assert len(seen) == 7
    assert set(seen) == made


@pytest.mark.sqlite
def test_genres_are_those_of_published_events(api: Any, boss_api: Any) -> None:
    EventFactory().genres.add(GenreFactory(name="Noir"), GenreFactory(name="Crime"))
    EventFactory().genres.add(GenreFactory(name="Noir"))
    EventFactory(is_published=False).genres.add(GenreFactory(name="Secret"))
    response = api.get(f"{LIST}genres/")
    assert [genre["name"] for genre in response.data["results"]] == ["Crime", "Noir"]
    assert list(response.data["results"][0]) == ["id", "name"]
    assert boss_api.get(f"{LIST}genres/").data["count"] == 3
    assert fields_in_error(api.get(f"{LIST}genres/", {"foo": "1"})) == ["foo"]


@pytest.mark.sqlite
def test_genres_are_made_by_events_only(boss_api: Any) -> None:
    assert boss_api.post(f"{LIST}genres/", {"name": "Noir"}).status_code == 405
    assert not Genre.objects.exists()


@pytest.mark.sqlite
def test_staff_create_an_event(boss_api: Any) -> None:
    body = {
        **BODY, "slug": "the-heat", "description": "A heist.", "language": "English",
        "certificate": "15", "genres": ["Noir", "Crime"], "release_date": "1995-12-15",
        "cast": ["Al Pacino"], "poster_url": "https://example.org/heat.jpg", "is_published": True,
        "short_title": "", "distributor": "", "national_code": "", "trailer_url": "",
    }  # fmt: skip
    response = boss_api.post(LIST, body)
    assert response.status_code == 201, response.content
    assert response.json() == {
        **body, "id": Event.objects.get().pk, "genres": ["Crime", "Noir"], "poster": [],
    }  # fmt: skip


@pytest.mark.sqlite
def test_a_new_event_is_unpublished_and_its_slug_derived(boss_api: Any) -> None:
    response = boss_api.post(LIST, BODY)
    assert response.json()["slug"] == "heat"
    assert response.json()["is_published"] is False
    assert response.json()["genres"] == response.json()["cast"] == []


@pytest.mark.sqlite
def test_staff_change_some_fields(boss_api: Any) -> None:
    event = EventFactory(title="Heat", slug="heat")
    response = boss_api.patch(one(event), {"genres": ["Noir"], "duration_minutes": 171})
    assert response.status_code == 200
    assert response.json()["genres"] == ["Noir"]
    assert response.json()["duration_minutes"] == 171
    assert boss_api.patch(one(event), {"genres": []}).json()["genres"] == []


@pytest.mark.sqlite
def test_history_of_an_event_names_the_staff_member(login: Any) -> None:
    writer = StaffFactory()
    event = EventFactory()
    assert login(writer).patch(one(event), {"title": "Heat"}).status_code == 200
    assert login(StaffFactory()).get(one(event)).status_code == 200
    change, creation = event.history.all()
    assert (change.history_user, creation.history_user) == (writer, None)


def test_put_of_an_event_needs_every_required_field(boss_api: Any) -> None:
    event = EventFactory()
    assert fields_in_error(boss_api.put(one(event), {"title": "Heat"})) == [
        "kind",
        "duration_minutes",
    ]
    assert boss_api.put(one(event), BODY).json()["title"] == "Heat"


@pytest.mark.sqlite
def test_staff_delete_an_event_without_shows(boss_api: Any) -> None:
    event = EventFactory()
    response = boss_api.delete(one(event))
    assert response.status_code == 204
    assert not response.content
    assert boss_api.delete(one(event)).status_code == 404


@pytest.mark.sqlite
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
def test_event_with_an_invalid_field_is_refused_by_name(
    boss_api: Any, field: str, value: Any
) -> None:
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
def test_event_with_an_invalid_item_is_refused_by_its_place(
    boss_api: Any, field: str, value: Any, place: str
) -> None:
    assert fields_in_error(boss_api.post(LIST, {**BODY, field: value})) == [place]
    assert not Event.objects.exists()


@pytest.mark.sqlite
def test_event_with_a_slug_in_use_is_refused(boss_api: Any) -> None:
    EventFactory(slug="heat")
    response = boss_api.post(LIST, {**BODY, "slug": "heat"})
    assert fields_in_error(response) == ["slug"]
    assert response.json()["errors"][0]["code"] == "unique"
    assert Event.objects.count() == 1


@pytest.mark.parametrize("body", ["[]", "5", "null", '"x"', "{", "", '{"title": NaN}'])
def test_event_body_that_is_not_an_object_is_refused(boss_api: Any, body: str) -> None:
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


def test_event_body_of_another_media_type_is_refused(boss_api: Any) -> None:
    response = boss_api.post(
        LIST, data="title=Heat", content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 415
    assert not Event.objects.exists()


def test_events_are_not_written_without_permission(api: Any, login: Any) -> None:
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


def test_staff_need_the_permission_for_each_action_on_events(login: Any) -> None:
    event = EventFactory()
    user = StaffFactory(is_superuser=False)
    assert login(user).patch(one(event), {"title": "After"}).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="change_event"))
    client = login(user)
    assert client.patch(one(event), {"title": "After"}).status_code == 200
    assert client.post(LIST, BODY).status_code == 403
    assert client.delete(one(event)).status_code == 403
    assert Event.objects.count() == 1


def test_customer_with_the_permission_cannot_write_events(login: Any) -> None:
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="add_event"))
    assert login(user).post(LIST, BODY).status_code == 403
    assert not Event.objects.exists()


def test_staff_browse_the_event_api_as_pages(client: Any) -> None:
    event = EventFactory()
    client.force_login(StaffFactory())
    for path in (LIST, one(event), f"{LIST}genres/"):
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 200


def test_an_event_has_a_trailer_a_short_title_and_what_a_distributor_needs(boss_api, api) -> None:
    facts = {
        "short_title": "Dangal", "trailer_url": "https://example.org/t", "distributor": "UTV",
        "national_code": "IN-2016-17",
    }  # fmt: skip
    body = {
        "kind": "movie",
        "title": "Dangal: The Film",
        "duration_minutes": 161,
        "is_published": True,
    }
    made = boss_api.post("/api/events/", {**body, **facts}).json()
    assert facts.items() <= api.get(f"/api/events/{made['id']}/").json().items()
    for wrong in ({"trailer_url": "javascript:alert(1)"}, {"short_title": "x" * 61}):
        refused = boss_api.patch(f"/api/events/{made['id']}/", wrong)
        assert_problem(refused, 400, "invalid", field=next(iter(wrong)))
    assert facts.items() <= api.get(f"/api/events/{made['id']}/").json().items()
