import json
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event, Genre
from shows.imports import running
from shows.models import Show, ShowPrice, ShowSeat
from venues.models import Screen, Venue

pytestmark = pytest.mark.django_db

NONE = "18991230T000000"


def ticket(code: str, name: str, price: str, *, seats: int = 1, comment: str = "") -> dict:
    return {
        "Ticket_Code": code,
        "Ticket_Name": name,
        "Ticket_Comment": comment or name,
        "Ticket_Number_Of_Seats": seats,
        "Ticket_Default_Price": Decimal(price),
    }


def listed(code: str, price: str, **more) -> dict:
    return {
        "Price_PriceGroup_Code": "NORMAL",
        "Price_Ticket_Code": code,
        "Price_Price": Decimal(price),
        "Price_Surcharge": 0,
        "Price_Valid": True,
        **more,
    }


def movie(code: str, title: str, **more) -> dict:
    return {
        "Movie_Code": code,
        "Movie_Name": title[:24],
        "Movie_Memo_Title": title,
        "Movie_Length": 100,
        "Movie_Rating_Code": "PG",
        "Movie_Release_Date": NONE,
        "Movie_Synopsis": "",
        "Movie_Genre": "",
        "Movie_Talent": "",
        **more,
    }


def session(number: int, start: str, end: str, **more) -> dict:
    return {
        "Session_Index": number,
        "Session_Cancelled": False,
        "Session_Venue_Code": "Hall 01",
        "Session_Movie_Code": "LONG",
        "Session_Price_Group_Code": "NORMAL",
        "Session_Date_Time": start,
        "Session_End_Time": end,
        "Session_Trailers": 15,
        **more,
    }


DOCUMENT = {
    "Installation": {
        "Installation_Name": "Picture Palace",
        "Installation_Country": "Australia",
        "Installation_State": "VIC",
        "Installation_Customer_Address": "Old Arcade  Corner A & B Streets  Yarra, Vic. 3000",
        "Misc_Tax_Type": 2,
        "Misc_Tax_Rate": 10,
        "Misc_Surcharge_Tax_Rate": 10,
    },
    "Venues": [
        {"Venue_Code": "Hall 01", "Venue_Name": "Hall One", "Venue_Normal_Capacity": 15},
        {"Venue_Code": "Hall 02", "Venue_Name": "Hall Two", "Venue_Normal_Capacity": 0},
    ],
    "Movies": [
        movie(
            "LONG", "A Title of More Than Twenty-Four Letters",
            Movie_Synopsis="Of\r\nletters.", Movie_Genre="Family Science Fiction",
            Movie_Talent="Ann Ox, Bo Yak and Cy Elk.", Movie_Release_Date="20250807T060000",
        ),
        movie("SHORT", "Short"),
    ],
    "Tickets": [
        ticket("CHILD", "Child", "10"),
        ticket("ADULT", "Adult", "13"),
        ticket("FAMILY", "Family ", "0", seats=4),
        ticket("WINE", "Event ticket wi", "13.5", comment="Event ticket with wine"),
        ticket("SOFT", "Event ticket wi", "12.5", comment="Event ticket with water"),
        ticket("GIFT", "Gift Card", "0", seats=0),
    ],
    "Price_Groups": [
        {
            "Price_Group_Code": "NORMAL",
            "Price_Group_Programming_Default": True,
            "Price_Group_3D": False,
            "Price_Group_Fee_Per_Ticket": Decimal("1.1"),
            "Price_Group_Ticket_Fee_Type": 1,
            "Price_Group_Fee_Per_Transaction": 0,
            "Price_Group_Transaction_Fee_Type": 0,
        }
    ],
    "Price_List": [listed("CHILD", "10"), listed("ADULT", "13"), listed("FAMILY", "40")],
    "Sessions": [
        session(1, "20250819T110000", "20250819T125500"),
        session(2, "20250819T130000", "20250819T145500", Session_Cancelled=True),
        session(3, "20250819T130000", "20250819T145500", Session_Movie_Code="SHORT"),
        session(4, "20250819T130000", NONE, Session_Venue_Code="Hall 02"),
    ],
}  # fmt: skip


@pytest.fixture
def document() -> dict:
    return deepcopy(DOCUMENT)


