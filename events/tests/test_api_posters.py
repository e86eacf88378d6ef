"""Posters at the API and the admin site. They are uploaded, shown and removed."""

from typing import Any
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import Entry
from eventbooking_system.testing.problems import fields_in_error
from events.models import Event
from events.tests.factories import EventFactory
from events.tests.images import image_bytes, opened
from shows.tests.factories import scheduled_show

pytestmark = pytest.mark.django_db
TYPED = "https://images.example.org/heat.jpg"
SCRIPT = b"<script>alert(1)</script>"


def file(content: bytes | None = None, name: str = "poster.png") -> SimpleUploadedFile:
    """Return a file to upload: the content, or a small image."""
    small = image_bytes(300, 450)
    return SimpleUploadedFile(name, small if content is None else content, "image/png")


def upload(client: Any, event: Event, **fields: Any) -> Any:
    sent = {"poster": file(), **fields}
    return client.post(f"/api/events/{event.pk}/poster/", sent, format="multipart")


@pytest.fixture(autouse=True)
def _empty_storage() -> None:
    for name in stored():
        default_storage.delete(f"posters/{name}")


def stored() -> list[str]:
    return (
        sorted(default_storage.listdir("posters")[1]) if default_storage.exists("posters") else []
    )


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Any) -> Any:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_an_uploaded_poster_is_shown_in_its_sizes_instead_of_the_typed_one(
    api: Any, boss_api: Any
) -> None:
    event = EventFactory(poster_url=TYPED)
    answer = upload(boss_api, event, poster=file(image_bytes()))
    assert answer.status_code == 200
    sizes = answer.json()["poster"]
    assert [(size["width"], size["height"]) for size in sizes] == [
        (200, 300),
        (400, 600),
        (800, 1200),
    ]
    assert answer.json()["poster_url"] == sizes[-1]["url"]
    shown = api.get(f"/api/events/{event.pk}/").json()
    assert (shown["poster"], shown["poster_url"]) == (sizes, sizes[-1]["url"])
    assert len(stored()) == 3
    event.refresh_from_db()
    assert event.poster_url == TYPED
    assert Entry.objects.get(action="events.change_poster").object_id == str(event.pk)


def test_poster_files_are_served_to_everyone_for_ever(api: Any, boss_api: Any) -> None:
    for size in upload(boss_api, EventFactory()).json()["poster"]:
        page = api.get(size["url"])
        assert page["Content-Type"] == "image/jpeg"
        assert "immutable" in page["Cache-Control"]
        assert opened(page.content).size == (size["width"], size["height"])
        assert api.post(size["url"]).status_code == 405


@pytest.mark.parametrize(
    "name", ["a.jpg", "../secret", "%2e%2e/db.sqlite3", "0" * 20 + "-00000000-200.jpg"]
)
def test_a_file_that_is_not_a_poster_is_not_served(api: Any, name: str) -> None:
    assert api.get(f"/media/posters/{name}").status_code == 404


def test_shows_have_the_poster_of_their_event(api: Any, boss_api: Any) -> None:
    show = scheduled_show()
    sizes = upload(boss_api, show.event).json()["poster"]
    answer = api.get(f"/api/shows/{show.pk}/").json()
    assert (answer["event"]["poster"], answer["event"]["poster_url"]) == (sizes, sizes[-1]["url"])
    (image,) = answer["structured_data"]["image"]
    assert image == urljoin(settings.FRONTEND_URL, sizes[-1]["url"])
    listed = api.get("/api/shows/").json()["results"][0]
    assert listed["event"]["poster"] == sizes


@pytest.mark.sqlite
def test_a_new_poster_replaces_the_files_of_the_earlier_one(boss_api: Any, commits: Any) -> None:
    event = EventFactory()
    upload(boss_api, event, poster=file(image_bytes()))
    earlier = stored()
    with commits():
        upload(boss_api, event, poster=file(image_bytes(300, 450)))
    assert not set(earlier) & set(stored())
    assert [name.rpartition("-")[2] for name in stored()] == ["200.jpg", "300.jpg"]


def test_two_events_with_one_image_have_files_of_their_own(boss_api: Any, commits: Any) -> None:
    first, second = EventFactory(), EventFactory()
    upload(boss_api, first)
    kept = upload(boss_api, second).json()["poster"]
    with commits():
        assert boss_api.delete(f"/api/events/{first.pk}/poster/").status_code == 204
    assert len(stored()) == 2
    assert all(boss_api.get(size["url"]).status_code == 200 for size in kept)


