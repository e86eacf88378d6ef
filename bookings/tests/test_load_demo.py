from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db.models import Count

from bookings.management import demo
from bookings.management.commands import load_demo
from bookings.models import Booking, PromoCode
from events.models import Event
from shows.models import Show
from users.models import User
from venues.models import Screen, Venue

pytestmark = pytest.mark.django_db

# Far ahead of the database's clock, so that every show is on sale; in no zone near midnight.
NOW = datetime(2031, 3, 12, 11, 0, tzinfo=UTC)


@pytest.fixture
def debug(settings):
    settings.DEBUG = True


@pytest.fixture
def two_days(monkeypatch):
    """As good as a week, and quicker."""
    monkeypatch.setattr(load_demo, "DAYS", 2)


def load(*options: str, days_later: int = 0) -> str:
    out = StringIO()
    with time_machine.travel(NOW + timedelta(days=days_later)):
        call_command("load_demo", *options, stdout=out)
    return out.getvalue()


def test_load_demo_fills_a_week_of_every_screen(debug):
    assert demo.PASSWORD in load()

    assert Event.objects.filter(kind="movie").count() == 24
    assert Venue.objects.values("timezone").distinct().count() == 4
    screens = Screen.objects.exclude(name="Arena").annotate(size=Count("seats", distinct=True))
    assert screens.count() == 8
    assert all(60 <= screen.size <= 400 for screen in screens)
    assert all(screen.shows.dates("start_time", "day").count() >= 7 for screen in screens)


def test_load_demo_has_a_stadium_with_standing_places_and_wheelchair_places(debug):
    load()

    stadium = Screen.objects.get(name="Arena")
    assert stadium.seats.filter(area="").count() == 4032
    assert stadium.seats.filter(area="Pitch").count() == 800
    assert stadium.seats.filter(accessible=True).count() == 16
    assert Screen.objects.get(name="Downstairs").seats.filter(accessible=True).count() == 2
    assert stadium.shows.count() == 1


def test_load_demo_has_a_full_show_an_evening_four_fifths_full_and_a_promo_code(debug):
    load()

    shows = Show.objects.filter(screen__name=demo.BUSY_SCREEN)
    sold = [
        show.show_seats.filter(status="booked").count() / show.show_seats.count() for show in shows
    ]
    assert sorted(sold)[-2:] == [0.8, 1]
    assert PromoCode.objects.get().code == demo.PROMO_CODE


def test_load_demo_makes_bookings_in_every_state(debug, login, two_days):
    load()

    states = Counter(Booking.objects.values_list("status", flat=True))
    assert states.keys() == {"pending", "confirmed", "cancelled"}
    visitor = User.objects.get(email=demo.CUSTOMER)
    response = login(visitor).get("/api/bookings/")
    assert {row["status"] for row in response.json()["results"]} == states.keys()


def test_load_demo_makes_logins_that_work(debug, api, two_days):
    load()

    for email in (demo.STAFF, demo.CUSTOMER):
        body = {"email": email, "password": demo.PASSWORD}
        assert api.post("/api/users/login/", body).status_code == 200


def test_load_demo_changes_nothing_the_second_time(debug, two_days):
    load()
    before = sizes()

    assert "0 shows and 0 bookings added" in load()
    assert sizes() == before


def test_load_demo_adds_the_day_that_is_missing(debug, two_days):
    load()
    shows = set(Show.objects.values_list("pk", flat=True))

    load(days_later=1)

    added = Show.objects.exclude(pk__in=shows)
    assert {(show.start_time - NOW).days for show in added} <= {1, 2}
    assert added.values("screen").distinct().count() == 8


def test_load_demo_is_refused_without_debug(settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="DEBUG is off"):
        load()

    assert not User.objects.exists()
    assert not Venue.objects.exists()


def test_load_demo_forced_has_a_password_that_nobody_knows(settings, two_days):
    settings.DEBUG = False
    settings.PAYMENT_PROVIDER = "none"

    assert demo.PASSWORD not in load("--force")

    assert not User.objects.get(email=demo.STAFF).check_password(demo.PASSWORD)
    assert set(Booking.objects.values_list("status", flat=True)) == {"pending"}


def sizes() -> list[int]:
    return [model.objects.count() for model in (User, Venue, Screen, Event, Show, Booking)]
