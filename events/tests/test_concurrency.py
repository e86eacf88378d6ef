"""Changes of the catalogue at the same moment, on real commits."""

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection

from eventbooking_system import slugs
from eventbooking_system.errors import InUse
from eventbooking_system.testing.races import run_at_once
from events import services
from events.models import Event, Genre
from events.querysets import EventQuerySet
from events.services import catalogue
from events.tests.factories import EventFactory
from shows.models import Show
from shows.tests.factories import scheduled_show
from venues.tests.factories import hall

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]
FIELDS = {"kind": "movie", "title": "Heat", "duration_minutes": 170}


@pytest.mark.postgres
def test_control_without_another_try_the_rival_hits_the_constraint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def save_once(event: Event, *, text: str) -> None:
        event.slug = slugs.free_slug(Event, text)
        event.save()

    monkeypatch.setattr(catalogue, "save_with_slug", save_once)
    for number in range(20):
        fields = {**FIELDS, "title": f"Heat {number}"}
        events = run_at_once([partial(services.create_event, fields=fields)] * 4)
        if any(isinstance(event, IntegrityError) for event in events):
            return
    pytest.fail("The harness cannot make slugs collide.")


@pytest.mark.postgres
def test_events_of_one_title_created_at_once_get_slugs_of_their_own() -> None:
    create = partial(services.create_event, fields={**FIELDS, "genres": ["Noir", "Crime"]})
    events = run_at_once([create] * 6)
    assert {event.slug for event in events} == {"heat"} | {f"heat-{n}" for n in range(2, 7)}
    assert Genre.objects.count() == 2
    assert all(event.genres.count() == 2 for event in events)


@pytest.mark.postgres
def test_genres_of_different_case_created_at_once_become_one() -> None:
    names = ["noir", "Noir", "NOIR", "nOIR"]
    events = run_at_once(
        [partial(services.create_event, fields={**FIELDS, "genres": [name]}) for name in names]
    )
    assert Genre.objects.count() == 1
    assert all(event.genres.count() == 1 for event in events)


def _change_two_fields_at_once() -> Event:
    event = EventFactory(language="", certificate="")
    calls = [
        partial(services.update_event, event_id=event.pk, fields=fields)
        for fields in [{"language": "Hindi"}, {"certificate": "12A"}] * 4
    ]
    run_at_once(calls)
    event.refresh_from_db()
    return event


@pytest.mark.postgres
def test_control_without_the_lock_one_change_undoes_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(EventQuerySet, "locked", lambda self: self)
    for _ in range(30):
        event = _change_two_fields_at_once()
        if (event.language, event.certificate) != ("Hindi", "12A"):
            return
    pytest.fail("The harness cannot make changes collide.")


def test_changes_of_different_fields_at_once_all_stay() -> None:
    for _ in range(5):
        event = _change_two_fields_at_once()
        assert (event.language, event.certificate) == ("Hindi", "12A")


def test_an_event_deleted_while_a_show_is_scheduled_leaves_no_orphan() -> None:
    for _ in range(5):
        event, screen = EventFactory(), hall()
        deleted, scheduled = run_at_once(
            [
                partial(services.delete_event, event_id=event.pk),
                partial(scheduled_show, event=event, screen=screen),
            ]
        )
        is_there = Event.objects.filter(pk=event.pk).exists()
        assert is_there == Show.objects.filter(event=event.pk).exists()
        assert isinstance(deleted, InUse) if is_there else deleted is None
        assert isinstance(scheduled, Exception) is not is_there


@pytest.mark.postgres
def test_a_show_committed_just_before_the_deletion_is_met_at_the_commit() -> None:
    event, screen = EventFactory(), hall()

    def schedule_first(execute: Any, sql: str, *args: Any) -> Any:
        if sql.startswith('DELETE FROM "events_event" '):
            run_at_once([partial(scheduled_show, event=event, screen=screen)])
        return execute(sql, *args)

    with connection.execute_wrapper(schedule_first), pytest.raises(InUse):
        services.delete_event(event_id=event.pk)
    assert Show.objects.filter(event=event).exists()


def test_the_row_is_locked_before_it_is_changed(django_assert_max_num_queries: Any) -> None:
    event = EventFactory()
    with django_assert_max_num_queries(9) as queries:
        services.update_event(event_id=event.pk, fields={"title": "Cold"})
    # PostgreSQL gets the BEGIN of the transaction with its first statement.
    statements = [query["sql"].removeprefix("BEGIN; ") for query in queries.captured_queries]
    selected = next(sql for sql in statements if sql.startswith("SELECT"))
    assert 'ORDER BY "events_event"."id" ASC' in selected
    if connection.vendor == "postgresql":
        assert selected.endswith('FOR NO KEY UPDATE OF "events_event"')
