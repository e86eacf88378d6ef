from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event, Genre
from events.tests.factories import EventFactory, GenreFactory
from shows.tests.factories import scheduled_show

pytestmark = pytest.mark.django_db
LIST = "/admin/events/event/"


def _form(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "movie", "title": "Heat", "slug": "heat", "duration_minutes": 170, "cast": "[]",
        **fields,
    }  # fmt: skip


def test_the_pages_open(boss: Any) -> None:
    event = EventFactory()
    for path in ("", "add/", f"{event.pk}/change/", f"{event.pk}/history/", "?q=heat"):
        assert boss.get(LIST + path).status_code == 200
    for path in ("", "add/"):
        assert boss.get(f"/admin/events/genre/{path}").status_code == 200


@pytest.mark.parametrize("path", [LIST, "/admin/events/genre/"])
def test_a_list_takes_as_many_queries_for_many_rows(
    boss: Any, django_assert_num_queries: Any, path: str
) -> None:
    EventFactory().genres.add(GenreFactory(name="First"))
    boss.get(path)
    with CaptureQueriesContext(connection) as few:
        boss.get(path)
    for number in range(20):
        EventFactory().genres.add(GenreFactory(name=f"Genre {number}"))
    with django_assert_num_queries(len(few)):
        boss.get(path)


def test_staff_publish_and_unpublish_with_a_trace(boss: Any) -> None:
    draft, out = EventFactory(is_published=False), EventFactory()
    chosen = {"_selected_action": [draft.pk, out.pk]}
    boss.post(LIST, {"action": "publish", **chosen})
    assert Event.objects.filter(is_published=True).count() == 2
    assert draft.history.first().is_published
    assert draft.history.first().history_user
    assert out.history.count() == 1
    boss.post(LIST, {"action": "unpublish", **chosen})
    assert not Event.objects.filter(is_published=True).exists()


def test_a_poster_or_cast_that_clients_could_not_show_is_refused(boss: Any) -> None:
    for wrong in ({"poster_url": "ftp://example.org/a"}, {"cast": '{"a": 1}'}):
        response = boss.post(f"{LIST}add/", _form(**wrong))
        assert list(response.context["adminform"].form.errors) == list(wrong)
    assert not Event.objects.exists()
    assert boss.post(f"{LIST}add/", _form(cast='["Al Pacino"]')).status_code == 302
    assert Event.objects.get().cast == ["Al Pacino"]


def test_an_event_with_shows_is_not_deleted(boss: Any) -> None:
    event = scheduled_show().event
    response = boss.post(f"{LIST}{event.pk}/delete/", {"post": "yes"})
    assert response.status_code in (200, 302, 403)
    assert Event.objects.filter(pk=event.pk).exists()


@pytest.mark.parametrize("genre", ["Noir", "9" * 30, "-1", "1.5", "\0", "१"])
def test_admin_refuses_a_genre_that_does_not_exist_by_field(boss: Any, genre: str) -> None:
    response = boss.post(f"{LIST}add/", _form(genres=[genre]))
    assert list(response.context["adminform"].form.errors) == ["genres"]
    assert not Event.objects.exists()


@pytest.mark.parametrize("name", ["DRAMA", " drama ", "x" * 51, "\0", ""])
def test_admin_refuses_a_genre_whose_name_is_taken_or_wrong(boss: Any, name: str) -> None:
    GenreFactory(name="Drama")
    response = boss.post("/admin/events/genre/add/", {"name": name})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert Genre.objects.count() == 1