@pytest.fixture
def run(tmp_path):
    """`run(document, *options)`: import a document, or bytes; what is printed."""

    def _run(content: dict | bytes, *options: str) -> str:
        path = tmp_path / "VenueSchedule.json"
        if not isinstance(content, bytes):
            content = in_json(content)
        path.write_bytes(content)
        out = StringIO()
        call_command("import_venuemaster", str(path), *options, stdout=out)
        return out.getvalue()

    return _run


def in_json(document: dict) -> bytes:
    """Amounts are numbers there, 13.5 and not "13.5"."""
    text = json.dumps(document, default=lambda amount: f"<{amount}>")
    return text.replace('"<', "").replace('>"', "").encode()


def nothing_written() -> bool:
    return not any(model.objects.exists() for model in (Show, Event, Genre, Screen, Venue))


def prices_of(show: Show) -> dict[str, str]:
    prices = ShowPrice.objects.filter(show=show).order_by("position")
    return {price.ticket_type: f"{price.amount:.2f}" for price in prices}


def test_import_makes_a_show_of_each_session_that_is_not_cancelled(run, document):
    out = run(document)

    assert "session 2: cancelled, left out." in out
    assert "3 new, 0 same, 0 changed, 0 gone, 1 cancelled, 0 refused" in out
    assert "2 films, 2 screens, 1 venues" in out
    first, second, third = Show.objects.order_by("start_time", "screen__name")
    assert first.start_time.isoformat() == "2025-08-19T01:00:00+00:00"
    assert first.end_time.isoformat() == "2025-08-19T02:55:00+00:00"
    assert first.occupied_until == first.end_time
    assert (first.currency, first.format) == ("AUD", "")
    assert (second.event.title, second.screen.name) == ("Short", "Hall One")
    assert third.screen.name == "Hall Two"


def test_import_makes_the_venue_with_its_fee_and_tax(run, document):
    run(document)

    venue = Venue.objects.get()
    assert (venue.name, venue.city) == ("Picture Palace", "Yarra")
    assert venue.address == "Old Arcade, Corner A & B Streets, Yarra, Vic. 3000"
    assert (venue.country, venue.timezone) == ("AU", "Australia/Melbourne")
    for terms in (venue, *Show.objects.all()):
        assert (terms.fee_per_ticket, terms.fee_per_booking) == (Decimal("1.1"), 0)
        assert (terms.tax_rate, terms.tax_inclusive) == (10, True)


def test_import_prices_every_ticket_type_the_dearest_listed_one_first(run, document):
    run(document)

    for show in Show.objects.all():
        assert list(prices_of(show).items()) == [
            ("Adult", "13.00"),
            ("Child", "10.00"),
            ("Family", "10.00"),  # 40.00 is for four seats.
            ("Event ticket with wine", "13.50"),
            ("Event ticket with water", "12.50"),
            ("Gift Card", "13.00"),  # It has no price, and nobody may sit for nothing.
        ]
        seats = ShowSeat.objects.filter(show=show)
        assert set(seats.values_list("price", flat=True)) == {Decimal(13)}


def test_import_sells_only_what_the_price_list_has_if_asked_to(run, document):
    out = run(document, "--only-listed")

    assert list(prices_of(Show.objects.first())) == ["Adult", "Child", "Family"]
    assert "Left out: Event ticket with water, Event ticket with wine, Gift Card." in out


def test_import_leaves_out_ticket_types_that_cannot_be_sold(run, document):
    document["Tickets"][2]["Ticket_Number_Of_Seats"] = 3
    document["Price_List"].append(listed("WINE", "14", Price_Valid=False))

    out = run(document)

    assert "Left out: Event ticket with wine, Family." in out
    assert not {"Family", "Event ticket with wine"} & prices_of(Show.objects.first()).keys()


def test_import_adds_a_surcharge_to_the_price(run, document):
    document["Price_List"][1]["Price_Surcharge"] = Decimal("2.5")

    run(document)

    assert prices_of(Show.objects.first())["Adult"] == "15.50"


