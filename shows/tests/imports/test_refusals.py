"""Files, options and rows that an import refuses."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from events.models import Event
from shows.models import Show
from shows.tests.imports.steps import HEADER, nothing_written

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",1,A,2031-05-01T20:00,90,9,EUR", "venue: no value"),
        ("V,1,A,,90,9,EUR", "start: no value"),
        ("V,1,A,2031-02-30T20:00,90,9,EUR", "start: 2031-02-30T20:00: This is not a time"),
        ("V,1,A,2031-05-01,90,9,EUR", "start: 2031-05-01 has no time of day"),
        ("V,1,A,0001-01-01T00:00+14:00,90,9,EUR", "The year must be from 1900"),
        (
            "V,1,A,2031-05-01T10:00-20:30,90,9,EUR",
            "start: 2031-05-01T10:00-20:30: The offset is beyond",
        ),
        ("V,1,A,2031-05-01T10:00+14:01,90,9,EUR", "The offset is beyond"),
        ("V,1,A,2031-05-01T10:00+23:59,90,9,EUR", "The offset is beyond"),
        (
            "V,1,A,2031-05-01T10:00-12:30,90,9,EUR",
            "2031-05-01T10:00-12:30 is not that of Europe/Paris",
        ),
        ("V,1,A,2031-05-01T20:00+01:00,90,9,EUR", "where it is 2031-05-01T21:00+02:00 then"),
        ("V,1,A,2031-05-01T18:00+00:00,90,9,EUR", "is not that of Europe/Paris"),
        ("V,1,A,2031-03-30T02:30,90,9,EUR", "does not exist in Europe/Paris"),
        ("V,1,A,2031-10-26T02:30,90,9,EUR", "comes twice in Europe/Paris"),
        ("V,1,A,2031-05-01T20:00,,9,EUR", "minutes: no value"),
        ("V,1,A,2031-05-01T20:00,0,9,EUR", "minutes: 0 is not"),
        ("V,1,A,2031-05-01T20:00,1e3,9,EUR", "minutes: 1e3 is not"),
        ("V,1,A,2031-05-01T20:00,٣٠,9,EUR", "minutes: ٣٠ is not"),
        ("V,1,A,2031-05-01T20:00," + "9" * 5000 + ",9,EUR", "minutes: 999"),
        ("V,1,A,2031-05-01T20:00,90,-1,EUR", "price: -1 is not"),
        ("V,1,A,2031-05-01T20:00,90,NaN,EUR", "price: NaN is not"),
        ("V,1,A,2031-05-01T20:00,90,9.999,EUR", "9.999 is not an amount of EUR"),
        ("V,1,A,2031-05-01T20:00,90,9,XXX", "not a currency"),
        ("V,1,A\0,2031-05-01T20:00,90,9,EUR", "film: contains a NUL byte"),
        ("V,1," + "A" * 400 + ",2031-05-01T20:00,90,9,EUR", "title: "),
        ("V," + "1" * 200 + ",A,2031-05-01T20:00,90,9,EUR", "name: "),
        ("V" * 300 + ",1,A,2031-05-01T20:00,90,9,EUR", "name: "),
        ("V,1,A," + "x" * 200_000 + ",90,9,EUR", "Not CSV: field larger"),
        ("V,1,A,2031-05-01T20:00", "fewer fields than the header"),
    ],
)
def test_import_refuses_a_row_that_is_wrong(run_in_paris, row, reason):
    out = run_in_paris(HEADER + row + "\nV,2,B,2031-05-01T20:00,90,9,EUR\n")

    refusal = next(line for line in out.splitlines() if line.startswith("line 2: "))
    assert reason in refusal
    assert len(refusal) < 300
    assert "1 new, 0 same, 0 changed, 0 gone, 1 refused" in out
    assert Show.objects.get().event.title == "B"


def test_import_refuses_rows_that_are_not_in_the_encoding(run_in_paris):
    rows = (HEADER + "V,1,Fête,2031-05-01T20:00,90,9,EUR\n").encode("latin-1")

    assert "is not in the file's encoding" in run_in_paris(rows)
    assert nothing_written()
    assert "1 new" in run_in_paris(rows, "--encoding=latin-1")
    assert Event.objects.get().title == "Fête"


def test_import_numbers_a_row_by_its_first_line(run_in_paris):
    out = run_in_paris(HEADER + 'V,1,"A\nB",2031-05-01T20:00,90,9,EUR\nV,1,C,never,90,9,EUR\n')

    assert "line 4: start: never" in out


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("", (), "No column venue"),
        ("venue,screen\n", (), "No column film, start, price, currency"),
        ("\0\1\2" * 1000, (), "No column"),
        (HEADER, ("--column=film=title",), "No column title"),
        (HEADER, ("--column=seats=x",), "No such field: seats"),
        (HEADER, ("--default=colour=red",), "No such field: colour"),
        ("venue," + HEADER, (), "venue twice"),
        ("x" * 200_000, (), "The header is not CSV"),
        (b"\xff\xfev\0e\0n", ("--encoding=utf-16",), "truncated data"),
        (HEADER, ("--encoding=hex",), "not an encoding of text"),
        (HEADER, ("--seats=0",), "not a whole number"),
        (HEADER, ("--default=price",), "is not FIELD=VALUE"),
        (HEADER, ("--venues=no-such-file",), "no-such-file"),
    ],
)
def test_import_refuses_a_file_or_an_option_at_the_start(run_in_paris, text, options, reason):
    with pytest.raises(CommandError, match=reason):
        run_in_paris(text, *options)

    assert nothing_written()


def test_import_refuses_a_missing_file(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CommandError):
            call_command("import_shows", str(path), stdout=StringIO())


@pytest.mark.parametrize(
    "venues",
    ["{}", "[1]", '[{"id": 1}]', '[{"name": 5}]', "nonsense", '[{"name": "a\\u0000"}]', "[NaN]"],
)
def test_import_refuses_an_invalid_file_of_venues(run_in_paris, tmp_path, venues):
    path = tmp_path / "venues.json"
    path.write_text(venues)

    with pytest.raises(CommandError, match=r"venues\.json"):
        run_in_paris(HEADER + "V,1,A,2031-05-01T20:00,90,9,EUR\n", f"--venues={path}")

    assert nothing_written()


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"timezone": "Europe/Atlantis"}, "timezone: "),
        ({"country": "Atlantis"}, "country: "),
        ({"lat": "north", "lon": 0}, "latitude: "),
        ({"lat": [1], "lon": 0}, "latitude: "),
        ({"lat": 91, "lon": 0}, "latitude: "),
        ({"lat": 9}, "longitude"),
    ],
)
def test_import_refuses_rows_of_a_venue_that_cannot_be(run_in_paris, tmp_path, facts, reason):
    path = tmp_path / "venues.json"
    path.write_text(json.dumps([{"name": "V", **facts}]))

    out = run_in_paris(HEADER + "V,1,A,2031-05-01T20:00,90,9,EUR\n", f"--venues={path}")

    assert "1 refused" in out
    assert reason in out
    assert nothing_written()
