"""Control characters are refused by field, wherever people write a text."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from eventbooking_system.plain_text import validate_line, validate_lines
from eventbooking_system.testing.problems import assert_problem
from events.models import Event
from events.tests.factories import EventFactory
from shows.tests.factories import scheduled_show
from venues.models import Screen, Venue
from venues.tests.factories import ScreenFactory, VenueFactory, hall

BELL, ESCAPE, NEXT_LINE, SEPARATOR = "\x07", "\x1b", "\x85", "\u2028"


@pytest.mark.parametrize("sign", [BELL, ESCAPE, NEXT_LINE, SEPARATOR, "\n", "\r", "\t", "\x7f"])
def test_a_line_takes_no_control_character(sign: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        validate_line(f"a{sign}b")
    assert refusal.value.code == "control_character"


@pytest.mark.parametrize("text", ["", "O'Brien", "Zürich 東京 👩‍👩‍👧", "a\u00a0b", "עברית", "क्‍ष"])
def test_a_line_takes_every_script(text: str) -> None:
    validate_line(text)
    validate_lines(text)


def test_a_text_takes_line_breaks_and_tabs_only() -> None:
    validate_lines("First.\r\n\tSecond.\nThird.")
    for sign in (BELL, ESCAPE, NEXT_LINE, "\x7f", "\x0b"):
        with pytest.raises(ValidationError):
            validate_lines(f"a{sign}b")


EVENT = {"kind": "movie", "title": "A", "duration_minutes": 90}
VENUE = {"name": "A", "city": "B", "country": "IN", "timezone": "Asia/Kolkata"}


@pytest.mark.django_db
@pytest.mark.parametrize("sign", [BELL, ESCAPE, NEXT_LINE, SEPARATOR, "\n"])
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("events/", {**EVENT, "title": "A{}b"}, "title"),
        ("events/", {**EVENT, "language": "A{}b"}, "language"),
        ("events/", {**EVENT, "certificate": "A{}b"}, "certificate"),
        ("events/", {**EVENT, "genres": ["A{}b"]}, "genres.0"),
        ("events/", {**EVENT, "cast": ["A{}b"]}, "cast.0"),
        ("venues/", {**VENUE, "name": "A{}b"}, "name"),
        ("venues/", {**VENUE, "city": "A{}b"}, "city"),
        ("venues/", {**VENUE, "address": "A{}b"}, "address"),
    ],
)
def test_the_api_refuses_a_control_character_by_field(
    boss_api: Any, path: str, body: dict, field: str, sign: str
) -> None:
    body = {
        name: [text.format(sign) for text in value] if isinstance(value, list)
        else value.format(sign) if isinstance(value, str) else value
        for name, value in body.items()
    }  # fmt: skip
    problem = assert_problem(boss_api.post(f"/api/{path}", body), 400, "invalid", field)
    assert [error["code"] for error in problem["errors"]] == ["control_character"]
    assert not Event.objects.exists() and not Venue.objects.exists()


@pytest.mark.django_db
def test_shows_screens_and_descriptions_refuse_control_characters(boss_api: Any) -> None:
    show = scheduled_show()
    bad = f"A{BELL}b"
    for path, body, field in (
        (f"shows/{show.pk}/", {"language": bad}, "language"),
        (f"shows/{show.pk}/", {"prices": {"Gold": {bad: "1.00"}}}, "prices"),
        (f"events/{show.event_id}/", {"description": bad}, "description"),
        (f"venues/{show.screen.venue_id}/screens/{show.screen_id}/", {"name": bad}, "name"),
    ):
        assert_problem(boss_api.patch(f"/api/{path}", body), 400, "invalid", field)
    fine = {"description": "First.\n\nSecond."}
    answer = boss_api.patch(f"/api/events/{show.event_id}/", fine)
    assert answer.json()["description"] == "First.\n\nSecond."


@pytest.mark.django_db
def test_the_admin_refuses_them_by_field(boss: Any) -> None:
    bad = f"A{ESCAPE}[31mb"
    event, venue, screen = EventFactory(), VenueFactory(), ScreenFactory()
    hall()
    for path, name in (
        (f"events/event/{event.pk}", "title"),
        (f"events/event/{event.pk}", "description"),
        (f"venues/venue/{venue.pk}", "city"),
        (f"venues/screen/{screen.pk}", "name"),
        ("events/genre/add", "name"),
    ):
        url = f"/admin/{path}/" if path.endswith("add") else f"/admin/{path}/change/"
        page = boss.post(url, {name: bad})
        errors = page.context["adminform"].form.errors.get_json_data()
        assert [error["code"] for error in errors[name]] == ["control_character"], path
    inline = {
        "screens-TOTAL_FORMS": 1, "screens-INITIAL_FORMS": 0, "screens-0-name": bad,
    }  # fmt: skip
    page = boss.post(f"/admin/venues/venue/{venue.pk}/change/", inline)
    (formset,) = page.context["inline_admin_formsets"]
    assert "name" in formset.formset.errors[0]
    assert not Screen.objects.filter(name=bad).exists()