def test_a_removed_poster_gives_way_to_the_typed_one(boss_api: Any, commits: Any) -> None:
    event = EventFactory(poster_url=TYPED)
    upload(boss_api, event)
    with commits():
        assert boss_api.delete(f"/api/events/{event.pk}/poster/").status_code == 204
    answer = boss_api.get(f"/api/events/{event.pk}/").json()
    assert (answer["poster"], answer["poster_url"]) == ([], TYPED)
    assert stored() == []


def test_the_files_go_with_their_event(boss_api: Any, commits: Any) -> None:
    event = EventFactory()
    upload(boss_api, event)
    with commits():
        assert boss_api.delete(f"/api/events/{event.pk}/").status_code == 204
    assert stored() == []


def test_a_client_that_sends_back_what_it_read_keeps_the_typed_address(boss_api: Any) -> None:
    event = EventFactory(poster_url=TYPED)
    shown = upload(boss_api, event).json()["poster_url"]
    sent = {"poster_url": shown, "language": "Hindi"}
    assert boss_api.patch(f"/api/events/{event.pk}/", sent).json()["language"] == "Hindi"
    event.refresh_from_db()
    assert event.poster_url == TYPED


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"poster": file(SCRIPT)}, "poster"),
        ({"poster": file(b"<svg/>", "poster.svg")}, "poster"),
        ({"poster": file(b"")}, "poster"),
        ({"poster": "https://example.org/a.jpg"}, "poster"),
        ({"poster": ""}, "poster"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_poster_that_is_not_an_image_is_refused_by_field(
    boss_api: Any, fields: dict[str, Any], field: str
) -> None:
    event = EventFactory()
    answer = upload(boss_api, event, **fields)
    assert answer.status_code == 400
    assert fields_in_error(answer) == [field]
    event.refresh_from_db()
    assert event.poster is None
    assert stored() == []


def test_json_is_refused_as_a_poster(boss_api: Any) -> None:
    answer = boss_api.post(f"/api/events/{EventFactory().pk}/poster/", {"poster": "x"})
    assert answer.status_code == 415
    assert boss_api.get(f"/api/events/{EventFactory().pk}/poster/").status_code == 405


def test_only_staff_who_may_change_events_upload_posters(
    api: Any, customer_api: Any, staff_api: Any
) -> None:
    event = EventFactory()
    for client, status in (
        (api, 401),
        (customer_api, 403),
        (staff_api("add_event", "delete_event"), 403),
    ):
        assert upload(client, event).status_code == status
        assert client.delete(f"/api/events/{event.pk}/poster/").status_code == status
    assert stored() == []
    assert upload(staff_api("change_event"), event).status_code == 200


def test_the_poster_of_a_missing_event_leaves_no_file(boss_api: Any) -> None:
    assert upload(boss_api, Event(pk=10**9)).status_code == 404
    assert stored() == []


# ---- The admin site


def _form(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "movie", "title": "Heat", "slug": "heat", "duration_minutes": 170, "cast": "[]",
        **fields,
    }  # fmt: skip


def test_the_admin_form_takes_shows_and_removes_a_poster(boss: Any, commits: Any) -> None:
    with commits():
        answer = boss.post("/admin/events/event/add/", _form(new_poster=file()))
    assert answer.status_code == 302
    event = Event.objects.get()
    page = boss.get(f"/admin/events/event/{event.pk}/change/").content.decode()
    assert event.poster_sizes[0]["url"] in page
    with commits():
        boss.post(f"/admin/events/event/{event.pk}/change/", _form(remove_poster="on"))
    event.refresh_from_db()
    assert (event.poster, stored()) == (None, [])


def test_the_admin_form_refuses_a_script_by_field(boss: Any, commits: Any) -> None:
    with commits():
        answer = boss.post("/admin/events/event/add/", _form(new_poster=file(SCRIPT)))
    assert list(answer.context["adminform"].form.errors) == ["new_poster"]
    assert (Event.objects.count(), stored()) == (0, [])


def test_the_admin_site_deletes_the_files_of_deleted_events(boss: Any, commits: Any) -> None:
    for number in range(2):
        with commits():
            boss.post("/admin/events/event/add/", _form(slug=f"heat-{number}", new_poster=file()))
    first, second = Event.objects.order_by("pk")
    with commits():
        boss.post(f"/admin/events/event/{first.pk}/delete/", {"post": "yes"})
    assert len(stored()) == 2
    chosen = {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"}
    with commits():
        boss.post("/admin/events/event/", chosen)
    assert (Event.objects.count(), stored()) == (0, [])
