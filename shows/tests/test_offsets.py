"""Offsets without a time zone, on every path with times."""

from datetime import timedelta

import pytest
from django.utils import timezone

from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.tests.factories import scheduled_show

pytestmark = pytest.mark.django_db

# The first is a range of times, as files have it.
ABSURD = ["-20:30", "+14:01", "+16:00", "-16:00", "+23:59", "-23:59", "+1401"]
TIMES = [
    "start_time",
    "end_time",
    "sales_open_at",
    "sales_close_at",
    "publish_at",
    "early_bird_until",
]


def offset_error(problem: dict, field: str) -> str:
    (error,) = [error for error in problem["errors"] if error["field"] == field]
    return error["code"]


@pytest.mark.parametrize("offset", ABSURD)
def test_a_change_of_a_show_refuses_an_absurd_offset_by_field(boss_api, offset) -> None:
    show = scheduled_show()
    before = Show.objects.values().get()
    body = dict.fromkeys(TIMES, f"2031-05-01T10:00{offset}")
    problem = assert_problem(boss_api.patch(f"/api/shows/{show.pk}/", body), 400, "invalid")
    assert [offset_error(problem, field) for field in TIMES] == ["offset"] * len(TIMES)
    assert Show.objects.values().get() == before


@pytest.mark.parametrize("offset", ABSURD)
def test_a_new_show_with_an_absurd_offset_is_refused_by_field(boss_api, offset) -> None:
    show = scheduled_show()
    body = {
        "event": show.event_id, "screen": show.screen_id, "currency": "INR",
        "prices": {"Gold": "10.00"}, "start_time": f"2031-05-01T10:00{offset}",
    }  # fmt: skip
    problem = assert_problem(boss_api.post("/api/shows/", body), 400, "invalid")
    assert offset_error(problem, "start_time") == "offset"
    assert Show.objects.count() == 1


@pytest.mark.sqlite
@pytest.mark.parametrize("offset", ["-14:00", "+14:00"])
def test_the_farthest_offsets_are_taken(boss_api, offset) -> None:
    show = scheduled_show()
    answer = boss_api.patch(f"/api/shows/{show.pk}/", {"start_time": f"2031-05-01T12:00{offset}"})
    assert answer.status_code == 200, answer.content
    sign = -1 if offset[0] == "+" else 1
    hours = 12 + sign * 14
    expected = "2031-05-02T02:00:00Z" if hours == 26 else "2031-04-30T22:00:00Z"
    assert answer.json()["start_time"] == expected


@pytest.mark.parametrize("field", ["valid_from", "valid_until"])
@pytest.mark.parametrize("offset", ABSURD)
def test_a_promo_code_refuses_an_absurd_offset_by_field(boss_api, field, offset) -> None:
    body = {"code": "TEN", "percent": "10", field: f"2031-05-01T10:00{offset}"}
    problem = assert_problem(boss_api.post("/api/bookings/promo-codes/", body), 400, "invalid")
    assert offset_error(problem, field) == "offset"


@pytest.mark.sqlite
@pytest.mark.parametrize("offset", ABSURD)
def test_availability_refuses_a_since_with_an_absurd_offset(api, offset) -> None:
    show = scheduled_show()
    answer = api.get(f"/api/shows/{show.pk}/availability/", {"since": f"2026-05-01T10:00{offset}"})
    assert offset_error(assert_problem(answer, 400, "invalid"), "since") == "offset"


def test_a_plus_sign_that_arrives_as_a_space_is_still_an_offset(api) -> None:
    show = scheduled_show()
    ago = (timezone.now() - timedelta(minutes=1)).isoformat()
    url = f"/api/shows/{show.pk}/availability/?since="
    assert api.get(url + ago).status_code == 200
    refused = assert_problem(api.get(url + ago.replace("+00:00", " 16:00")), 400, "invalid")
    assert offset_error(refused, "since") == "offset"


@pytest.mark.sqlite
@pytest.mark.parametrize("field", ["date", "date_from", "date_to"])
@pytest.mark.parametrize("path", ["/api/shows/", "/api/events/"])
def test_a_day_takes_no_offset(api, path, field) -> None:
    answer = api.get(path, {field: "2031-05-01-20:30"})
    assert_problem(answer, 400, "invalid", field)


def test_an_offline_scan_refuses_an_absurd_offset(boss_api) -> None:
    show = scheduled_show()
    scan = {
        "scan_id": "8d7d5a5e-7d0f-4c49-9d53-1f3c8f0c8f10",
        "payload": "x",
        "scanned_at": "2031-05-01T10:00-20:30",
    }
    answer = boss_api.post(f"/api/shows/{show.pk}/check-in/sync/", {"scans": [scan]})
    problem = assert_problem(answer, 400, "invalid")
    assert offset_error(problem, "scans.0.scanned_at") == "offset"
