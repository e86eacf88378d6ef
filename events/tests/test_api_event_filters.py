"""The filters of the list of events."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from eventbooking_system.testing.problems import fields_in_error
from events.tests.factories import EventFactory, GenreFactory
from shows.tests.factories import scheduled_show
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db
LIST = "/api/events/"


def titles(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [event["title"] for event in response.data["results"]]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("heat", ["Heat"]),
        ("HEAT", ["Heat"]),
        ("heist", ["Heat"]),
        ("pacino heat", ["Heat"]),
        ("José", ["Heat"]),
        ("noir", ["Heat"]),
        ("pacino dune", []),
        ("%", []),
        ("é_", []),
    ],
)
def test_search_finds_every_word_in_title_description_cast_or_genre(
    api: Any, search: str, expected: list[str]
) -> None:
    heat = EventFactory(title="Heat", description="A heist.", cast=["Al Pacino", "José Greco"])
    heat.genres.add(GenreFactory(name="Noir"), GenreFactory(name="Neo-Noir"))
    EventFactory(title="Dune", description="Sand.", cast=["Zendaya"])
    assert titles(api.get(LIST, {"search": search})) == expected


@pytest.mark.sqlite
def test_event_list_is_filtered_by_kind_genre_and_language(api: Any) -> None:
    heat = EventFactory(title="Heat", language="English")
    heat.genres.add(GenreFactory(name="Noir"))
    EventFactory(title="Hamlet", kind="play", language="Danish")
    assert titles(api.get(LIST, {"kind": "play"})) == ["Hamlet"]
    assert titles(api.get(LIST, {"genre": "nOIR"})) == ["Heat"]
    assert titles(api.get(LIST, {"genre": "Opera"})) == []
    assert titles(api.get(LIST, {"language": "danish"})) == ["Hamlet"]


@pytest.mark.sqlite
def test_event_list_puts_empty_dates_last_in_both_orders(api: Any) -> None:
    EventFactory(title="Old", release_date="1950-01-01")
    EventFactory(title="New", release_date="2020-01-01")
    EventFactory(title="Dateless")
    assert titles(api.get(LIST)) == ["Dateless", "New", "Old"]
    assert titles(api.get(LIST, {"ordering": "-title"})) == ["Old", "New", "Dateless"]
    assert titles(api.get(LIST, {"ordering": "release_date"})) == ["Old", "New", "Dateless"]
    assert titles(api.get(LIST, {"ordering": "-release_date"})) == ["New", "Old", "Dateless"]


@pytest.mark.sqlite
def test_staff_filter_the_event_list_by_unpublished_events(boss_api: Any, api: Any) -> None:
    EventFactory(title="Out")
    EventFactory(title="Draft", is_published=False)
    assert titles(boss_api.get(LIST, {"is_published": "false"})) == ["Draft"]
    assert titles(api.get(LIST, {"is_published": "false"})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "opera"), ("ordering", "slug"), ("ordering", "title,x"), ("ordering", ","), ("ordering", "title,"), ("venue", "abc"),
        ("venue", "0"), ("venue", "-1"), ("venue", "9223372036854775808"), ("venue", "true"),
        ("date", "2026-02-30"), ("date", "today"), ("date", "0001-01-01"), ("date", "9999-12-31"),
        ("date_from", "2026-13-01"), ("date_to", "1"), ("is_published", "maybe"),
        ("search", "a\0b"), ("search", "x" * 201), ("search", "a b c d e f g h i j k"), ("city", "\0"), ("genre", "\0"), ("foo", "1"),
        ("page", "0"), ("page", "x"), ("page_size", "101"),
    ],
)  # fmt: skip
def test_event_list_refuses_invalid_filters_by_name(api: Any, name: str, value: str) -> None:
    assert fields_in_error(api.get(LIST, {name: value})) == [name]


@pytest.mark.sqlite
def test_event_filters_by_city_and_venue_need_a_coming_show(api: Any) -> None:
    now = timezone.now()
    screen = hall(venue__city="Mumbai")
    shown = scheduled_show(screen=screen).event
    # Two shows are no reason to be listed twice.
    scheduled_show(screen=screen, event=shown, start_time=now + timedelta(days=3))
    over = scheduled_show(screen=screen, start_time=now - timedelta(days=9)).event
    off = scheduled_show(screen=screen, start_time=now + timedelta(days=5))
    type(off).objects.filter(pk=off.pk).update(status="cancelled", cancelled_at=now)
    scheduled_show(screen=hall(venue__city="Pune"))
    assert titles(api.get(LIST, {"city": "mumbai"})) == [shown.title]
    assert titles(api.get(LIST, {"venue": screen.venue_id})) == [shown.title]
    assert titles(api.get(LIST, {"venue": 10**15})) == []
    past = (now - timedelta(days=12)).date().isoformat()
    assert set(titles(api.get(LIST, {"city": "mumbai", "date_from": past}))) == {
        shown.title,
        over.title,
    }


@pytest.mark.sqlite
def test_event_filters_by_city_and_date_must_match_one_show(api: Any) -> None:
    event = EventFactory()
    start = datetime(2031, 5, 4, 12, tzinfo=UTC)
    scheduled_show(event=event, screen=hall(venue__city="Mumbai"), start_time=start)
    scheduled_show(
        event=event, screen=hall(venue__city="Pune"), start_time=start + timedelta(days=1)
    )
    assert api.get(LIST, {"city": "Mumbai", "date": "2031-05-04"}).data["count"] == 1
    assert api.get(LIST, {"city": "Mumbai", "date": "2031-05-05"}).data["count"] == 0


@pytest.mark.sqlite
def test_event_filters_by_day_use_each_venue_s_zone(api: Any) -> None:
    """One instant has two dates. It is 5 May in Kiritimati and Mumbai, and 4 May in Los Angeles."""
    start = datetime(2031, 5, 4, 20, tzinfo=UTC)
    places = {"Pacific/Kiritimati": 5, "Asia/Kolkata": 5, "America/Los_Angeles": 4}
    for zone in places:
        event = EventFactory(title=zone)
        scheduled_show(event=event, screen=hall(venue__timezone=zone), start_time=start)
    late = [zone for zone, day in places.items() if day == 5]
    assert titles(api.get(LIST, {"date": "2031-05-04"})) == ["America/Los_Angeles"]
    assert titles(api.get(LIST, {"date": "2031-05-05"})) == sorted(late)
    assert titles(api.get(LIST, {"date_from": "2031-05-05"})) == sorted(late)
    assert titles(api.get(LIST, {"date_to": "2031-05-04"})) == ["America/Los_Angeles"]
    both = {"date_from": "2031-05-04", "date_to": "2031-05-05"}
    assert len(titles(api.get(LIST, both))) == 3
    assert titles(api.get(LIST, {"date": "2031-05-06"})) == []


@pytest.mark.sqlite
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_event_filters_by_first_and_last_day_split_shows_in_any_zone(api: Any, zone: str) -> None:
    screen = hall(venue__timezone=zone)
    midnight = datetime(2031, 5, 4, tzinfo=ZoneInfo(zone))
    hours = {"long before": -240, "before": -3, "after": 0, "at noon": 12, "long after": 240}
    for title, offset in hours.items():
        start = midnight + timedelta(hours=offset)
        scheduled_show(event=EventFactory(title=title), screen=screen, start_time=start)
    since = titles(api.get(LIST, {"date_from": "2031-05-04"}))
    assert since == ["after", "at noon", "long after"]
    assert titles(api.get(LIST, {"date_to": "2031-05-03"})) == ["before", "long before"]


@pytest.mark.sqlite
def test_event_filters_by_show_take_one_more_query(
    api: Any, django_assert_num_queries: Any
) -> None:
    scheduled_show()
    with django_assert_num_queries(3):  # And the zones.
        api.get(LIST, {"city": "Mumbai", "date_from": "2020-01-01"})
