"""`manage.py import_plan`."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shows.tests.factories import scheduled_show
from venues.models import Screen, Seat
from venues.tests.factories import ScreenFactory, VenueFactory, hall
from venues.tests.plans import theatre

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Import a document by a venue's slug; return the command's output."""

    def run(document: Any, *options: str, venue: str = "teatro", side_list: Any = None) -> str:
        path, side_path = tmp_path / "plan.json", tmp_path / "side.json"
        text = document if isinstance(document, str) else json.dumps(document)
        path.write_text(text, encoding="utf-8")
        arguments = [str(path), "--venue", venue, "--screen", "Sala 1", *options]
        if side_list is not None:
            side_path.write_text(json.dumps(side_list), encoding="utf-8")
            arguments += ["--side-list", str(side_path)]
        out = StringIO()
        call_command("import_plan", *arguments, stdout=out)
        return out.getvalue()

    return run


@pytest.fixture
def screen() -> Screen:
    return ScreenFactory(name="Sala 1", venue=VenueFactory(name="Teatro Leal", slug="teatro"))


def test_a_plan_becomes_the_seats_of_a_screen(run: Any, screen: Screen) -> None:
    out = run(theatre())
    assert "5 seats in 2 categories: 5 added, 0 changed, 0 removed, 0 set aside" in out
    screen.refresh_from_db()
    assert screen.layout.document == theatre()
    assert screen.seats.count() == 5


def test_a_plan_is_read_with_a_byte_order_mark_and_the_venue_by_its_name(
    run: Any, screen: Screen
) -> None:
    run("\ufeff" + json.dumps(theatre()), venue="Teatro Leal")
    assert screen.seats.count() == 5


def test_a_screen_that_is_not_there_is_made(run: Any) -> None:
    VenueFactory(slug="teatro")
    assert "gets a screen called Sala 1" in run(theatre(), "--dry-run")
    assert not Screen.objects.exists()
    run(theatre())
    assert Screen.objects.get().seats.count() == 5


def test_a_wrong_plan_makes_no_screen(run: Any) -> None:
    VenueFactory(slug="teatro")
    with pytest.raises(CommandError):
        run(theatre() | {"zones": []})
    assert not Screen.objects.exists()


def test_a_dry_run_keeps_nothing(run: Any, screen: Screen) -> None:
    out = run(theatre(), "--dry-run")
    assert "5 added" in out
    assert "nothing was kept" in out
    screen.refresh_from_db()
    assert screen.layout is None
    assert not Seat.objects.exists()


def test_a_side_list_is_stored_with_the_plan(run: Any, screen: Screen) -> None:
    versions = {"s-1": {"couple": "C1"}, "s-3": {"couple": "C1", "accessible": True}}
    run(theatre(), side_list={"seats": versions})
    screen.refresh_from_db()
    assert screen.layout.document == {"plan": theatre(), "seats": versions}
    assert set(screen.seats.filter(couple="C1").values_list("guid", flat=True)) == {"s-1", "s-3"}


def test_unknown_members_are_reported(run: Any, screen: Screen) -> None:
    out = run(theatre() | {"version": 3})
    assert "version: This is not a field of seating plans" in out
    assert screen.seats.count() == 5


def test_every_fault_is_printed_with_its_file_and_place(run: Any, screen: Screen) -> None:
    document = theatre() | {"name": 5}
    document["zones"][1]["rows"][0]["seats"][0]["seat_guid"] = "s-1"
    with pytest.raises(CommandError) as refusal:
        run(document, side_list={"seats": {"s-9": {}}})
    lines = str(refusal.value).splitlines()
    assert "plan.json: name: This is not a string." in lines[0]
    assert "plan.json: zones.1.rows.0.seats.0.seat_guid: s-1 is" in lines[1]
    assert "side.json: seats.s-9: No seat" in lines[2]
    assert lines[3:] == ["3 faults: nothing was imported."]
    assert not Seat.objects.exists()


def test_seats_in_use_are_kept_unless_a_new_version_is_asked_for(run: Any) -> None:
    screen = hall({"A": 3}, name="Sala 1", venue=VenueFactory(slug="teatro"))
    scheduled_show(screen=screen)
    with pytest.raises(CommandError, match="A 1, A 2, A 3"):
        run(theatre())
    assert screen.seats.count() == 3
    assert "5 added, 0 changed, 0 removed, 3 set aside" in run(theatre(), "--new-version")
    assert screen.seats.count() == 5
    assert Seat.objects.count() == 8


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "JSON"), ("{", "JSON"), ("[]", "not a JSON object"), ("5", "not a JSON object"),
        ('{"zones": [], "zones": []}', "twice"), ('{"zones": NaN}', "JSON"),
        ('{"zones": ' + "[" * 5000, "JSON"), ('"\\ud800"', "JSON"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_plan_is_refused(
    run: Any, screen: Screen, text: str, reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run(text)
    assert not Seat.objects.exists()


def test_a_file_and_a_venue_that_are_not_there_are_named(run: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no venue with the slug or name 'teatro'"):
        run(theatre())
    for _ in range(2):
        VenueFactory(name="Teatro Leal")
    with pytest.raises(CommandError, match="use the slug"):
        run(theatre(), venue="Teatro Leal")
    with pytest.raises(CommandError, match=r"missing\.json"):
        call_command("import_plan", str(tmp_path / "missing.json"), "--venue=x", "--screen=y")


@pytest.mark.parametrize("name", ["", "x" * 101])
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_screen_is_not_made_with_a_name_that_it_may_not_have(
    run: Any, name: str, options: list[str]
) -> None:
    VenueFactory(slug="teatro")
    with pytest.raises(CommandError, match="--screen"):
        run(theatre(), "--screen", name, *options)
    assert not Screen.objects.exists()


def test_venues_of_one_name_are_told_apart_by_city_and_country(run: Any) -> None:
    leeds = VenueFactory(name="Regal", slug="regal-leeds", city="Leeds", country="GB")
    austin = VenueFactory(name="Regal", slug="regal-austin", city="Austin", country="US")
    with pytest.raises(CommandError, match="2 are called Regal"):
        run(theatre(), venue="Regal")
    with pytest.raises(CommandError, match="no venue with the slug or name 'Regal' in Paris, FR"):
        run(theatre(), "--city=Paris", "--country=FR", venue="Regal")
    with pytest.raises(CommandError, match="city: Regal is in Leeds, not in Austin"):
        run(theatre(), "--city=Austin", venue="regal-leeds")
    assert not Screen.objects.exists()
    run(theatre(), "--city=austin", venue="Regal")
    assert (leeds.screens.count(), austin.screens.count()) == (0, 1)