def test_import_gives_a_session_the_fees_and_prices_of_its_price_group(run, document):
    gala = {
        **document["Price_Groups"][0],
        "Price_Group_Code": "GALA",
        "Price_Group_Programming_Default": False,
        "Price_Group_3D": True,
        "Price_Group_Ticket_Fee_Type": 0,
        "Price_Group_Fee_Per_Transaction": 3,
        "Price_Group_Transaction_Fee_Type": 1,
    }
    document["Price_Groups"].insert(0, gala)
    document["Price_List"].append(listed("ADULT", "22", Price_PriceGroup_Code="GALA"))
    document["Sessions"][0]["Session_Price_Group_Code"] = "GALA"

    run(document)

    show = Show.objects.first()
    assert (show.fee_per_ticket, show.fee_per_booking, show.format) == (0, 3, "3D")
    assert prices_of(show)["Adult"] == "22.00"
    assert Venue.objects.get().fee_per_ticket == Decimal("1.1")


def test_import_makes_all_films(run, document):
    run(document)

    film = Event.objects.get(title="A Title of More Than Twenty-Four Letters")
    assert (film.kind, film.duration_minutes, film.certificate) == ("movie", 100, "PG")
    assert (film.release_date, film.description) == (date(2025, 8, 7), "Of letters.")
    assert [genre.name for genre in film.genres.all()] == ["Family", "Science Fiction"]
    assert film.cast == ["Ann Ox", "Bo Yak", "Cy Elk"]
    assert film.is_published
    assert Event.objects.get(title="Short").release_date is None


def test_import_takes_the_length_of_a_film_from_its_sessions(run, document):
    document["Movies"][1]["Movie_Length"] = 0
    document["Movies"].append(movie("NEVER", "Never Shown", Movie_Length=0))

    out = run(document)

    assert Event.objects.get(title="Short").duration_minutes == 100
    assert "film NEVER: the file does not say how long it is" in out
    assert Event.objects.count() == 2


def test_import_takes_the_length_of_a_session_from_its_film(run, document):
    run(document)

    show = Show.objects.get(screen__name="Hall Two")
    assert (show.end_time - show.start_time).seconds == (15 + 100) * 60


def test_import_makes_screens_of_the_size_that_the_file_says(run, document):
    run(document, "--seats=30")

    assert Screen.objects.get(name="Hall One").seats.count() == 15
    assert Screen.objects.get(name="Hall Two").seats.count() == 30


def test_import_adds_nothing_the_second_time(run, document):
    run(document)

    out = run(document)

    assert "0 new, 3 same, 0 changed, 0 gone, 1 cancelled, 0 refused" in out
    assert "Made on the way: nothing." in out
    assert "venue: " not in out
    assert (Show.objects.count(), Event.objects.count(), Venue.objects.count()) == (3, 2, 1)
    assert Venue.objects.get().history.count() == 1


def test_import_changes_the_terms_of_a_venue_and_leaves_shows_alone(run, document):
    run(document)
    document["Price_Groups"][0]["Price_Group_Fee_Per_Ticket"] = Decimal("1.2")

    out = run(document, "--venue=picture-palace", "--city=Melbourne")

    assert "venue: changed to city Melbourne, fee_per_ticket 1.2." in out
    venue = Venue.objects.get()
    assert (venue.fee_per_ticket, venue.city) == (Decimal("1.2"), "Melbourne")
    assert set(Show.objects.values_list("fee_per_ticket", flat=True)) == {Decimal("1.1")}


def test_import_writes_to_the_venue_that_is_named(run, document):
    for slug in ("old", "new"):
        Venue.objects.create(
            name="Picture Palace", slug=slug, city="Perth", country="AU", timezone="Australia/Perth"
        )

    with pytest.raises(CommandError, match="2 are called Picture Palace"):
        run(document, "--city=Perth", "--timezone=Australia/Perth")
    with pytest.raises(CommandError, match="there is no venue newer"):
        run(document, "--venue=newer")
    assert not Show.objects.exists()

    with pytest.raises(CommandError, match="is in Australia/Perth, not in Australia/Melbourne"):
        run(document, "--venue=new")
    assert not Show.objects.exists()

    run(document, "--venue=new", "--timezone=Australia/Perth")
    show = Show.objects.first()
    assert (show.screen.venue.slug, show.screen.venue.city) == ("new", "Perth")
    assert show.start_time.isoformat() == "2025-08-19T03:00:00+00:00"


