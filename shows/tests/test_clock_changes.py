"""Shows in the night in which the clocks of their venue change."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from eventbooking_system.errors import InvalidField
from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from shows.models import Show
from shows.services import change_show
from shows.tests.factories import scheduled_show
from venues.models import Screen
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db

URL = "/api/shows/"
# The start on the wall in London, and the instants of the start and of the end 300 minutes later.
SPRING = ("2027-03-27T23:00", datetime(2027, 3, 27, 23, tzinfo=UTC), datetime(2027, 3, 28, 4, tzinfo=UTC))  # fmt: skip
AUTUMN = ("2027-10-30T23:00", datetime(2027, 10, 30, 22, tzinfo=UTC), datetime(2027, 10, 31, 3, tzinfo=UTC))  # fmt: skip
nights = pytest.mark.parametrize(("wall", "start", "end"), [SPRING, AUTUMN])


@pytest.fixture
def london() -> Screen:
    venue = VenueFactory(name="Regal", city="London", country="GB", timezone="Europe/London")
    return hall(venue=venue, name="1")


def body(screen: Screen, start: str, minutes: int = 300) -> dict:
    return {
        "event": EventFactory(duration_minutes=minutes).pk,
        "screen": screen.pk,
        "start_time": start,
        "currency": "GBP",
        "prices": {"Gold": "10.00"},
    }


def times_of(show: Show) -> tuple[datetime, datetime, datetime]:
    show.refresh_from_db()
    return show.start_time, show.end_time, show.occupied_until


@nights
def test_a_scheduled_show_lasts_as_long_as_its_event(boss_api, london, wall, start, end) -> None:
    answer = boss_api.post(URL, body(london, wall))
    assert answer.status_code == 201, answer.content
    assert times_of(Show.objects.get()) == (start, end, end + timedelta(minutes=15))


@nights
def test_a_moved_show_stays_as_long_as_it_was(boss_api, london, wall, start, end) -> None:
    event = EventFactory(duration_minutes=300)
    show = scheduled_show(screen=london, event=event, start_time=datetime(2027, 5, 1, 20))
    answer = boss_api.patch(f"{URL}{show.pk}/", {"start_time": wall})
    assert answer.status_code == 200, answer.content
    assert times_of(show) == (start, end, end + timedelta(minutes=15))


@nights
def test_an_emptied_end_follows_from_the_length_of_the_event(
    boss_api, london, wall, start, end
) -> None:
    event = EventFactory(duration_minutes=300)
    show = scheduled_show(
        screen=london, event=event, start_time=datetime(2027, 5, 1, 20), end_time=datetime(2027, 5, 1, 21)
    )  # fmt: skip
    change = {"start_time": wall, "end_time": None}
    assert boss_api.patch(f"{URL}{show.pk}/", change).status_code == 200
    assert times_of(show)[:2] == (start, end)


@nights
def test_the_admin_schedules_by_the_length_of_the_event(boss, london, wall, start, end) -> None:
    event = EventFactory(duration_minutes=300)
    form = {
        "event": event.pk, "screen": london.pk, "start_time": wall, "currency": "GBP",
        "single_seat_rule": "off", "publication": "public", "prices": "Gold: 10",
    }  # fmt: skip
    assert boss.post("/admin/shows/show/add/", form).status_code == 302
    assert times_of(Show.objects.get())[:2] == (start, end)


@nights
def test_import_shows_counts_the_minutes_that_pass(tmp_path, london, wall, start, end) -> None:
    path = tmp_path / "shows.csv"
    path.write_text(
        "venue,screen,film,start,minutes,price,currency,city,country\n"
        f"Regal,1,Long Night,{wall},300,9.50,GBP,London,GB\n"
    )
    call_command("import_shows", str(path))
    assert times_of(Show.objects.get()) == (start, end, end)


@pytest.mark.sqlite
def test_a_slot_that_is_taken_for_an_hour_more_is_refused(boss_api, london) -> None:
    first = boss_api.post(URL, body(london, "2027-03-27T23:00")).json()
    # 04:14Z, while the hall is still being cleaned.
    overlapping = boss_api.post(URL, body(london, "2027-03-28T05:14"))
    assert assert_problem(overlapping, 409, "show_overlap")["conflicting_show_id"] == first["id"]
    assert boss_api.post(URL, body(london, "2027-03-28T05:15")).status_code == 201


@pytest.mark.sqlite
def test_a_slot_that_is_free_an_hour_earlier_is_given(boss_api, london) -> None:
    assert boss_api.post(URL, body(london, "2027-10-30T23:00")).status_code == 201
    overlapping = boss_api.post(URL, body(london, "2027-10-31T03:14"))
    assert_problem(overlapping, 409, "show_overlap")
    assert boss_api.post(URL, body(london, "2027-10-31T03:15")).status_code == 201


@pytest.mark.sqlite
@nights
def test_sales_close_by_the_clock_and_not_on_the_wall(london, wall, start, end) -> None:
    show = scheduled_show(
        screen=london,
        event=EventFactory(duration_minutes=300),
        start_time=datetime.fromisoformat(wall),
        sales_open_at=datetime.fromisoformat(wall) - timedelta(hours=48),
        sales_close_at=end.astimezone(UTC),
    )
    show.refresh_from_db()
    assert show.sales_close_at == end
    assert start - show.sales_open_at == timedelta(hours=48)
    with pytest.raises(InvalidField, match="after the show's end"):
        change_show(show_id=show.pk, sales_close_at=end + timedelta(minutes=1))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2027-03-27", ["23:30"]), ("2027-03-28", ["00:00", "23:30"]), ("2027-03-29", ["00:00"]),
        ("2027-10-30", ["23:30"]), ("2027-10-31", ["00:00", "23:30"]), ("2027-11-01", ["00:00"]),
    ],
)  # fmt: skip
def test_a_day_of_23_or_25_hours_has_its_own_shows(api, london, day, found) -> None:
    event = EventFactory(duration_minutes=10)
    for start in (
        "2027-03-27T23:30", "2027-03-28T00:00", "2027-03-28T23:30", "2027-03-29T00:00",
        "2027-10-30T23:30", "2027-10-31T00:00", "2027-10-31T23:30", "2027-11-01T00:00",
    ):  # fmt: skip
        scheduled_show(screen=london, event=event, start_time=datetime.fromisoformat(start))
    for query in ({"date": day}, {"date_from": day, "date_to": day}):
        listed = api.get(URL, query).json()["results"]
        assert [show["local_start_time"][:16] for show in listed] == [f"{day}T{t}" for t in found]
    expanded = api.get("/api/events/", {"expand": "shows", "city": "London", "date": day})
    (entry,) = expanded.json()["results"]
    assert [show["local_start_time"][11:16] for show in entry["shows"]] == found
