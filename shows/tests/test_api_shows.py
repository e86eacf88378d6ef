"""Shows at the API: reading, scheduling and changing them."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from eventbooking_system.api.direct_serializer import DirectSerializer
from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from shows import selectors
from shows.models import Show
from shows.serializers import ShowDetailSerializer
from shows.tests.factories import scheduled_show
from users.tests.factories import UserFactory, staff_with
from venues.models import SeatCategory
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
URL = "/api/shows/"


@pytest.fixture
def body() -> dict:
    return {
        "event": EventFactory().pk,
        "screen": hall().pk,
        "start_time": "2030-05-01T18:00",
        "currency": "INR",
        "prices": {"Gold": {"Adult": "250.00", "Child": "150.00"}},
    }


@pytest.mark.sqlite
def test_staff_schedule_a_show_in_the_venue_s_local_time(boss_api, body) -> None:
    answer = boss_api.post(URL, body)
    assert answer.status_code == 201, answer.content
    show = answer.json()
    assert show["start_time"] == "2030-05-01T12:30:00Z"
    assert show["local_start_time"] == "2030-05-01T18:00:00+05:30"
    assert show["end_time"] == "2030-05-01T14:30:00Z"
    assert show["prices"] == body["prices"]
    assert list(show["prices"]["Gold"]) == ["Adult", "Child"]
    assert (show["available_seats"], show["total_seats"], show["on_sale"]) == (12, 12, True)
    assert (show["status"], show["fee_per_ticket"]) == ("scheduled", "0.00")


def test_plain_price_of_a_show_is_answered_as_it_was_sent(boss_api, body) -> None:
    assert boss_api.post(URL, {**body, "prices": {"Gold": "99.50"}}).json()["prices"] == {
        "Gold": "99.50"
    }


@pytest.mark.parametrize("user", ["nobody", "customer", "usher"])
def test_only_staff_with_the_permission_schedule_shows(api, login, body, user: str) -> None:
    client = {
        "nobody": lambda: api,
        "customer": lambda: login(UserFactory()),
        "usher": lambda: login(UserFactory(is_staff=True)),
    }[user]()
    status, code = (401, "not_authenticated") if user == "nobody" else (403, "permission_denied")
    assert_problem(client.post(URL, body), status, code)
    assert not Show.objects.exists()


def test_scheduling_needs_no_other_permission(login, body) -> None:
    usher = staff_with("add_show")
    show = login(usher).post(URL, body).json()
    assert_problem(
        login(usher).patch(f"{URL}{show['id']}/", {"format": "3D"}), 403, "permission_denied"
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": 999_999}, "event"), ({"event": "1"}, "event"), ({"event": True}, "event"),
        ({"event": 10**30}, "event"), ({"screen": -1}, "screen"), ({"screen": None}, "screen"),
        ({"start_time": "2030-02-30T10:00"}, "start_time"),
        ({"start_time": "tomorrow"}, "start_time"), ({"start_time": 5}, "start_time"),
        ({"start_time": "9999-12-31T23:59:59-12:00"}, "start_time"),
        ({"start_time": "0001-01-01T00:00:00+12:00"}, "start_time"),
        ({"end_time": "2030-05-01T17:00"}, "end_time"),
        ({"currency": "inr"}, "currency"), ({"currency": 5}, "currency"),
        ({"prices": {}}, "prices"), ({"prices": []}, "prices"), ({"prices": {"Gold": 5}}, "prices.Gold"),
        ({"prices": {"Gold": "-1.00"}}, "prices.Gold"), ({"prices": {"Gold": "NaN"}}, "prices.Gold"),
        ({"prices": {"Gold": "1.234"}}, "prices.Gold"), ({"prices": {"Gold": {}}}, "prices.Gold"),
        ({"prices": {"Gold": {"Adult": True}}}, "prices.Gold.Adult"),
        ({"prices": {"Gold": {"A" * 51: "1.00"}}}, "prices"),
        ({"prices": {"Gold": "1.00", " Gold": "2.00"}}, "prices"),
        ({"prices": {"Gold": {"Adult": "1.00", "Adult ": "2.00"}}}, "prices"),
        ({"prices": {"Gold\x00": "1.00"}}, "prices"), ({"prices": {"Tin": "1.00"}}, "prices"),
        ({"max_seats_per_booking": 0}, "max_seats_per_booking"),
        ({"tax_rate": "101"}, "tax_rate"), ({"refund_percent": "-1"}, "refund_percent"),
        ({"cleaning_minutes": -5}, "cleaning_minutes"), ({"cleaning_minutes": True}, "cleaning_minutes"),
        ({"single_seat_rule": "maybe"}, "single_seat_rule"), ({"tax_inclusive": "yes"}, "tax_inclusive"),
        ({"format": "x" * 31}, "format"), ({"language": "\x00"}, "language"), ({"format": 3}, "format"),
        ({"status": "cancelled"}, "status"), ({"colour": "red"}, "colour"), ({"id": 5}, "id"),
        ({"fee_per_ticket": 1}, "fee_per_ticket"), ({"fee_per_booking": "0.001"}, "fee_per_booking"),
    ],
)  # fmt: skip
def test_invalid_show_is_refused_by_field_and_not_written(boss_api, body, change, field) -> None:
    assert_problem(boss_api.post(URL, {**body, **change}), 400, "invalid", field)
    assert not Show.objects.exists()


@pytest.mark.sqlite
def test_overlapping_show_is_refused_with_the_other_show_s_id(boss_api, body) -> None:
    first = boss_api.post(URL, body).json()
    answer = boss_api.post(URL, {**body, "start_time": "2030-05-01T19:00"})
    assert assert_problem(answer, 409, "show_overlap")["conflicting_show_id"] == first["id"]
    assert Show.objects.count() == 1


def test_show_at_a_time_that_the_clocks_skip_is_refused(boss_api, body) -> None:
    body["screen"] = hall(venue=VenueFactory(timezone="America/New_York")).pk
    answer = boss_api.post(URL, {**body, "start_time": "2030-03-10T02:30"})
    problem = assert_problem(answer, 400, "invalid", "start_time")
    assert problem["errors"][0]["code"] == "nonexistent_time"


@pytest.mark.sqlite
def test_staff_change_a_show(boss_api, body) -> None:
    show = boss_api.post(URL, body).json()
    url = f"{URL}{show['id']}/"
    changed = boss_api.patch(url, {"format": "IMAX", "start_time": "2030-05-02T20:00"})
    assert changed.status_code == 200, changed.content
    assert changed.json()["local_start_time"] == "2030-05-02T20:00:00+05:30"
    assert boss_api.get(url).json()["format"] == "IMAX"
    for field in ("event", "screen", "status"):
        assert_problem(boss_api.patch(url, {field: 1}), 400, "invalid", field)
    assert_problem(boss_api.put(url, body), 405, "method_not_allowed")


@pytest.mark.sqlite
def test_show_list_takes_the_same_queries_for_more_shows(api, django_assert_num_queries) -> None:
    for _ in range(2):
        scheduled_show()
    with django_assert_num_queries(3):
        assert api.get(URL).json()["count"] == 2
    for _ in range(3):
        scheduled_show()
    with django_assert_num_queries(3):
        row = api.get(URL).json()["results"][0]
    assert set(row["event"]) >= {"id", "title", "kind"}
    assert set(row["venue"]) == {"id", "name", "city", "timezone"}
    assert set(row["screen"]) == {"id", "name"}


def test_direct_serializer_of_shows_answers_like_the_library_s() -> None:
    show = selectors.shows_visible_to(is_staff=True).get(pk=scheduled_show().pk)
    serializer = ShowDetailSerializer(show)
    assert serializer.data == super(DirectSerializer, serializer).to_representation(show)
    for name, part in (
        ("event", show.event),
        ("venue", show.screen.venue),
        ("screen", show.screen),
    ):
        field = serializer.fields[name]
        assert serializer.data[name] == super(DirectSerializer, field).to_representation(part)


def test_queryset_of_the_show_list_is_evaluated_for_each_request() -> None:
    scheduled_show()
    assert len(selectors.shows_visible_to(is_staff=True)) == 1
    scheduled_show()
    assert len(selectors.shows_visible_to(is_staff=True)) == 2


@pytest.mark.sqlite
def test_show_list_leaves_out_past_and_cancelled_shows_by_default(api) -> None:
    now = timezone.now()
    coming = scheduled_show()
    over = scheduled_show(start_time=now - timedelta(days=1))
    off = scheduled_show()
    Show.objects.filter(pk=off.pk).update(status="cancelled", cancelled_at=now)

    def ids(query: str) -> set[int]:
        return {row["id"] for row in api.get(f"{URL}?{query}").json()["results"]}

    assert ids("") == {coming.pk}
    assert ids("include_past=true") == {coming.pk, over.pk}
    assert ids("status=cancelled") == {off.pk}


@pytest.mark.sqlite
def test_shows_of_unpublished_events_are_for_staff(api, boss_api) -> None:
    show = scheduled_show(event=EventFactory(is_published=False))
    assert api.get(URL).json()["count"] == 0
    for path in ("", "seats/", "availability/", "best-seats/?quantity=1", "calendar.ics"):
        assert_problem(api.get(f"{URL}{show.pk}/{path}"), 404, "not_found")
    assert boss_api.get(f"{URL}{show.pk}/").status_code == 200


def test_prices_may_name_a_category_of_the_greatest_length(boss_api, body) -> None:
    name = "G" * 100
    SeatCategory.objects.filter(screen=body["screen"]).update(name=name)
    assert boss_api.post(URL, {**body, "prices": {name: "99.50"}}).status_code == 201


@pytest.mark.parametrize(
    "path", ["0/", "999999/", "99999999999999999999/", "abc/", "-1/", "1.5/", "%00/"]
)
def test_show_that_does_not_exist_is_answered_404(api, path: str) -> None:
    for rest in ("", "seats/", "availability/", "best-seats/?quantity=2"):
        assert_problem(api.get(f"{URL}{path}{rest}"), 404, "not_found")


def test_show_detail_has_structured_data_for_search_engines(api) -> None:
    show = scheduled_show()
    data = api.get(f"{URL}{show.pk}/").json()["structured_data"]
    assert (data["@context"], data["@type"]) == ("https://schema.org", "ScreeningEvent")
    assert data["location"]["address"]["addressCountry"] == "IN"
    assert data["offers"][0] | {"price": "250.00", "priceCurrency": "INR"} == data["offers"][0]


def test_calendar_of_a_show_has_the_venue_s_zone(api) -> None:
    show = scheduled_show(start_time=datetime(2030, 5, 1, 18))
    answer = api.get(f"{URL}{show.pk}/calendar.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    assert b"DTSTART;TZID=Asia/Kolkata:20300501T180000" in answer.content
