from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event
from shows.imports import running
from shows.models import Show
from shows.tests.imports.venuemaster import NONE, in_json, listed, nothing_written, session
from venues.models import Screen, Venue

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Session_Venue_Code": "Hall 09"}, "there is no screen Hall 09"),
        ({"Session_Movie_Code": "NONE"}, "there is no film NONE"),
        ({"Session_Price_Group_Code": "NONE"}, "there is no price group NONE"),
        ({"Session_Date_Time": NONE}, "does not say when it starts"),
        ({"Session_Date_Time": ""}, " is not a time such as"),
        ({"Session_Date_Time": "20250230T110000"}, "20250230T110000 is not a time"),
        ({"Session_Date_Time": "2025819T110000"}, "2025819T110000 is not a time"),
        ({"Session_Date_Time": "２０２５0819T110000"}, "is not a time"),
        ({"Session_Date_Time": "20251005T023000"}, "does not exist in Australia/Melbourne"),
        ({"Session_Date_Time": "20250406T023000"}, "comes twice in Australia/Melbourne"),
        ({"Session_Date_Time": "18500101T110000"}, "The year must be from 1900"),
        ({"Session_End_Time": "20250818T130000"}, "The end is not after the start"),
        ({"Session_End_Time": "20260819T130000"}, "may last at most 7 days"),
        ({"Session_End_Time": "99991231T235959"}, "may last at most 7 days"),
        ({"Session_End_Time": "20250819T130001"}, None),
        ({"Session_End_Time": "20250819T133000"}, "is on this screen from"),
    ],
)
def test_import_refuses_a_session_that_is_wrong_and_keeps_the_others(
    run_import, export, changes, reason
):
    export["Sessions"].append(export["Sessions"].pop(0) | changes)

    out = run_import(export)

    refused = [line for line in out.splitlines() if line.startswith("session 1: ")]
    assert len(refused) == (reason is not None)
    assert all(reason in line for line in refused)
    assert f"{3 - len(refused)} new" in out
    assert f"{len(refused)} refused" in out
    assert Show.objects.count() == 3 - len(refused)


@pytest.mark.parametrize(
    ("times", "instant", "minutes"),
    [
        (("20251005T010000", "20251005T025500"), "2025-10-04T15:00Z", 115),
        (("20251004T230000", "20251005T040000"), "2025-10-04T13:00Z", 300),
        (("20260404T230000", "20260405T040000"), "2026-04-04T12:00Z", 300),
    ],
)
def test_import_measures_a_night_when_the_clocks_change_by_the_length_of_the_film(
    run_import, export, times, instant, minutes
):
    export["Sessions"][0] |= {"Session_Date_Time": times[0], "Session_End_Time": times[1]}

    assert "3 new" in run_import(export)
    show = Show.objects.get(start_time=instant)
    assert show.end_time - show.start_time == timedelta(minutes=minutes)


def test_import_keeps_cleaning_time_free_if_asked_to(run_import, export):
    out = run_import(export, "--cleaning-minutes=10")

    assert "2 new, 0 same, 0 changed, 0 gone, 1 cancelled, 1 refused" in out


def test_import_refuses_sessions_of_a_film_that_cannot_be(run_import, export):
    export["Movies"][1]["Movie_Release_Date"] = "20251301T060000"

    out = run_import(export)

    assert "film SHORT: 20251301T060000 is not a time" in out
    assert "2 new, 0 same, 0 changed, 0 gone, 1 cancelled, 1 refused" in out
    assert Event.objects.count() == 1