def test_import_says_that_a_show_is_still_on_which_the_file_has_cancelled(run, document):
    run(document)
    show = Show.objects.get(event__title="Short")
    document["Sessions"][2]["Session_Cancelled"] = True

    out = run(document)

    what = (
        f"session 3, cancelled: show {show.pk}, “Short”, 2025-08-19 13:00 Australia/Melbourne, on"
    )
    assert what in out and "is still on sale." in out
    assert "0 new, 2 same, 0 changed, 0 gone, 2 cancelled, 0 refused" in out
    show.refresh_from_db()
    assert show.status == Show.Status.SCHEDULED


def test_an_update_withdraws_a_cancelled_session_that_nobody_booked(run, document):
    run(document)
    document["Sessions"][2]["Session_Cancelled"] = True

    assert "was not sold and is withdrawn." in run(document, "--update")
    assert not Show.objects.filter(event__title="Short").exists()
    assert Show.objects.count() == 2


def test_a_session_is_known_by_its_number_wherever_it_moves(run, document):
    run(document)
    show = Show.objects.get(import_key="venuemaster:3")
    moved = {"Session_Date_Time": "20250919T130000", "Session_End_Time": "20250919T140000"}
    document["Sessions"][2] |= moved

    assert f"session 3: show {show.pk} differs: start" in run(document)
    out = run(in_json(document).decode().encode("utf-16"), "--update")

    assert "0 new, 2 same, 1 changed, 0 gone, 1 cancelled, 0 refused" in out
    show.refresh_from_db()
    assert show.start_time.isoformat() == "2025-09-19T03:00:00+00:00"
    assert Show.objects.count() == 3


def test_fees_that_differ_are_named_and_updated(run, document):
    run(document)
    document["Price_Groups"][0]["Price_Group_Fee_Per_Ticket"] = Decimal("1.2")

    assert "fee per ticket 1.1 → 1.2" in run(document)
    assert set(Show.objects.values_list("fee_per_ticket", flat=True)) == {Decimal("1.1")}
    assert "3 changed" in run(document, "--update")
    assert set(Show.objects.values_list("fee_per_ticket", flat=True)) == {Decimal("1.2")}


def test_import_does_not_call_on_what_the_file_holds_twice_cancelled_and_not(run, document):
    document["Sessions"][1]["Session_Movie_Code"] = "SHORT"
    run(document)

    assert "session 2: cancelled, left out." in run(document)


def test_dry_run_says_the_same_and_writes_nothing(run, document):
    out = run(document, "--dry-run")

    assert "nothing was changed" in out
    assert "3 new, 0 same, 0 changed, 0 gone, 1 cancelled, 0 refused" in out
    assert nothing_written()


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
        ({"Session_End_Time": "20260819T130000"}, "lasts 7 days at the most"),
        ({"Session_End_Time": "99991231T235959"}, "lasts 7 days at the most"),
        ({"Session_End_Time": "20250819T130001"}, None),
        ({"Session_End_Time": "20250819T133000"}, "is on this screen from"),
    ],
)
def test_import_refuses_a_session_that_is_wrong_and_keeps_the_others(
    run, document, changes, reason
):
    document["Sessions"].append(document["Sessions"].pop(0) | changes)

    out = run(document)

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
    run, document, times, instant, minutes
):
    document["Sessions"][0] |= {"Session_Date_Time": times[0], "Session_End_Time": times[1]}

    assert "3 new" in run(document)
    show = Show.objects.get(start_time=instant)
    assert show.end_time - show.start_time == timedelta(minutes=minutes)


def test_import_keeps_cleaning_time_free_if_asked_to(run, document):
    out = run(document, "--cleaning-minutes=10")

    assert "2 new, 0 same, 0 changed, 0 gone, 1 cancelled, 1 refused" in out


def test_import_refuses_sessions_of_a_film_that_cannot_be(run, document):
    document["Movies"][1]["Movie_Release_Date"] = "20251301T060000"

    out = run(document)

    assert "film SHORT: 20251301T060000 is not a time" in out
    assert "2 new, 0 same, 0 changed, 0 gone, 1 cancelled, 1 refused" in out
    assert Event.objects.count() == 1


def test_import_refuses_sessions_without_a_price(run, document):
    document["Price_List"] = [listed("ADULT", "0")]

    out = run(document)

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
def test_import_refuses_a_file_with_something_wrong_in_it(run, document, place, value, reason):
    *path, name = [int(step) if step.isdigit() else step for step in place.split(".")]
    holder = document
    for step in path:
        holder = holder[step]
    holder[name] = value

    with pytest.raises(CommandError) as error:
        run(document)

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


