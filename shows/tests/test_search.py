"""Searches find words in several spellings on both databases."""

import unicodedata
from importlib import import_module

import pytest
from django.apps import apps

from eventbooking_system.testing.problems import assert_problem
from events.models import Event, Genre
from events.services import update_event
from events.tests.factories import EventFactory
from shows.tests.factories import scheduled_show
from venues.models import Venue
from venues.tests.factories import hall

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TEXTS = [
    ("Amélie", "amelie"),
    ("Łódź", "lodz"),
    ("Straße", "STRASSE"),
    ("İstanbul", "istanbul"),
    ("Ærø", "aero"),
    ("ÉTOILE", "étoile"),
    ("ЁЛКИ", "елки"),
    ("हिन्दी", "हिन्दी"),
]


def spellings(text: str, plain: str) -> set[str]:
    forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD")}
    return {plain, *forms, text.lower(), plain.upper()}


@pytest.mark.parametrize(("text", "plain"), TEXTS)
def test_titles_names_and_cities_are_found_in_every_spelling(api, text, plain) -> None:
    screen = hall(venue__name=f"Kino {text}", venue__city=unicodedata.normalize("NFD", text))
    event = EventFactory(title=f"Le {text}", cast=[f"Anna {text}"], description=f"In {text}.")
    event.genres.add(Genre.objects.create(name=text))
    show = scheduled_show(screen=screen, event=event)
    scheduled_show()
    for asked in spellings(text, plain):
        for path, field, expected in (
            ("events", "search", event.pk),
            ("events", "city", event.pk),
            ("events", "genre", event.pk),
            ("venues", "search", screen.venue_id),
            ("venues", "city", screen.venue_id),
            ("shows", "search", show.pk),
            ("shows", "city", show.pk),
            ("shows", "genre", show.pk),
        ):
            found = api.get(f"/api/{path}/", {field: asked}).json()["results"]
            assert [each["id"] for each in found] == [expected], (path, field, asked)


def test_the_cast_and_the_description_of_an_event_are_searched(api) -> None:
    event = EventFactory(title="A", cast=["Zoë Kravitz", "Penélope Cruz"], description="Fußball")
    EventFactory(title="B")
    for asked in ("zoe", "PENELOPE cruz", "fussball"):
        found = api.get("/api/events/", {"search": asked}).json()["results"]
        assert [each["id"] for each in found] == [event.pk], asked


def test_a_change_of_the_text_changes_what_finds_it(api) -> None:
    event = EventFactory(title="Amélie")
    update_event(event_id=event.pk, fields={"title": "Zoë"})
    assert api.get("/api/events/?search=amelie").json()["count"] == 0
    assert api.get("/api/events/?search=zoe").json()["count"] == 1
    event.refresh_from_db()
    event.title = "Łódź"
    event.save(update_fields=["title"])
    assert api.get("/api/events/?search=lodz").json()["count"] == 1


def test_a_hundred_words_are_refused(api) -> None:
    words = " ".join("abcdefghijklmnopqrstuvwxyz"[index % 26] for index in range(100))
    for path in ("events", "venues", "shows"):
        assert_problem(api.get(f"/api/{path}/", {"search": words}), 400, "invalid", "search")


def test_a_sign_of_a_pattern_is_only_a_sign(api) -> None:
    EventFactory(title="100% Wolf_A")
    for asked, count in (("100%", 1), ("1%f", 0), ("wolf_a", 1), ("w_lf", 0), ("\\", 0)):
        assert api.get("/api/events/", {"search": asked}).json()["count"] == count, asked


def test_the_migrations_fold_the_texts_of_older_rows(api) -> None:
    event, venue = EventFactory(title="Amélie", cast=["Zoë"]), hall(venue__city="Łódź").venue
    event.genres.add(Genre.objects.create(name="Comédie"))
    Event.objects.update(title_folded="", text_folded="")
    Genre.objects.update(name_folded="")
    Venue.objects.update(name_folded="", city_folded="", address_folded="")
    for name in ("events.migrations.0008_fill_folded", "venues.migrations.0011_fill_folded"):
        import_module(name).fill(apps, None)
    event.refresh_from_db()
    venue.refresh_from_db()
    assert (event.title_folded, event.text_folded) == ("amelie", "\nzoe")
    assert event.genres.get().name_folded == "comedie"
    assert venue.city_folded == "lodz" and venue.name_folded.endswith("\nlodz")