def test_import_refuses_sessions_without_a_price(run_import, export):
    export["Price_List"] = [listed("ADULT", "0")]

    out = run_import(export)

    assert "session 1: its price group has no price for a seat." in out
    assert not Show.objects.exists()


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        ("Installation", None, "Installation: this is not an object"),
        ("Installation.Installation_Name", "", "Installation_Name: this is empty"),
        ("Installation.Installation_Name", "A\0", "control character"),
        ("Installation.Installation_Name", "\ud800", "control character"),
        ("Installation.Installation_Name", 5, "this is not a text"),
        ("Installation.Installation_Name", "x" * 201, "more than 200 characters"),
        ("Installation.Installation_Country", "Elsewhere", "give --currency"),
        ("Installation.Installation_State", "XX", "give --timezone"),
        ("Installation.Installation_Customer_Address", "", "give --city"),
        ("Installation.Misc_Tax_Type", 1, "Misc_Tax_Type: the tax type 1 is unknown: give --tax"),
        ("Installation.Misc_Tax_Rate", 101, "not a number from 0 to 100"),
        ("Installation.Misc_Tax_Rate", Decimal("9.9999"), "more than three digits"),
        ("Installation.Misc_Surcharge_Tax_Rate", 5, "fees must have the same tax rate"),
        ("Venues", {}, "Venues: this is not a list"),
        ("Venues.0", [], "Venues.0: this is not an object"),
        ("Venues.0.Venue_Normal_Capacity", -1, "Venues.0.Venue_Normal_Capacity: this is not a"),
        ("Venues.0.Venue_Normal_Capacity", True, "not a whole number"),
        ("Venues.0.Venue_Normal_Capacity", 10**30, "not a whole number"),
        ("Venues.1.Venue_Code", "Hall 01", "Venues: Hall 01 appears twice"),
        ("Movies.0.Movie_Length", Decimal("90.5"), "not a whole number"),
        ("Movies.0.Movie_Length", 6001, "not a whole number"),
        ("Movies.1.Movie_Code", "LONG", "Movies: LONG appears twice"),
        ("Movies.1.Movie_Genre", None, "Movies.1.Movie_Genre: this is not a text"),
        ("Tickets.0.Ticket_Default_Price", "10", "not a number from 0"),
        ("Tickets.0.Ticket_Default_Price", False, "not a number from 0"),
        ("Tickets.0.Ticket_Default_Price", Decimal("10.001"), "10.001 is not an amount of AUD"),
        ("Tickets.0.Ticket_Default_Price", Decimal("1E-900"), "is not an amount of AUD"),
        (
            "Tickets.4.Ticket_Comment",
            "Event ticket with wine",
            "2 ticket types have the name “Event ticket with wine”",
        ),
        ("Price_Groups", [], "Price_Groups: there is none"),
        ("Price_Groups.0.Price_Group_Ticket_Fee_Type", 2, "2 is not a known kind of fee"),
        ("Price_List.0.Price_Price", Decimal("-1"), "Price_List.0.Price_Price: this is not a"),
        ("Price_List.0.Price_Price", Decimal("1E+30"), "not a number from 0"),
        ("Price_List.0.Price_Valid", 1, "not true or false"),
        ("Price_List.0.Price_Ticket_Code", "NONE", "there is no ticket type NONE"),
        ("Price_List.0.Price_Ticket_Code", "ADULT", "ADULT is listed with another price, too"),
        ("Sessions", None, "Sessions: this is not a list"),
        ("Sessions.3", None, "Sessions.3: this is not an object"),
        ("Sessions.3.Session_Cancelled", "false", "Sessions.3.Session_Cancelled: this is not"),
        ("Sessions.3.Session_Index", "4", "not a whole number"),
        ("Sessions.3.Session_Date_Time", 20250819, "this is not a text"),
        ("Sessions.3.Session_Trailers", -15, "not a whole number"),
    ],
)
def test_import_refuses_a_file_with_something_wrong_in_it(run_import, export, place, value, reason):
    *path, name = [int(step) if step.isdigit() else step for step in place.split(".")]
    holder = export
    for step in path:
        holder = holder[step]
    holder[name] = value

    with pytest.raises(CommandError) as error:
        run_import(export)

    assert reason in str(error.value)
    assert len(str(error.value)) < 400
    assert nothing_written()


def members_of(value: dict | list, path: tuple = ()) -> list[tuple]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, item in items:
        if isinstance(value, dict):
            found.append((*path, name))
        if isinstance(item, dict | list):
            found += members_of(item, (*path, name))
    return found


def test_import_refuses_a_file_without_any_one_member(run_import, export):
    for *path, name in members_of(export):
        broken = deepcopy(export)
        holder = broken
        for step in path:
            holder = holder[step]
        del holder[name]
        with pytest.raises(CommandError, match=rf"{name}: this is missing"):
            run_import(broken)
    assert nothing_written()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "The document: this is not an object"),
        (b"{", "not JSON"),
        (b"\0" * 100, "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b'{"Installation": NaN}', "NaN is not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"9" * 10_000, "not JSON"),
        (b"1e99999999999999999999", "not JSON"),
        (b'{"Installation": {}}', "Installation.Installation_Customer_Address: this is missing"),
    ],
)
def test_import_refuses_a_document_that_is_not_an_export(run_import, content, reason):
    with pytest.raises(CommandError, match=reason):
        run_import(content)

    assert nothing_written()