def test_import_refuses_a_file_without_any_one_member(run, document):
    for *path, name in members_of(document):
        broken = deepcopy(document)
        holder = broken
        for step in path:
            holder = holder[step]
        del holder[name]
        with pytest.raises(CommandError, match=rf"{name}: this is missing"):
            run(broken)
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
def test_import_refuses_what_is_no_export(run, content, reason):
    with pytest.raises(CommandError, match=reason):
        run(content)

    assert nothing_written()


def test_many_sessions_are_written_in_as_many_statements_as_few(run, document):
    run(document)
    counts = []
    for month, days in ((9, 2), (10, 20)):
        document["Sessions"] = [
            session(
                100 * month + day,
                f"2025{month:02}{day:02}T110000",
                f"2025{month:02}{day:02}T125500",
            )
            for day in range(1, days + 1)
        ]
        with CaptureQueriesContext(connection) as queries:
            assert f"{days} new" in run(document)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_import_refuses_a_file_that_is_too_large(run, document, monkeypatch):
    monkeypatch.setattr(running, "MAX_BYTES", 1024 * 1024)

    with pytest.raises(CommandError, match="larger than 1 MiB"):
        run(in_json(document) + b" " * 1024 * 1024)

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
def test_import_refuses_options_that_cannot_be(run, document, option, reason):
    # Only the fee has digits that not every currency has.
    for item in (*document["Tickets"], *document["Price_List"]):
        for name in ("Ticket_Default_Price", "Price_Price"):
            item.update({name: int(item[name])} if name in item else {})

    with pytest.raises(CommandError, match=reason):
        run(document, option)

    assert nothing_written()


def test_import_takes_what_the_file_does_not_say_from_options(run, document):
    document["Installation"] |= {
        "Installation_Country": "New Zealand",
        "Installation_State": "",
        "Installation_Customer_Address": "",
        "Misc_Tax_Type": 1,
    }

    run(
        document,
        *("--country=NZ", "--city=Napier", "--timezone=Pacific/Auckland", "--currency=NZD"),
        "--tax=exclusive",
    )

    venue = Venue.objects.get()
    assert (venue.country, venue.city, venue.timezone) == ("NZ", "Napier", "Pacific/Auckland")
    assert (venue.tax_rate, venue.tax_inclusive) == (10, False)
    assert set(Show.objects.values_list("currency", "tax_inclusive")) == {("NZD", False)}


def test_import_refuses_a_file_that_is_not_there(tmp_path):
    for path in (tmp_path / "none.json", tmp_path, "a\0b"):
        with pytest.raises(CommandError):
            call_command("import_venuemaster", str(path), stdout=StringIO())


def test_import_does_not_write_to_a_venue_of_the_name_in_another_city(run, document):
    other = Venue.objects.create(
        name="Picture Palace", slug="other", city="Leeds", country="GB", timezone="Europe/London"
    )

    for _ in range(2):
        run(document)

    assert not other.screens.exists()
    venue = Venue.objects.exclude(pk=other.pk).get()
    assert (venue.name, venue.city, venue.timezone) == (
        "Picture Palace", "Yarra", "Australia/Melbourne",
    )  # fmt: skip
    assert Show.objects.filter(screen__venue=venue).count() == 3


def test_import_refuses_a_venue_whose_zone_contradicts_before_it_writes(run, document):
    Venue.objects.create(
        name="Picture Palace", slug="palace", city="Yarra", country="AU", timezone="Australia/Perth"
    )

    with pytest.raises(CommandError, match="timezone: Picture Palace is in Australia/Perth"):
        run(document)

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
    run, document, fields, is_same
):
    document["Movies"][0] |= {"Movie_Release_Date": "20250801T060000", "Movie_Length": 100}
    title = document["Movies"][0]["Movie_Memo_Title"] or document["Movies"][0]["Movie_Name"]
    defaults = {"kind": "movie", "duration_minutes": 100, "release_date": date(2025, 8, 1)}
    Event.objects.create(title=title, slug="first", is_published=True, **{**defaults, **fields})

    for _ in range(2):
        run(document)

    assert Event.objects.filter(title=title).count() == (1 if is_same else 2)
