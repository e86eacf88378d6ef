"""The list of events with their shows, in one request."""

from datetime import timedelta

import pytest
from django.utils import timezone

from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from shows.tests.factories import scheduled_show
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
URL = "/api/events/"


@pytest.fixture
def noon():
    return (timezone.now() + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def venue():
    return VenueFactory(city="Mumbai", timezone="UTC")


def expanded(api, **query):
    response = api.get(URL, {"expand": "shows", **query})
    assert response.status_code == 200, response.content
    return {event["title"]: [show["id"] for show in event["shows"]] for event in response.json()["results"]}  # fmt: skip


@pytest.mark.sqlite
def test_events_have_their_shows_there_and_then_by_time(api, venue, noon) -> None:
    heat, dune = EventFactory(title="Heat"), EventFactory(title="Dune")
    late = scheduled_show(
        event=heat, screen=hall(venue=venue), start_time=noon + timedelta(hours=8)
    )
    early = scheduled_show(event=heat, screen=hall(venue=venue), start_time=noon)
    other = scheduled_show(event=dune, screen=hall(venue=venue), start_time=noon)
    scheduled_show(event=dune, screen=late.screen, start_time=noon + timedelta(days=1))
    elsewhere = hall(venue=VenueFactory(city="Pune", timezone="UTC"))
    scheduled_show(event=heat, screen=elsewhere, start_time=noon)
    wanted = {"Dune": [other.pk], "Heat": [early.pk, late.pk]}
    day = f"{noon:%Y-%m-%d}"
    assert expanded(api, venue=venue.pk, date=day) == wanted
    assert expanded(api, city="mumbai", date_from=day, date_to=day) == wanted


@pytest.mark.sqlite
def test_an_expanded_show_is_what_the_list_of_shows_has(api, venue, noon) -> None:
    scheduled_show(screen=hall(venue=venue), start_time=noon)
    response = api.get(URL, {"expand": "shows", "venue": venue.pk, "date": f"{noon:%Y-%m-%d}"})
    (event,) = response.json()["results"]
    assert event["shows"] == api.get("/api/shows/").json()["results"]
    assert "max-age=1," in f"{response['Cache-Control']},"


@pytest.mark.sqlite
def test_expansion_takes_a_fixed_number_of_queries(
    api, venue, noon, django_assert_max_num_queries
) -> None:
    screen = hall(venue=venue)
    for hours in (0, 3, 6):
        for event in (EventFactory(), EventFactory()):
            scheduled_show(event=event, screen=hall(venue=venue), start_time=noon)
            scheduled_show(
                event=event, screen=screen, start_time=noon + timedelta(days=hours + event.pk)
            )
    api.get("/api/shows/")  # SQLite asks once a connection what it can do.
    with django_assert_max_num_queries(8):
        expanded(api, city="Mumbai", date=f"{noon:%Y-%m-%d}")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("expand=shows", "expand"),
        ("expand=shows&city=Mumbai", "expand"),
        ("expand=shows&date=2026-12-01", "expand"),
        ("expand=shows&city=Mumbai&date_from=2026-12-01", "expand"),
        ("expand=shows&city=Mumbai&date_from=2026-12-01&date_to=2027-12-01", "date_to"),
        ("expand=venues&city=Mumbai&date=2026-12-01", "expand"),
    ],
)
def test_expansion_without_bounds_is_refused(api, query: str, field: str) -> None:
    assert_problem(api.get(f"{URL}?{query}"), 400, "invalid", field)


@pytest.mark.sqlite
def test_events_have_no_shows_unless_asked_for(api, venue, noon) -> None:
    show = scheduled_show(screen=hall(venue=venue), start_time=noon)
    assert "shows" not in api.get(URL).json()["results"][0]
    assert "shows" not in api.get(f"{URL}{show.event_id}/").json()


@pytest.mark.sqlite
def test_events_are_found_by_their_slug(api) -> None:
    EventFactory(slug="heat"), EventFactory(slug="heat-2")
    assert [event["slug"] for event in api.get(URL, {"slug": "heat"}).json()["results"]] == ["heat"]
