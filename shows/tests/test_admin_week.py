"""The week of a venue at the admin site. Its scripts are tried in `browser/`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.tests.factories import confirmed
from shows.models import PriceList, Show
from shows.tests.factories import scheduled_show
from venues.models import Venue
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
URL = "/admin/shows/show/week/"
UNKNOWN = 10**9


@pytest.fixture
def screen() -> Any:
    return hall(venue=VenueFactory(timezone="Europe/London"), name="One")


def shows_in(client: Any, venue: Any, day: str = "2030-05-07") -> dict[str, Any]:
    return client.get(f"{URL}shows/", {"venue": venue.pk, "day": day}).json()


def terms(client: Any, screen: Any, event: int = UNKNOWN) -> dict[str, Any]:
    return client.get(f"{URL}terms/", {"screen": screen.pk, "event": event}).json()


def at(day: int, hour: float) -> datetime:
    return datetime(2030, 5, day, tzinfo=UTC) + timedelta(hours=hour)


def test_the_page_opens_without_inline_code_and_names_what_its_reader_may_do(
    boss: Any, staff: Any
) -> None:
    venue = VenueFactory()
    answer = boss.get(URL)
    page = answer.content.decode()
    assert "script-src 'self';" in answer["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert f'value="{venue.pk}"' in page
    assert 'data-rights="schedule change delete film hall venue"' in page
    assert f'href="{URL}"' in boss.get("/admin/").content.decode()
    assert 'data-rights=""' in staff("view_show").get(URL).content.decode()


@pytest.mark.sqlite
def test_a_week_has_seven_business_days_in_the_venue_s_time(boss: Any, screen: Any) -> None:
    # Friday, 3 May 2030. London is an hour ahead of UTC, and its day begins at six.
    early = scheduled_show(screen=screen, start_time=at(3, 4.5))
    first = scheduled_show(screen=screen, start_time=at(3, 13))
    night = scheduled_show(screen=screen, start_time=at(9, 23.5))
    scheduled_show(screen=screen, start_time=at(10, 12))
    confirmed("A1", "A2", show=first)
    answer = shows_in(boss, screen.venue)
    assert (answer["first"], answer["day_starts_at"], answer["cleaning_minutes"]) == (
        "2030-05-03",
        360,
        15,
    )
    assert answer["screens"] == [{"id": screen.pk, "name": "One", "capacity": 12}]
    assert [show["id"] for show in answer["shows"]] == [first.pk, night.pk]
    assert answer["shows"][0] == {
        "id": first.pk, "event": first.event_id, "title": first.event.title, "screen": screen.pk,
        "start": "2030-05-03T14:00", "end": "2030-05-03T16:00", "free_from": "2030-05-03T16:15",
        "format": "", "publication": "public", "booked": 2, "total": 12, "has_bookings": True,
    }  # fmt: skip
    assert answer["shows"][1]["start"] == "2030-05-10T00:30"
    before = shows_in(boss, screen.venue, "2030-05-02")
    assert [show["id"] for show in before["shows"]] == [early.pk]


def test_cancelled_shows_and_other_venues_are_left_out(boss: Any, screen: Any) -> None:
    gone = scheduled_show(screen=screen, start_time=at(3, 13))
    Show.objects.filter(pk=gone.pk).update(status="cancelled", cancelled_at=at(1, 1))
    scheduled_show(start_time=at(3, 13))
    assert shows_in(boss, screen.venue)["shows"] == []


def test_a_week_takes_as_many_queries_for_many_shows(
    boss: Any, screen: Any, django_assert_num_queries: Any
) -> None:
    scheduled_show(screen=screen, start_time=at(3, 13))
    shows_in(boss, screen.venue)
    with CaptureQueriesContext(connection) as few:
        shows_in(boss, screen.venue)
    for day in range(4, 8):
        scheduled_show(screen=screen, start_time=at(day, 13))
    with django_assert_num_queries(len(few)):
        assert len(shows_in(boss, screen.venue)["shows"]) == 5


def test_a_new_show_begins_with_the_prices_of_the_last_show_here(boss: Any, screen: Any) -> None:
    assert terms(boss, screen) == {
        "currency": "", "prices": {"Gold": ""}, "price_lists": [], "format": "", "language": "",
    }  # fmt: skip
    other = hall(venue=screen.venue, name="Two")
    last = scheduled_show(
        screen=other, start_time=at(3, 13), price="9.50", currency="GBP", format="IMAX"
    )
    assert terms(boss, screen)["prices"] == {"Gold": "9.50"}
    here = scheduled_show(screen=screen, start_time=at(2, 13), price="12.00", currency="GBP")
    assert terms(boss, screen) == {
        "currency": "GBP", "prices": {"Gold": "12.00"}, "price_lists": [], "format": "", "language": "",
    }  # fmt: skip
    of_film = scheduled_show(
        screen=screen, event=last.event, start_time=at(1, 13), price="8.00", currency="GBP"
    )
    found = terms(boss, screen, last.event_id)
    assert (found["prices"], found["format"]) == ({"Gold": "8.00"}, "IMAX")
    assert of_film.start_time < here.start_time


def test_the_price_lists_of_the_venue_are_offered(boss: Any, screen: Any) -> None:
    listed = PriceList.objects.create(venue=screen.venue, name="Evenings", currency="GBP")
    PriceList.objects.create(venue=VenueFactory(), name="Elsewhere", currency="INR")
    assert terms(boss, screen)["price_lists"] == [
        {"id": listed.pk, "name": "Evenings", "currency": "GBP"}
    ]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "venue=x",
        "venue=0&day=2030-05-07",
        "venue={}&day=9999-12-31",
        "venue={}&day=x",
        "venue=99",
    ],
)
def test_a_question_that_makes_no_sense_is_answered_404(boss: Any, screen: Any, query: str) -> None:
    assert boss.get(f"{URL}shows/?{query.format(screen.venue_id)}").status_code == 404
    assert boss.get(f"{URL}terms/?screen=0&event=x").status_code == 404


def test_only_staff_who_may_see_shows_see_the_week(staff: Any, screen: Any) -> None:
    client = staff("view_venue")
    for path in (
        URL,
        f"{URL}shows/?venue={screen.venue_id}",
        f"{URL}terms/?screen={screen.pk}&event=1",
    ):
        assert client.get(path).status_code == 403
    assert Venue.objects.count() == 1
