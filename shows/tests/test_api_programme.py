"""Many shows at once: in bulk, as weeks, and by rules."""

from datetime import UTC, datetime, timedelta

import pytest

from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from shows.models import Show
from shows.tests.factories import scheduled_show
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
BULK, COPY, REPEAT = (f"/api/shows/{name}/" for name in ("bulk", "copy", "repeat"))


@pytest.fixture
def london():
    return hall(venue=VenueFactory(timezone="Europe/London"))


def row(screen, start, **fields):
    event = fields.pop("event", None) or EventFactory(duration_minutes=120)
    return {
        "event": event.pk,
        "screen": screen.pk,
        "start_time": start,
        "currency": "GBP",
        "prices": {"Gold": "12.50"},
        **fields,
    }


def errors(response):
    return [(each["field"], each["code"]) for each in response.json()["errors"]]


# In bulk


@pytest.mark.sqlite
def test_bulk_schedules_all_shows_with_stock_and_prices(boss_api, london):
    body = {"shows": [row(london, f"2030-05-0{day}T19:30") for day in (1, 2, 3)]}
    response = boss_api.post(BULK, body)
    assert response.status_code == 201, response.content
    answer = response.json()
    assert answer["created"] == sorted(Show.objects.values_list("pk", flat=True))
    assert answer["skipped"] == [] and not answer["dry_run"]
    assert [show["start_time"] for show in answer["shows"]] == [
        f"2030-05-0{day}T18:30:00Z" for day in (1, 2, 3)
    ]
    assert {show.show_seats.count() for show in Show.objects.all()} == {12}


@pytest.mark.sqlite
def test_bulk_takes_as_many_statements_for_many_shows_as_for_few(
    boss_api, london, django_assert_max_num_queries
):
    event = EventFactory(duration_minutes=60)
    days = [f"2030-05-{day:02}T19:30" for day in range(1, 29)]
    with django_assert_max_num_queries(30):
        body = {"shows": [row(london, start, event=event) for start in days]}
        assert len(boss_api.post(BULK, body).json()["created"]) == 28


def test_bulk_writes_nothing_if_one_show_overlaps_and_names_it(boss_api, london):
    body = {"shows": [row(london, "2030-05-01T19:30"), row(london, "2030-05-01T20:30")]}
    response = boss_api.post(BULK, body)
    assert_problem(response, 409, "show_overlap")
    assert response.json()["index"] == 1
    assert not Show.objects.exists()


def test_bulk_skips_refused_shows_if_asked_to(boss_api, london):
    rows = [
        row(london, "2030-05-01T19:30"),
        row(london, "2030-05-01T20:30"),
        row(london, "2030-03-31T01:30"),
        {**row(london, "2030-05-04T19:30"), "event": 10**9},
        row(london, "2030-05-05T19:30", prices={"Silver": "1.00"}),
        row(london, "2030-05-06T19:30"),
    ]
    answer = boss_api.post(BULK, {"shows": rows, "on_conflict": "skip"}).json()
    assert len(answer["created"]) == 2
    skipped = [(each["index"], each["code"]) for each in answer["skipped"]]
    assert skipped == [(1, "show_overlap"), *((index, "invalid") for index in (2, 3, 4))]
    assert answer["skipped"][1]["detail"].startswith("start_time:")


def test_a_dry_run_reports_and_writes_nothing(boss_api, london):
    body = {"shows": [row(london, "2030-05-01T19:30")], "dry_run": True}
    response = boss_api.post(BULK, body)
    assert (response.status_code, response.json()["created"]) == (200, [])
    assert [show["id"] for show in response.json()["shows"]] == [None]
    assert not Show.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"shows": []}, "shows"),
        ({"shows": "all"}, "shows"),
        ({"on_conflict": "replace"}, "on_conflict"),
        ({"dry_run": "yes"}, "dry_run"),
        ({"dryrun": True}, "dryrun"),
    ],
)
def test_a_bad_bulk_is_refused_by_field_and_nothing_is_written(boss_api, london, change, field):
    body = {"shows": [row(london, "2030-05-01T19:30")], **change}
    response = boss_api.post(BULK, body)
    assert response.status_code == 400
    assert errors(response)[0][0] == field
    assert not Show.objects.exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"start_time": "2030-03-31T01:30"}, ("shows.1.start_time", "nonexistent_time")),
        ({"screen": 10**9}, ("shows.1.screen", "does_not_exist")),
        ({"prices": {}}, ("shows.1.prices", "shape")),
        ({"price": "1.00"}, ("shows.1.price", "unknown_field")),
    ],
)
def test_a_bad_show_of_a_bulk_is_named_by_its_place(boss_api, london, change, expected):
    rows = [row(london, "2030-05-01T19:30"), {**row(london, "2030-05-02T19:30"), **change}]
    response = boss_api.post(BULK, {"shows": rows})
    assert (response.status_code, errors(response)) == (400, [expected])
    assert not Show.objects.exists()