def test_many_sessions_are_written_in_as_many_statements_as_few(run_import, export):
    run_import(export)
    counts = []
    for month, days in ((9, 2), (10, 20)):
        export["Sessions"] = [
            session(
                100 * month + day,
                f"2025{month:02}{day:02}T110000",
                f"2025{month:02}{day:02}T125500",
            )
            for day in range(1, days + 1)
        ]
        with CaptureQueriesContext(connection) as queries:
            assert f"{days} new" in run_import(export)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_import_refuses_a_file_that_is_too_large(run_import, export, monkeypatch):
    monkeypatch.setattr(running, "MAX_BYTES", 1024 * 1024)

    with pytest.raises(CommandError, match="larger than 1 MiB"):
        run_import(in_json(export) + b" " * 1024 * 1024)

    assert nothing_written()


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("--timezone=Mars/Olympus", "timezone: "),
        ("--country=Australia", "country: "),
        ("--currency=XXX", "invalid choice"),
        ("--currency=JPY", "1.1 is not an amount of JPY"),
        ("--tax=none", "invalid choice"),
        ("--seats=0", "not a whole number"),
        ("--city=" + "x" * 101, "city: "),
    ],
)
def test_import_refuses_options_that_cannot_be(run_import, export, option, reason):
    # Only the fee has digits that not every currency has.
    for item in (*export["Tickets"], *export["Price_List"]):
        for name in ("Ticket_Default_Price", "Price_Price"):
            item.update({name: int(item[name])} if name in item else {})

    with pytest.raises(CommandError, match=reason):
        run_import(export, option)

    assert nothing_written()


def test_import_takes_what_the_file_does_not_say_from_options(run_import, export):
    export["Installation"] |= {
        "Installation_Country": "New Zealand",
        "Installation_State": "",
        "Installation_Customer_Address": "",
        "Misc_Tax_Type": 1,
    }

    run_import(
        export,
        *("--country=NZ", "--city=Napier", "--timezone=Pacific/Auckland", "--currency=NZD"),
        "--tax=exclusive",
    )

    venue = Venue.objects.get()
    assert (venue.country, venue.city, venue.timezone) == ("NZ", "Napier", "Pacific/Auckland")
    assert (venue.tax_rate, venue.tax_inclusive) == (10, False)
    assert set(Show.objects.values_list("currency", "tax_inclusive")) == {("NZD", False)}


def test_import_refuses_a_missing_file(tmp_path):
    for path in (tmp_path / "none.json", tmp_path, "a\0b"):
        with pytest.raises(CommandError):
            call_command("import_venuemaster", str(path), stdout=StringIO())


def test_import_does_not_write_to_a_venue_of_the_name_in_another_city(run_import, export):
    other = Venue.objects.create(
        name="Picture Palace", slug="other", city="Leeds", country="GB", timezone="Europe/London"
    )

    for _ in range(2):
        run_import(export)

    assert not other.screens.exists()
    venue = Venue.objects.exclude(pk=other.pk).get()
    assert (venue.name, venue.city, venue.timezone) == (
        "Picture Palace", "Yarra", "Australia/Melbourne",
    )  # fmt: skip
    assert Show.objects.filter(screen__venue=venue).count() == 3


def test_import_refuses_a_venue_whose_zone_contradicts_before_it_writes(run_import, export):
    Venue.objects.create(
        name="Picture Palace", slug="palace", city="Yarra", country="AU", timezone="Australia/Perth"
    )

    with pytest.raises(CommandError, match="timezone: Picture Palace is in Australia/Perth"):
        run_import(export)

    assert Venue.objects.get().timezone == "Australia/Perth"
    assert not (Show.objects.exists() or Event.objects.exists() or Screen.objects.exists())


@pytest.mark.parametrize(
    ("fields", "is_same"),
    [
        ({}, True),
        ({"kind": "play"}, False),
        ({"release_date": date(1962, 5, 1), "duration_minutes": 162}, False),
        # A classic that comes back is as long as it was.
        ({"release_date": date(1962, 5, 1), "duration_minutes": 101}, True),
        ({"release_date": None, "duration_minutes": 162}, False),
        ({"release_date": None, "duration_minutes": 95}, True),
    ],
)
def test_import_takes_a_film_of_the_title_only_if_year_length_and_kind_fit(
    run_import, export, fields, is_same
):
    export["Movies"][0] |= {"Movie_Release_Date": "20250801T060000", "Movie_Length": 100}
    title = export["Movies"][0]["Movie_Memo_Title"] or export["Movies"][0]["Movie_Name"]
    defaults = {"kind": "movie", "duration_minutes": 100, "release_date": date(2025, 8, 1)}
    Event.objects.create(title=title, slug="first", is_published=True, **{**defaults, **fields})

    for _ in range(2):
        run_import(export)

    assert Event.objects.filter(title=title).count() == (1 if is_same else 2)
