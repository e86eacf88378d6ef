"""The shows, venues and films that an import writes."""

import json

import pytest

from events.models import Event
from shows.imports.writer import plain_hall
from shows.models import Show, ShowPrice, ShowSeat
from shows.tests.factories import scheduled_show
from shows.tests.imports.steps import HEADER, nothing_written
from venues.models import Venue

pytestmark = pytest.mark.django_db


def test_import_makes_what_a_row_needs(run_in_paris):
    out = run_in_paris(
        HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9.50,EUR\n", "--seats=30"
    )

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


def test_import_uses_existing_rows(run_in_paris):
    other = scheduled_show()
    screen, event = other.screen, other.event
    row = f"{screen.venue.slug},{screen.name},{event.title},2031-05-01T20:00,,5,INR\n"

    out = run_in_paris(HEADER + row)

    assert "Made on the way: nothing." in out
    show = Show.objects.exclude(pk=other.pk).get()
    assert (show.screen, show.event) == (screen, event)
    assert show.start_time.isoformat() == "2031-05-01T14:30:00+00:00"
    assert (show.end_time - show.start_time).seconds == event.duration_minutes * 60


def test_import_prices_every_category_of_a_screen(run_in_paris):
    run_in_paris(HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9.50,EUR\n")

    prices = ShowPrice.objects.values_list("category__name", "ticket_type", "amount")
    assert [(name, kind, str(amount)) for name, kind, amount in prices] == [
        ("Standard", "", "9.500")
    ]


def test_import_reads_columns_by_their_own_names_and_fills_in_defaults(run_in_paris):
    out = run_in_paris(
        "cinema_id,when,title,age,salle\nchampo,2031-05-01T18:00Z,Mon oncle,U,\n",
        *("--column=venue=cinema_id", "--column=start=when", "--column=film=title"),
        *("--column=certificate=age", "--column=screen=salle", "--default=screen=Grande"),
        *("--default=minutes=117", "--default=price=8", "--default=currency=EUR"),
    )

    assert "1 new" in out
    show = Show.objects.get()
    assert (show.screen.name, show.event.certificate) == ("Grande", "U")
    assert show.event.duration_minutes == 117


def test_import_takes_facts_of_venues_from_a_file(run_in_paris, tmp_path):
    facts = {"id": "champo", "name": "Le Champo", "lat": 48.85, "lon": 2.343, "url": "ignored",
             "address": "51 rue des Écoles"}  # fmt: skip
    path = tmp_path / "venues.json"
    path.write_text(json.dumps([facts]))

    for hour in ("18", "21"):
        run_in_paris(
            HEADER + f"champo,1,Playtime,2031-05-01T{hour}:00,124,9,EUR\n", venues=str(path)
        )

    venue = Venue.objects.get()
    assert (venue.name, venue.address) == ("Le Champo", "51 rue des Écoles")
    assert (venue.latitude, venue.longitude) == (48.85, 2.343)


def test_import_refuses_a_row_that_overlaps_and_keeps_the_good_ones(run_in_paris):
    out = run_in_paris(
        HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9,EUR\n"
        "Le Champo,1,Mon oncle,2031-05-01T21:00,117,9,EUR\n"
        "Le Champo,1,Trafic,2031-05-01T22:04,96,9,EUR\n"
    )

    assert "line 3: “Playtime” is on this screen" in out
    assert "2 new, 0 same, 0 changed, 0 gone, 1 refused" in out
    assert [show.event.title for show in Show.objects.all()] == ["Playtime", "Trafic"]


def test_import_keeps_cleaning_time_free_if_asked_to(run_in_paris):
    rows = (
        HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9,EUR\n"
        "Le Champo,1,Trafic,2031-05-01T22:04,96,9,EUR\n"
    )

    assert "1 new, 0 same, 0 changed, 0 gone, 1 refused" in run_in_paris(
        rows, "--cleaning-minutes=10"
    )


def test_import_leaves_alone_what_it_took_before(run_in_paris):
    rows = HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9,EUR\n"
    run_in_paris(rows)

    assert "0 new, 1 same, 0 changed, 0 gone, 0 refused" in run_in_paris(rows)
    assert Show.objects.count() == 1


def test_import_takes_shows_of_the_past(run_in_paris):
    assert "1 new" in run_in_paris(HEADER + "Le Champo,1,Playtime,1967-12-16T20:00,124,9,EUR\n")


def test_dry_run_says_the_same_and_writes_nothing(run_in_paris):
    rows = (
        HEADER + "Le Champo,1,Playtime,2031-05-01T20:00,124,9,EUR\n"
        "Le Champo,1,Mon oncle,2031-05-01T21:00,117,9,EUR\n"
    )

    out = run_in_paris(rows, "--dry-run")

    assert "1 new, 0 same, 0 changed, 0 gone, 1 refused" in out
    assert "nothing was changed" in out
    assert nothing_written()


def test_import_takes_the_venues_own_offset_and_utc(run_in_paris):
    rows = (
        HEADER + "V,1,A,2031-05-01T20:00+02:00,90,9,EUR\n"
        "V,1,B,2031-12-01T20:00+01:00,90,9,EUR\n"
        "V,1,C,2031-05-02T18:00Z,90,9,EUR\n"
        # An hour that comes twice is two instants with their offsets.
        "V,1,D,2031-10-26T02:30+0200,20,9,EUR\nV,1,E,2031-10-26T02:30+0100,20,9,EUR\n"
    )

    assert "5 new, 0 same, 0 changed, 0 gone, 0 refused" in run_in_paris(rows)
    starts = Show.objects.order_by("event__title").values_list("start_time", flat=True)
    assert [f"{start:%m-%d %H:%M}" for start in starts] == [
        "05-01 18:00", "12-01 19:00", "05-02 18:00", "10-26 00:30", "10-26 01:30",
    ]  # fmt: skip


def test_import_reads_past_a_byte_order_mark_empty_lines_and_crlf(run_in_paris):
    rows = HEADER + "\n,,,,,,\n V , 1 ,  A\tfilm ,2031-05-01 20:00,90,9,EUR\n"

    out = run_in_paris(("\ufeff" + rows.replace("\n", "\r\n")).encode())

    assert "1 new, 0 same, 0 changed, 0 gone, 0 refused" in out
    assert Event.objects.get().title == "A film"


def test_plain_hall_has_so_many_seats_in_rows_with_labels_of_their_own():
    for seats in (1, 12, 13, 60, 2000):
        rows = plain_hall(seats)["rows"]
        assert sum(row["seats"] for row in rows) == seats
        assert len({row["row"] for row in rows}) == len(rows)
    assert [row["row"] for row in rows][25:28] == ["Z", "AA", "AB"]