@pytest.mark.parametrize("path", [BULK, COPY, REPEAT])
def test_only_staff_who_may_add_shows_plan_a_programme(api, customer_api, staff_api, path):
    assert_problem(api.post(path, {}), 401, "not_authenticated")
    for client in (customer_api, staff_api("view_show", "change_show")):
        assert_problem(client.post(path, {}), 403, "permission_denied")
    assert staff_api("add_show").post(path, {}).status_code == 400


# A copied week


def copy(screen, **body):
    return {
        "venue": screen.venue_id,
        "from_week": "2030-03-22",
        "to_week": "2030-03-29",
        **body,
    }


@pytest.mark.sqlite
def test_a_copied_week_keeps_the_wall_time_over_a_clock_change(boss_api, london):
    # Summer time begins on 31 March 2030 in London.
    friday = scheduled_show(screen=london, start_time=datetime(2030, 3, 22, 19, 30, tzinfo=UTC))
    sunday = scheduled_show(screen=london, start_time=datetime(2030, 3, 24, 19, 30, tzinfo=UTC))
    scheduled_show(screen=london, start_time=datetime(2030, 3, 29, 9, 0, tzinfo=UTC))
    response = boss_api.post(COPY, copy(london))
    assert response.status_code == 201, response.content
    copies = Show.objects.filter(pk__in=response.json()["created"]).order_by("start_time")
    assert [show.start_time for show in copies] == [
        datetime(2030, 3, 29, 19, 30, tzinfo=UTC),
        datetime(2030, 3, 31, 18, 30, tzinfo=UTC),
    ]
    for source, made in zip((friday, sunday), copies, strict=True):
        assert made.end_time - made.start_time == source.end_time - source.start_time
        assert made.event_id == source.event_id and made.lowest_price == source.lowest_price
        assert made.show_prices.count() == source.show_prices.count()


def test_a_copy_leaves_out_cancelled_shows_and_other_screens(boss_api, london):
    other = hall(venue=london.venue, name="Other")
    start = datetime(2030, 3, 22, 19, 30, tzinfo=UTC)
    scheduled_show(screen=london, start_time=start)
    scheduled_show(screen=other, start_time=start)
    gone = scheduled_show(screen=other, start_time=start + timedelta(days=1))
    Show.objects.filter(pk=gone.pk).update(status="cancelled", cancelled_at=start)
    answer = boss_api.post(COPY, copy(london, screens=[other.pk])).json()
    assert [show["screen"] for show in answer["shows"]] == [other.pk]


def test_a_copied_day_has_the_show_after_midnight_and_not_the_one_before_the_morning(
    boss_api, london
):
    # The business day of a venue begins at six.
    for hour in (24 + 0.5, 20, 2):
        start = datetime(2030, 3, 22, tzinfo=UTC) + timedelta(hours=hour)
        scheduled_show(screen=london, start_time=start)
    body = copy(london, from_week="2030-03-22", to_week="2030-03-25", days=1)
    answer = boss_api.post(COPY, body).json()
    assert [show["start_time"] for show in answer["shows"]] == [
        "2030-03-25T20:00:00Z",
        "2030-03-26T00:30:00Z",
    ]


def test_one_request_copies_a_day_to_several_days_or_to_none(boss_api, london):
    # Summer time ends on 27 October 2030 in London.
    for hour in (18, 21):
        scheduled_show(screen=london, start_time=datetime(2030, 10, 21, hour, 30, tzinfo=UTC))
    days = {"from_week": "2030-10-21", "to_week": "2030-10-26", "days": 1}
    body = copy(london, **days, also_to=["2030-10-27", "2030-10-28"])
    scheduled_show(screen=london, start_time=datetime(2030, 10, 28, 19, 0, tzinfo=UTC))
    assert_problem(boss_api.post(COPY, body), 409, "show_overlap")
    assert Show.objects.count() == 3
    Show.objects.latest("start_time").delete()
    answer = boss_api.post(COPY, body)
    assert [show["start_time"] for show in answer.json()["shows"]] == [
        "2030-10-26T18:30:00Z",
        "2030-10-26T21:30:00Z",
        "2030-10-27T19:30:00Z",
        "2030-10-27T22:30:00Z",
        "2030-10-28T19:30:00Z",
        "2030-10-28T22:30:00Z",
    ]


