import pytest

from eventbooking_system.errors import InUse, InvalidField, NotFound
from events import services
from events.models import Event, Genre
from events.tests.factories import EventFactory, GenreFactory
from shows.tests.factories import scheduled_show

pytestmark = pytest.mark.django_db
FIELDS = {"kind": "movie", "title": "Heat", "duration_minutes": 170}


def test_create_event_derives_a_free_slug_from_the_title() -> None:
    slugs = [services.create_event(fields=FIELDS).slug for _ in range(3)]
    assert slugs == ["heat", "heat-2", "heat-3"]


def test_create_event_finds_a_slug_for_a_title_without_latin_letters() -> None:
    slugs = [services.create_event(fields={**FIELDS, "title": "七人の侍"}).slug for _ in range(2)]
    assert slugs == ["event", "event-2"]


def test_create_event_cuts_a_long_slug() -> None:
    slugs = [services.create_event(fields={**FIELDS, "title": "a" * 300}).slug for _ in range(2)]
    assert slugs == ["a" * 292, "a" * 292 + "-2"]


def test_create_event_refuses_a_slug_in_use() -> None:
    EventFactory(slug="heat")
    with pytest.raises(InvalidField) as refusal:
        services.create_event(fields={**FIELDS, "slug": "heat", "genres": ["Noir"]})
    assert refusal.value.members["errors"][0]["field"] == "slug"
    assert Event.objects.count() == 1
    assert not Genre.objects.exists()


def test_create_event_reuses_genres_in_any_case_and_creates_the_others() -> None:
    drama = GenreFactory(name="Drama")
    event = services.create_event(fields={**FIELDS, "genres": ["DRAMA", "Épopée"]})
    assert set(event.genres.values_list("name", flat=True)) == {"Drama", "Épopée"}
    assert drama in event.genres.all()


def test_update_event_keeps_the_slug_and_what_is_not_given() -> None:
    event = EventFactory(title="Heat", slug="heat", language="English")
    event.genres.add(GenreFactory())
    services.update_event(event_id=event.pk, fields={"title": "Cold"})
    event.refresh_from_db()
    assert (event.title, event.slug, event.language) == ("Cold", "heat", "English")
    assert event.genres.count() == 1


def test_update_event_writes_history() -> None:
    event = EventFactory()
    services.update_event(event_id=event.pk, fields={"title": "Cold"})
    assert event.history.first().title == "Cold"
    assert event.history.count() == 2


def test_update_event_refuses_another_events_slug() -> None:
    EventFactory(slug="heat")
    event = EventFactory(slug="cold")
    with pytest.raises(InvalidField):
        services.update_event(event_id=event.pk, fields={"slug": "heat", "title": "Other"})
    event.refresh_from_db()
    assert event.slug == "cold"
    assert event.title != "Other"


def test_update_event_says_when_the_event_is_gone() -> None:
    with pytest.raises(NotFound):
        services.update_event(event_id=1, fields={"title": "Cold"})


def test_delete_event_refuses_one_with_shows() -> None:
    show = scheduled_show()
    with pytest.raises(InUse):
        services.delete_event(event_id=show.event_id)
    assert Event.objects.filter(pk=show.event_id).exists()


def test_delete_event_keeps_its_genres_and_history() -> None:
    event = EventFactory()
    event.genres.add(GenreFactory())
    services.delete_event(event_id=event.pk)
    assert not Event.objects.exists()
    assert Genre.objects.exists()
    assert Event.history.filter(id=event.pk).first().history_type == "-"
