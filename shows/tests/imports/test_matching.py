"""Rows that name one of several venues, films or halls."""

import pytest

from events.models import Event
from shows.models import Show
from shows.tests.imports.steps import HEADER
from venues.models import Venue

pytestmark = pytest.mark.django_db


def test_import_asks_for_the_slug_where_two_venues_have_the_name(run_in_paris):
    rows = HEADER + "{},1,A,2031-05-01T20:00,90,9,EUR\n"
    for slug in ("rex-a", "rex-b"):
        Venue.objects.create(
            name="Rex", slug=slug, city="Paris", country="FR", timezone="Europe/Paris"
        )

    assert "2 are called Rex" in run_in_paris(rows.format("Rex"))
    assert not Show.objects.exists()
    assert "1 new" in run_in_paris(rows.format("rex-b"))
    assert Show.objects.get().screen.venue.slug == "rex-b"


PLACES = "venue,screen,film,start,minutes,price,currency,city,country,timezone\n"


TWINS = (
    "Regal Twin,1,Playtime,2031-05-01T20:00,124,9.50,GBP,Leeds,GB,Europe/London\n"
    "Regal Twin,1,Playtime,2031-05-01T20:00,124,9.50,USD,Austin,US,America/Chicago\n"
)


def test_import_tells_venues_of_one_name_apart_by_city_and_country(run_in_paris):
    for taken in ("2 new, 0 same", "0 new, 2 same"):
        assert taken in run_in_paris(PLACES + TWINS)
        assert {
            (show.screen.venue.city, show.start_time.isoformat())
            for show in Show.objects.select_related("screen__venue")
        } == {
            ("Leeds", "2031-05-01T19:00:00+00:00"),
            ("Austin", "2031-05-02T01:00:00+00:00"),
        }


def test_import_refuses_a_row_whose_zone_contradicts_its_venue(run_in_paris):
    run_in_paris(PLACES + TWINS)
    wrong = "Regal Twin,1,Other,2031-06-01T20:00,90,9,GBP,Leeds,GB,Europe/Paris\n"

    assert "timezone: Regal Twin is in Europe/London, not in Europe/Paris." in run_in_paris(
        PLACES + wrong
    )
    assert Show.objects.count() == 2
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("regal-twin,1,A,2031-05-01T20:00,90,9,GBP,Austin,GB,", "city: Regal Twin is in Leeds"),
        ("regal-twin,1,A,2031-05-01T20:00,90,9,GBP,Leeds,US,", "country: Regal Twin is in GB"),
        ("Regal Twin,1,A,2031-05-01T20:00,90,9,GBP,Leeds,GB,Europe/Paris", "timezone: Regal Twin"),
    ],
)
def test_import_refuses_a_row_that_contradicts_its_venue(run_in_paris, row, reason):
    Venue.objects.create(
        name="Regal Twin", slug="regal-twin", city="Leeds", country="GB", timezone="Europe/London"
    )

    assert reason in run_in_paris(PLACES + row + "\n")
    assert not Show.objects.exists()


FILMS = "venue,screen,film,start,minutes,year,price,currency\n"


def test_import_tells_films_of_one_title_apart_by_their_year(run_in_paris):
    rows = (
        FILMS + "V,1,Dune,2031-05-01T20:00,137,1984,9,EUR\n"
        "V,1,Dune,2031-05-02T20:00,155,2021,9,EUR\n"
        "V,1,Dune,2031-05-03T20:00,155,2021,9,EUR\n"
        "V,1,Dune,2031-05-04T20:00,,1984,9,EUR\n"
    )
    for _ in range(2):
        run_in_paris(rows)
        assert Show.objects.count() == 4
        found = Show.objects.order_by("start_time").values_list(
            "event__duration_minutes", flat=True
        )
        assert list(found) == [137, 155, 155, 137]
        assert Event.objects.filter(title="Dune").count() == 2
    assert "year: 84 is not a year" in run_in_paris(
        FILMS + "V,1,Dune,2031-06-01T20:00,137,84,9,EUR\n"
    )


def test_import_tells_films_of_one_title_apart_by_their_length_and_kind(run_in_paris):
    Event.objects.create(kind="play", title="Hamlet", slug="h", duration_minutes=120)
    rows = (
        HEADER + "V,1,Hamlet,2031-05-01T18:00,120,9,EUR\n"
        # Trailers and a break do not make another film, but two hours more do.
        "V,1,Hamlet,2031-05-02T18:00,150,9,EUR\nV,1,Hamlet,2031-05-03T18:00,242,9,EUR\n"
    )
    for _ in range(2):
        run_in_paris(rows)
        lengths = Event.objects.filter(title="Hamlet").order_by("kind", "duration_minutes")
        assert list(lengths.values_list("kind", "duration_minutes")) == [
            ("movie", 120), ("movie", 242), ("play", 120),
        ]  # fmt: skip
