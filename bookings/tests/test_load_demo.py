"""The demo data."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db.models import Count, Value
from django.db.models.functions import Concat
from django.test import TestCase, override_settings

from bookings.management import demo
from bookings.models import Booking, PromoCode
from eventbooking_system.testing.shared_rows import check_shared_rows
from events.models import Event
from shows.models import Show
from users.models import User
from venues.models import Screen, Venue

# Far ahead of the database's clock, so that every show is on sale; in no zone near midnight.
NOW = datetime(2031, 3, 12, 11, 0, tzinfo=UTC)


def load(*options: str, days_later: int = 0) -> str:
    out = StringIO()
    with time_machine.travel(NOW + timedelta(days=days_later)):
        call_command("load_demo", *options, stdout=out)
    return out.getvalue()


def sizes() -> list[int]:
    return [model.objects.count() for model in (User, Venue, Screen, Event, Show, Booking)]


@pytest.mark.long
@override_settings(DEBUG=True)
class LoadDemoTests(TestCase):
    """The database after one run of the command. The tests share it because a run takes seconds."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.printed = load()
        check_shared_rows()

    @pytest.fixture(autouse=True)
    def clients(self, api, login) -> None:
        self.api, self.login = api, login

    def test_load_demo_fills_a_week_of_every_screen(self) -> None:
        assert demo.PASSWORD in self.printed

        assert Event.objects.filter(kind="movie").count() == 24
        assert Venue.objects.values("timezone").distinct().count() == 4
        screens = Screen.objects.exclude(name="Arena").annotate(size=Count("seats", distinct=True))
        assert screens.count() == 8
        assert all(60 <= screen.size <= 400 for screen in screens)
        assert all(screen.shows.dates("start_time", "day").count() >= 7 for screen in screens)

    def test_load_demo_has_a_stadium_with_standing_places_and_wheelchair_places(self) -> None:
        stadium = Screen.objects.get(name="Arena")
        assert stadium.seats.filter(area="").count() == 4032
        assert stadium.seats.filter(area="Pitch").count() == 800
        assert stadium.seats.filter(accessible=True).count() == 16
        downstairs = Screen.objects.get(name="Downstairs")
        assert downstairs.seats.filter(accessible=True).count() == 2
        assert stadium.shows.count() == 1

    def test_load_demo_has_a_full_show_one_four_fifths_full_and_a_promo_code(self) -> None:
        shows = Show.objects.filter(screen__name=demo.BUSY_SCREEN)
        sold = [
            show.show_seats.filter(status="booked").count() / show.show_seats.count()
            for show in shows
        ]
        assert sorted(sold)[-2:] == [0.8, 1]
        assert PromoCode.objects.get().code == demo.PROMO_CODE

    def test_load_demo_makes_bookings_in_every_state(self) -> None:
        states = Counter(Booking.objects.values_list("status", flat=True))
        assert states.keys() == {"pending", "confirmed", "cancelled"}
        visitor = User.objects.get(email=demo.CUSTOMER)
        response = self.login(visitor).get("/api/bookings/")
        assert {row["status"] for row in response.json()["results"]} == states.keys()

    def test_load_demo_makes_logins_that_work(self) -> None:
        for email in (demo.STAFF, demo.CUSTOMER):
            body = {"email": email, "password": demo.PASSWORD}
            assert self.api.post("/api/users/login/", body).status_code == 200

    def test_load_demo_changes_nothing_the_second_time(self) -> None:
        before = sizes()

        assert "0 shows and 0 bookings added" in load()
        assert sizes() == before

    def test_load_demo_adds_the_missing_day_on_the_next_day(self) -> None:
        shows = set(Show.objects.values_list("pk", flat=True))

        load(days_later=1)

        added = Show.objects.exclude(pk__in=shows)
        assert {(show.start_time - NOW).days for show in added} <= {6, 7}
        assert added.values("screen").distinct().count() == 8

    def test_forced_load_demo_has_a_random_password(self) -> None:
        # Venues and films are found, because making them takes seconds. The logins are new.
        User.objects.update(email=Concat(Value("old-"), "email"))
        shows, bookings = (
            set(model.objects.values_list("pk", flat=True)) for model in (Show, Booking)
        )

        with override_settings(DEBUG=False, PAYMENT_PROVIDER="none"):
            assert demo.PASSWORD not in load("--force", "--days", "2", days_later=7)

        assert not User.objects.get(email=demo.STAFF).check_password(demo.PASSWORD)
        made = Booking.objects.exclude(pk__in=bookings)
        assert set(made.values_list("status", flat=True)) == {"pending"}
        added = Show.objects.exclude(pk__in=shows)
        assert {(show.start_time - NOW).days for show in added} <= {6, 7, 8}


@pytest.mark.django_db
def test_load_demo_is_refused_without_debug(settings) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="DEBUG is off"):
        load()

    assert not User.objects.exists()
    assert not Venue.objects.exists()
