"""Calendar entries of shows, as programs read them."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dateutil.tz import tzical
from django.utils import timezone
from icalendar import Calendar

from eventbooking_system.testing.problems import assert_problem
from events.services import update_event
from events.tests.factories import EventFactory
from shows.models import Installation, Show
from shows.services import change_show
from shows.tests.factories import scheduled_show
from venues.services import update_venue
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db


def calendar_of(api: Any, show: Show) -> Calendar:
    answer = api.get(f"/api/shows/{show.pk}/calendar.ics")
    assert answer.status_code == 200, answer.content
    return Calendar.from_ical(answer.content)


def entry_of(api: Any, show: Show) -> Any:
    (entry,) = calendar_of(api, show).events
    return entry


@pytest.mark.parametrize("accept", ["text/calendar", "text/*", "*/*", "text/calendar, */*;q=0.1"])
def test_a_client_may_ask_for_a_calendar(api, accept) -> None:
    show = scheduled_show()
    answer = api.get(f"/api/shows/{show.pk}/calendar.ics", HTTP_ACCEPT=accept)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/calendar; method=PUBLISH; charset=utf-8"
    missing = api.get("/api/shows/999/calendar.ics", HTTP_ACCEPT=accept)
    assert_problem(missing, 404, "not_found")


def test_an_entry_says_when_it_last_changed_and_not_when_the_show_is(api) -> None:
    before = timezone.now().replace(microsecond=0)
    show = scheduled_show()
    entry = entry_of(api, show)
    assert before <= entry["dtstamp"].dt <= timezone.now()
    assert entry["last-modified"].dt == entry["dtstamp"].dt
    assert entry["sequence"] == 0
    assert entry["status"] == "CONFIRMED"


def test_every_change_of_what_an_entry_says_raises_its_sequence(api, boss_api) -> None:
    show = scheduled_show()
    seen = [entry_of(api, show)]
    changes = [
        lambda: change_show(show_id=show.pk, start_time=show.start_time + timedelta(hours=2)),
        lambda: update_event(event_id=show.event_id, fields={"title": "Another title"}),
        lambda: update_venue(venue_id=show.screen.venue_id, fields={"address": "Marine Drive"}),
        lambda: boss_api.patch(
            f"/api/venues/{show.screen.venue_id}/screens/{show.screen_id}/", {"name": "Big"}
        ),
        lambda: boss_api.post(f"/api/shows/{show.pk}/cancel/", {}),
    ]
    for number, change in enumerate(changes, 1):
        with time_machine.travel(timezone.now() + timedelta(minutes=number)):
            change()
        seen.append(entry_of(api, show))
    assert [entry["sequence"] for entry in seen] == list(range(6))
    stamps = [entry["last-modified"].dt for entry in seen]
    assert stamps == sorted(set(stamps))
    assert {str(entry["uid"]) for entry in seen} == {str(seen[0]["uid"])}
    last = seen[-1]
    assert (last["status"], str(last["summary"])) == ("CANCELLED", "Another title")
    assert str(last["location"]).startswith("Big, ") and "Marine Drive" in last["location"]
    assert calendar_of(api, show)["method"] == "CANCEL"


def test_entries_of_two_shows_and_of_two_installations_differ(api) -> None:
    first, second = scheduled_show(), scheduled_show()
    uids = {str(entry_of(api, show)["uid"]) for show in (first, second, first)}
    assert len(uids) == 2
    # As on another machine with the same ids.
    Installation.objects.all().delete()
    assert str(entry_of(api, first)["uid"]) not in uids
    assert Installation.objects.count() == 1


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Tab\tand bell\x07, line\r\nBEGIN:VALARM", "Tab and bell , line BEGIN:VALARM"),
        ("Semi;colon, comma \\ and “quotes”", "Semi;colon, comma \\ and “quotes”"),
        ("Sep\u2028arator\x85 \x1b[31m", "Sep arator [31m"),
    ],
)
def test_no_control_character_reaches_a_calendar(api, title, said) -> None:
    show = scheduled_show(event=EventFactory(title=title))
    entry = entry_of(api, show)
    assert str(entry["summary"]) == said
    content = api.get(f"/api/shows/{show.pk}/calendar.ics").content.decode()
    assert not [sign for sign in content if ord(sign) < 32 and sign not in "\r\n"]
    assert entry.subcomponents == []


@pytest.mark.parametrize("place", ["venue", "city"])
def test_a_place_with_line_breaks_stays_on_one_line(api, place) -> None:
    fields = {"name": 'The "Regal"\r\nX-EVIL:1', "city": "Mum\nbai"}
    show = scheduled_show(screen=hall(venue=VenueFactory(**fields)))
    entry = entry_of(api, show)
    assert 'The "Regal" X-EVIL:1' in str(entry["location"])
    assert "Mum bai" in str(entry["location"])
    assert "x-evil" not in entry


ZONES = [
    "Asia/Kolkata", "Europe/London", "Europe/Dublin", "America/New_York", "Australia/Lord_Howe",
    "Africa/Casablanca", "America/Vancouver", "Pacific/Apia", "Pacific/Chatham", "UTC",
    "Asia/Gaza", "America/Sao_Paulo",
]  # fmt: skip
# Winter and summer, the night of a change in London and New York, and a year past 2038.
STARTS = [
    datetime(2027, 1, 15, 20), datetime(2027, 7, 15, 20), datetime(2027, 3, 27, 23),
    datetime(2027, 10, 30, 23), datetime(2026, 12, 5, 20), datetime(2041, 8, 1, 20),
]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_two_parsers_read_the_instants_of_the_show(api, zone) -> None:
    screen = hall(venue=VenueFactory(timezone=zone))
    event = EventFactory(duration_minutes=300)
    show = scheduled_show(screen=screen, event=event)
    for start in STARTS:
        show = change_show(show_id=show.pk, start_time=start)
        content = api.get(f"/api/shows/{show.pk}/calendar.ics").content.decode()
        assert "RRULE" not in content and "RDATE" not in content
        (entry,) = Calendar.from_ical(content).events
        assert (entry["dtstart"].dt, entry["dtend"].dt) == (show.start_time, show.end_time)
        if zone == "UTC":
            continue
        assert entry["dtstart"].params["TZID"] == zone
        described = tzical(io.StringIO(content)).get(zone)
        for name, instant in (("dtstart", show.start_time), ("dtend", show.end_time)):
            local = instant.astimezone(ZoneInfo(zone))
            assert entry[name].dt.replace(tzinfo=None) == local.replace(tzinfo=None)
            read = local.replace(tzinfo=described)
            assert read.utcoffset() == local.utcoffset(), (zone, start, name, content)


def test_a_zone_has_only_the_changes_around_the_show(api) -> None:
    screen = hall(venue=VenueFactory(timezone="Europe/London"))
    show = scheduled_show(screen=screen, start_time=datetime(2027, 7, 1, 20))
    (zone,) = calendar_of(api, show).timezones
    parts = [(part.name, part["dtstart"].dt, part["tzname"]) for part in zone.subcomponents]
    assert parts == [
        ("STANDARD", datetime(2026, 10, 25, 2), "GMT"),
        ("DAYLIGHT", datetime(2027, 3, 28, 1), "BST"),
        ("STANDARD", datetime(2027, 10, 31, 2), "GMT"),
    ]
    assert zone.subcomponents[1]["tzoffsetto"].td == timedelta(hours=1)


def test_a_zone_without_changes_has_one_part(api) -> None:
    show = scheduled_show(start_time=datetime(2027, 7, 1, 14, tzinfo=UTC))
    (zone,) = calendar_of(api, show).timezones
    (part,) = zone.subcomponents
    assert (part.name, part["tzname"]) == ("STANDARD", "IST")
    assert part["tzoffsetfrom"].td == part["tzoffsetto"].td == timedelta(hours=5, minutes=30)