@pytest.mark.sqlite
def test_a_copy_onto_a_taken_week_writes_nothing_or_skips(boss_api, london):
    for day in (22, 23, 29):
        scheduled_show(screen=london, start_time=datetime(2030, 3, day, 19, 30, tzinfo=UTC))
    response = boss_api.post(COPY, copy(london))
    assert_problem(response, 409, "show_overlap")
    assert Show.objects.count() == 3
    answer = boss_api.post(COPY, copy(london, on_conflict="skip")).json()
    assert (len(answer["created"]), len(answer["skipped"])) == (1, 1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"venue": 10**9}, ("venue", "does_not_exist")),
        ({"screens": [10**9]}, ("screens", "does_not_exist")),
        ({"to_week": "2030-03-22"}, ("to_week", "invalid")),
        ({"from_week": "2031-01-01"}, ("from_week", "empty")),
        ({"from_week": "last week"}, ("from_week", "invalid")),
        ({"from_week": "9999-12-31"}, ("from_week", "invalid")),
        ({"to_week": "9999-12-31"}, ("to_week", "invalid")),
        ({"also_to": ["2030-04-05", "9999-12-31"]}, ("also_to.1", "invalid")),
        ({"also_to": ["2030-03-29"]}, ("also_to", "invalid")),
        ({"also_to": ["soon"]}, ("also_to.0", "invalid")),
        ({"days": 0}, ("days", "min_value")),
        ({"days": 8}, ("days", "max_value")),
        ({"days": "1"}, ("days", "invalid")),
    ],
)
def test_a_bad_copy_is_refused_by_field(boss_api, london, change, expected):
    scheduled_show(screen=london, start_time=datetime(2030, 3, 22, 19, 30, tzinfo=UTC))
    response = boss_api.post(COPY, copy(london, **change))
    assert (response.status_code, errors(response)) == (400, [expected])
    assert Show.objects.count() == 1


# A rule


def repeat(show, **body):
    return {"show": show.pk, "rrule": "FREQ=WEEKLY;BYDAY=FR,SA", "until": "2030-04-06", **body}


@pytest.mark.sqlite
def test_a_rule_repeats_a_show_at_the_same_wall_time(boss_api, london):
    show = scheduled_show(screen=london, start_time=datetime(2030, 3, 22, 19, 30, tzinfo=UTC))
    response = boss_api.post(REPEAT, repeat(show, **{"except": ["2030-03-29"]}))
    assert response.status_code == 201, response.content
    starts = [each["start_time"] for each in response.json()["shows"]]
    assert starts == [
        "2030-03-23T19:30:00Z",
        "2030-03-30T19:30:00Z",
        "2030-04-05T18:30:00Z",
        "2030-04-06T18:30:00Z",
    ]


def test_sales_open_as_long_before_each_repetition(boss_api, london):
    start = datetime(2030, 3, 22, 19, 30, tzinfo=UTC)
    show = scheduled_show(screen=london, start_time=start, sales_open_at=start - timedelta(days=9))
    boss_api.post(REPEAT, repeat(show))
    for made in Show.objects.all():
        assert made.start_time - made.sales_open_at == timedelta(days=9)


def test_a_repetition_in_the_hour_that_is_skipped_is_named(boss_api, london):
    show = scheduled_show(screen=london, start_time=datetime(2030, 3, 30, 1, 30, tzinfo=UTC))
    body = repeat(show, rrule="FREQ=DAILY", until="2030-04-01")
    assert errors(boss_api.post(REPEAT, body)) == [("rrule", "nonexistent_time")]
    answer = boss_api.post(REPEAT, {**body, "on_conflict": "skip"}).json()
    assert (len(answer["created"]), [each["index"] for each in answer["skipped"]]) == (1, [0])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rrule": "FREQ=SECONDLY"}, "rrule"),
        ({"rrule": "FREQ=WEEKLY;BYDAY=XX"}, "rrule"),
        ({"rrule": "FREQ=WEEKLY;UNTIL=20300401T000000Z"}, "rrule"),
        ({"rrule": "DTSTART:19700101T000000\nRRULE:FREQ=DAILY"}, "rrule"),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "rrule"),
        ({"rrule": ""}, "rrule"),
        ({"until": "2030-03-01"}, "until"),
        ({"until": "2040-03-01"}, "until"),
        ({"rrule": "FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8", "until": "2032-03-01"}, "until"),
        ({"except": ["tomorrow"]}, "except.0"),
    ],
)
def test_a_bad_rule_is_refused_by_field_and_nothing_is_written(boss_api, london, change, field):
    show = scheduled_show(screen=london, start_time=datetime(2030, 3, 22, 19, 30, tzinfo=UTC))
    response = boss_api.post(REPEAT, repeat(show, **change))
    assert (response.status_code, errors(response)[0][0]) == (400, field)
    assert Show.objects.count() == 1


def test_repeating_an_unknown_show_names_the_field(boss_api):
    body = {"show": 10**9, "rrule": "FREQ=DAILY", "until": "2030-04-01"}
    assert errors(boss_api.post(REPEAT, body)) == [("show", "does_not_exist")]
