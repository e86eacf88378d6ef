"""Business dates of shows, and versions of their films."""

from datetime import UTC, datetime, time, timedelta

import pytest

from eventbooking_system.testing.problems import assert_problem
from shows.models import VERSION_FIELDS, Show
from shows.tests.factories import scheduled_show
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
URL = "/api/shows/"
FLAGS = VERSION_FIELDS[1:]


def listed(api, **query):
    answer = api.get(URL, query)
    assert answer.status_code == 200, answer.content
    return {show["id"] for show in answer.json()["results"]}


def show_at(zone, start, **venue):
    screen = hall(venue=VenueFactory(timezone=zone, **venue))
    return scheduled_show(screen=screen, start_time=start, end_time=start + timedelta(hours=2))


@pytest.mark.sqlite
def test_a_show_after_midnight_belongs_to_the_evening_before(api) -> None:
    late = show_at("Europe/London", datetime(2030, 5, 2, 0, 30))
    early = show_at("Europe/London", datetime(2030, 5, 2, 6, 0))
    answer = api.get(f"{URL}{late.pk}/").json()
    assert answer["local_start_time"].startswith("2030-05-02")
    assert answer["business_date"] == "2030-05-01"
    assert listed(api, business_date="2030-05-01") == {late.pk}
    assert listed(api, business_date="2030-05-02") == {early.pk}
    assert listed(api, date="2030-05-02") == {late.pk, early.pk}


@pytest.mark.sqlite
def test_each_venue_s_clocks_and_start_of_the_day_decide(api) -> None:
    kolkata = show_at("Asia/Kolkata", datetime(2030, 5, 2, 5, 0))
    night = show_at("Asia/Kolkata", datetime(2030, 5, 2, 5, 0), business_day_starts_at=time(4))
    tokyo = show_at("Asia/Tokyo", datetime(2030, 5, 2, 8, 0))
    # All of them start on 1 May in UTC.
    assert {show.start_time.astimezone(UTC).day for show in (kolkata, night, tokyo)} == {1}
    assert listed(api, business_date="2030-05-01") == {kolkata.pk}
    assert listed(api, business_date="2030-05-02") == {night.pk, tokyo.pk}


@pytest.mark.parametrize(("day", "hours"), [("2027-03-27", 23), ("2027-10-30", 25)])
def test_business_days_of_23_and_25_hours_have_every_show_once(api, day, hours) -> None:
    since = datetime.fromisoformat(f"{day}T06:00+00:00" if hours == 23 else f"{day}T05:00+00:00")
    screen = hall(venue=VenueFactory(timezone="Europe/London"))
    starts = [since + timedelta(hours=hour) for hour in range(-1, hours + 1)]
    shows = [
        scheduled_show(
            screen=screen, start_time=start, end_time=start + timedelta(minutes=30), cleaning_minutes=0
        )
        for start in starts
    ]  # fmt: skip
    assert listed(api, business_date=day, page_size="100") == {show.pk for show in shows[1:-1]}
    dates = [api.get(f"{URL}{show.pk}/").json()["business_date"] for show in shows]
    assert dates[1:-1] == [day] * hours and day not in (dates[0], dates[-1])


def test_an_invalid_business_date_is_refused(api) -> None:
    for wrong in ("today", "2030-13-01", "1.5.2030"):
        problem = api.get(URL, {"business_date": wrong})
        assert_problem(problem, 400, "invalid", field="business_date")


@pytest.mark.sqlite
def test_business_dates_cost_a_list_no_further_query(api, django_assert_num_queries) -> None:
    show_at("Europe/London", datetime(2030, 5, 1, 20, 0))
    api.get(URL)  # Django asks SQLite once whether it supports JSON.
    with django_assert_num_queries(3):
        api.get(URL)
    show_at("Asia/Tokyo", datetime(2030, 5, 1, 20, 0))
    with django_assert_num_queries(3):
        api.get(URL)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_version_for_some_people_is_set_shown_and_found(api, boss_api, flag) -> None:
    show, other = scheduled_show(), scheduled_show()
    changed = boss_api.patch(f"{URL}{show.pk}/", {flag: True, "subtitles": "English"})
    assert changed.status_code == 200, changed.content
    answer = api.get(f"{URL}{show.pk}/").json()
    assert {name for name in FLAGS if answer[name]} == {flag}
    assert answer["subtitles"] == "English"
    assert listed(api, **{flag: "true"}) == {show.pk}
    assert listed(api, **{flag: "false"}) == {other.pk}
    assert_problem(api.get(URL, {flag: "yes"}), 400, "invalid", field=flag)
    refused = boss_api.patch(f"{URL}{show.pk}/", {flag: "yes"})
    assert_problem(refused, 400, "invalid", field=flag)


def test_a_repeated_show_has_the_same_version(boss_api) -> None:
    start = datetime(2030, 5, 1, 20, 0, tzinfo=UTC)
    show = scheduled_show(start_time=start, signed=True, relaxed=True, subtitles="Hindi")
    repeat = {"show": show.pk, "rrule": "FREQ=DAILY", "until": "2030-05-03"}
    made = boss_api.post(f"{URL}repeat/", repeat).json()["created"]
    for copy in Show.objects.filter(pk__in=made):
        assert [getattr(copy, name) for name in VERSION_FIELDS] == [
            "Hindi",
            False,
            False,
            True,
            True,
        ]
