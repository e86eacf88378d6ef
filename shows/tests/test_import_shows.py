import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from events.models import Event
from shows.imports.writer import plain_hall
from shows.models import Show, ShowPrice, ShowSeat
from shows.tests.factories import scheduled_show
from venues.models import Screen, Venue

pytestmark = pytest.mark.django_db

HEADER = "venue,screen,film,start,minutes,price,currency\n"
PARIS = ("--default=city=Paris", "--default=country=FR", "--default=timezone=Europe/Paris")


@pytest.fixture
def run(tmp_path):
    """`run(text, *options)`: import a file of that text; what is printed."""

    def _run(text: str | bytes, *options: str, **more) -> str:
        path = tmp_path / "shows.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = StringIO()
        call_command("import_shows", str(path), *PARIS, *options, stdout=out, **more)
        return out.getvalue()

    return _run


def nothing_written() -> bool:
    return not any(model.objects.exists() for model in (Show, Event, Screen, Venue))


def test_import_makes_what_a_row_needs(run):
    out = run(HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9.50,EUR\n", "--seats=30")

    assert "1 new, 0 same, 0 changed, 0 gone, 0 refused" in out
    assert "1 films, 1 screens, 1 venues" in out
    show = Show.objects.get()
    assert show.start_time.isoformat() == "2031-05-01T18:00:00+00:00"
    assert (show.end_time - show.start_time).seconds == 124 * 60
    assert show.occupied_until == show.end_time
    assert (show.event.title, show.event.duration_minutes) == ("Playtime", 124)
    assert show.event.is_published
    assert (show.screen.name, show.screen.venue.timezone) == ("1", "Europe/Paris")
    assert ShowSeat.objects.filter(show=show, price="9.50").count() == 30


def test_import_uses_what_is_there(run):
    other = scheduled_show()
    screen, event = other.screen, other.event
    row = f"{screen.venue.slug},{screen.name},{event.title},2031-05-01T20:00,,5,INR\n"

    out = run(HEADER + row)

    assert "Made on the way: nothing." in out
    show = Show.objects.exclude(pk=other.pk).get()
    assert (show.screen, show.event) == (screen, event)
    assert show.start_time.isoformat() == "2031-05-01T14:30:00+00:00"
    assert (show.end_time - show.start_time).seconds == event.duration_minutes * 60


def test_import_prices_every_category_of_a_screen(run):
    run(HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9.50,EUR\n")

    prices = ShowPrice.objects.values_list("category__name", "ticket_type", "amount")
    assert [(name, kind, str(amount)) for name, kind, amount in prices] == [
        ("Standard", "", "9.500")
    ]


def test_import_reads_columns_by_their_own_names_and_fills_in_defaults(run):
    out = run(
        "cinema_id,when,title,age,salle\nchampo,2031-05-01T18:00Z,Mon oncle,U,\n",
        *("--column=venue=cinema_id", "--column=start=when", "--column=film=title"),
        *("--column=certificate=age", "--column=screen=salle", "--default=screen=Grande"),
        *("--default=minutes=117", "--default=price=8", "--default=currency=EUR"),
    )

    assert "1 new" in out
    show = Show.objects.get()
    assert (show.screen.name, show.event.certificate) == ("Grande", "U")
    assert show.event.duration_minutes == 117


def test_import_takes_facts_of_venues_from_a_file(run, tmp_path):
    facts = {"id": "champo", "name": "Le Champo", "lat": 48.85, "lon": 2.343, "url": "ignored",
             "address": "51 rue des Écoles"}  # fmt: skip
    path = tmp_path / "venues.json"
    path.write_text(json.dumps([facts]))

    for hour in ("18", "21"):
        run(HEADER + f"champo,1,Playtime,2031-05-01T{hour}:00,124,9,EUR\n", venues=str(path))

    venue = Venue.objects.get()
    assert (venue.name, venue.address) == ("Le Champo", "51 rue des Écoles")
    assert (venue.latitude, venue.longitude) == (48.85, 2.343)


def test_import_refuses_a_row_that_overlaps_and_keeps_the_good_ones(run):
    out = run(
        HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9,EUR\n"
        "Le Champo,1,Mon oncle,2031-05-01T21:00,117,9,EUR\n"
        "Le Champo,1,Trafic,2031-05-01T22:04,96,9,EUR\n"
    )

    assert "line 3: “Playtime” is on this screen" in out
    assert "2 new, 0 same, 0 changed, 0 gone, 1 refused" in out
    assert [show.event.title for show in Show.objects.all()] == ["Playtime", "Trafic"]


def test_import_keeps_cleaning_time_free_if_asked_to(run):
    rows = (
        HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9,EUR\n"
        "Le Champo,1,Trafic,2031-05-01T22:04,96,9,EUR\n"
    )

    assert "1 new, 0 same, 0 changed, 0 gone, 1 refused" in run(rows, "--cleaning-minutes=10")


def test_import_leaves_alone_what_it_took_before(run):
    rows = HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9,EUR\n"
    run(rows)

    assert "0 new, 1 same, 0 changed, 0 gone, 0 refused" in run(rows)
    assert Show.objects.count() == 1


def test_import_takes_shows_of_the_past(run):
    assert "1 new" in run(HEADER + "Le Champo,1,Playtime,1967-12-16T20:00,124,9,EUR\n")


def test_dry_run_says_the_same_and_writes_nothing(run):
    rows = (
        HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9,EUR\n"
        "Le Champo,1,Mon oncle,2031-05-01T21:00,117,9,EUR\n"
    )

    out = run(rows, "--dry-run")

    assert "1 new, 0 same, 0 changed, 0 gone, 1 refused" in out
    assert "nothing was changed" in out
    assert nothing_written()


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
def test_import_refuses_a_row_that_is_wrong(run, row, reason):
    out = run(HEADER + row + "\nV,2,B,2031-05-01T20:00,90,9,EUR\n")

    refusal = next(line for line in out.splitlines() if line.startswith("line 2: "))
    assert reason in refusal
    assert len(refusal) < 300
    assert "1 new, 0 same, 0 changed, 0 gone, 1 refused" in out
    assert Show.objects.get().event.title == "B"


def test_import_takes_the_venues_own_offset_and_utc(run):
    rows = (
        HEADER + "V,1,A,2031-05-01T20:00+02:00,90,9,EUR\n"
        "V,1,B,2031-12-01T20:00+01:00,90,9,EUR\n"
        "V,1,C,2031-05-02T18:00Z,90,9,EUR\n"
        # An hour that comes twice is two instants with their offsets.
        "V,1,D,2031-10-26T02:30+0200,20,9,EUR\nV,1,E,2031-10-26T02:30+0100,20,9,EUR\n"
    )

    assert "5 new, 0 same, 0 changed, 0 gone, 0 refused" in run(rows)
    starts = Show.objects.order_by("event__title").values_list("start_time", flat=True)
    assert [f"{start:%m-%d %H:%M}" for start in starts] == [
        "05-01 18:00", "12-01 19:00", "05-02 18:00", "10-26 00:30", "10-26 01:30",
    ]  # fmt: skip


def test_import_refuses_rows_that_are_not_in_the_encoding(run):
    rows = (HEADER + "V,1,Fête,2031-05-01T20:00,90,9,EUR\n").encode("latin-1")

    assert "is not in the file's encoding" in run(rows)
    assert nothing_written()
    assert "1 new" in run(rows, "--encoding=latin-1")
    assert Event.objects.get().title == "Fête"


def test_import_reads_past_a_byte_order_mark_empty_lines_and_crlf(run):
    rows = HEADER + "\n,,,,,,\n V , 1 ,  A\tfilm ,2031-05-01 20:00,90,9,EUR\n"

    out = run(("\ufeff" + rows.replace("\n", "\r\n")).encode())

    assert "1 new, 0 same, 0 changed, 0 gone, 0 refused" in out
    assert Event.objects.get().title == "A film"


def test_import_numbers_a_row_by_its_first_line(run):
    out = run(HEADER + 'V,1,"A\nB",2031-05-01T20:00,90,9,EUR\nV,1,C,never,90,9,EUR\n')

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
def test_import_refuses_a_file_or_an_option_at_the_start(run, text, options, reason):
    with pytest.raises(CommandError, match=reason):
        run(text, *options)

    assert nothing_written()


def test_import_refuses_a_file_that_is_not_there(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CommandError):
            call_command("import_shows", str(path), stdout=StringIO())


@pytest.mark.parametrize(
    "venues",
    ["{}", "[1]", '[{"id": 1}]', '[{"name": 5}]', "nonsense", '[{"name": "a\\u0000"}]', "[NaN]"],
)
def test_import_refuses_a_file_of_venues_that_is_none(run, tmp_path, venues):
    path = tmp_path / "venues.json"
    path.write_text(venues)

    with pytest.raises(CommandError, match=r"venues\.json"):
        run(HEADER + "V,1,A,2031-05-01T20:00,90,9,EUR\n", f"--venues={path}")

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
def test_import_refuses_rows_of_a_venue_that_cannot_be(run, tmp_path, facts, reason):
    path = tmp_path / "venues.json"
    path.write_text(json.dumps([{"name": "V", **facts}]))

    out = run(HEADER + "V,1,A,2031-05-01T20:00,90,9,EUR\n", f"--venues={path}")

    assert "1 refused" in out
    assert reason in out
    assert nothing_written()


def test_import_asks_for_the_slug_where_two_venues_have_the_name(run):
    rows = HEADER + "{},1,A,2031-05-01T20:00,90,9,EUR\n"
    for slug in ("rex-a", "rex-b"):
        Venue.objects.create(
            name="Rex", slug=slug, city="Paris", country="FR", timezone="Europe/Paris"
        )

    assert "2 are called Rex" in run(rows.format("Rex"))
    assert not Show.objects.exists()
    assert "1 new" in run(rows.format("rex-b"))
    assert Show.objects.get().screen.venue.slug == "rex-b"


PLACES = "venue,screen,film,start,minutes,price,currency,city,country,timezone\n"
TWINS = (
    "Regal Twin,1,Playtime,2031-05-01T20:00,124,9.50,GBP,Leeds,GB,Europe/London\n"
    "Regal Twin,1,Playtime,2031-05-01T20:00,124,9.50,USD,Austin,US,America/Chicago\n"
)


def test_import_tells_venues_of_one_name_apart_by_city_and_country(run):
    for taken in ("2 new, 0 same", "0 new, 2 same"):
        assert taken in run(PLACES + TWINS)
        assert {
            (show.screen.venue.city, show.start_time.isoformat())
            for show in Show.objects.select_related("screen__venue")
        } == {
            ("Leeds", "2031-05-01T19:00:00+00:00"),
            ("Austin", "2031-05-02T01:00:00+00:00"),
        }


def test_import_refuses_a_row_whose_zone_contradicts_its_venue(run):
    run(PLACES + TWINS)
    wrong = "Regal Twin,1,Other,2031-06-01T20:00,90,9,GBP,Leeds,GB,Europe/Paris\n"

    assert "timezone: Regal Twin is in Europe/London, not in Europe/Paris." in run(PLACES + wrong)
    assert Show.objects.count() == 2
    assert Event.objects.count() == 1


def test_plain_hall_has_so_many_seats_in_rows_with_labels_of_their_own():
    for seats in (1, 12, 13, 60, 2000):
        rows = plain_hall(seats)["rows"]
        assert sum(row["seats"] for row in rows) == seats
        assert len({row["row"] for row in rows}) == len(rows)
    assert [row["row"] for row in rows][25:28] == ["Z", "AA", "AB"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("regal-twin,1,A,2031-05-01T20:00,90,9,GBP,Austin,GB,", "city: Regal Twin is in Leeds"),
        ("regal-twin,1,A,2031-05-01T20:00,90,9,GBP,Leeds,US,", "country: Regal Twin is in GB"),
        ("Regal Twin,1,A,2031-05-01T20:00,90,9,GBP,Leeds,GB,Europe/Paris", "timezone: Regal Twin"),
    ],
)
def test_import_refuses_a_row_that_contradicts_its_venue(run, row, reason):
    Venue.objects.create(
        name="Regal Twin", slug="regal-twin", city="Leeds", country="GB", timezone="Europe/London"
    )

    assert reason in run(PLACES + row + "\n")
    assert not Show.objects.exists()


FILMS = "venue,screen,film,start,minutes,year,price,currency\n"


def test_import_tells_films_of_one_title_apart_by_their_year(run):
    rows = (
        FILMS + "V,1,Dune,2031-05-01T20:00,137,1984,9,EUR\n"
        "V,1,Dune,2031-05-02T20:00,155,2021,9,EUR\n"
        "V,1,Dune,2031-05-03T20:00,155,2021,9,EUR\n"
        "V,1,Dune,2031-05-04T20:00,,1984,9,EUR\n"
    )
    for _ in range(2):
        run(rows)
        assert Show.objects.count() == 4
        found = Show.objects.order_by("start_time").values_list(
            "event__duration_minutes", flat=True
        )
        assert list(found) == [137, 155, 155, 137]
        assert Event.objects.filter(title="Dune").count() == 2
    assert "year: 84 is not a year" in run(FILMS + "V,1,Dune,2031-06-01T20:00,137,84,9,EUR\n")


def test_import_tells_films_of_one_title_apart_by_their_length_and_kind(run):
    Event.objects.create(kind="play", title="Hamlet", slug="h", duration_minutes=120)
    rows = (
        HEADER + "V,1,Hamlet,2031-05-01T18:00,120,9,EUR\n"
        # Trailers and a break do not make another film, but two hours more do.
        "V,1,Hamlet,2031-05-02T18:00,150,9,EUR\nV,1,Hamlet,2031-05-03T18:00,242,9,EUR\n"
    )
    for _ in range(2):
        run(rows)
        lengths = Event.objects.filter(title="Hamlet").order_by("kind", "duration_minutes")
        assert list(lengths.values_list("kind", "duration_minutes")) == [
            ("movie", 120), ("movie", 242), ("play", 120),
        ]  # fmt: skip
