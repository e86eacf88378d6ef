"""Times of staff in the venue's zone, and the sales' close."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from shows.errors import ShowOverlap
from shows.models import Show
from shows.services import NewShow, change_show, schedule_shows
from shows.tests.factories import scheduled_show
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
START = datetime(2031, 3, 8, 14, tzinfo=UTC)  # 19:30 in Mumbai.


def test_an_overlap_names_the_other_show_in_the_venues_time(boss_api) -> None:
    event = EventFactory(title="Quiet Rain", duration_minutes=120)
    show = scheduled_show(event=event, start_time=START)
    body = {
        "event": event.pk, "screen": show.screen_id, "start_time": "2031-03-08T20:00",
        "currency": "INR", "prices": {"Gold": "10.00"},
    }  # fmt: skip
    problem = assert_problem(boss_api.post("/api/shows/", body), 409, "show_overlap")
    assert problem["detail"] == (
        "“Quiet Rain” is on this screen from 2031-03-08 19:30 to 21:45 Asia/Kolkata, "
        "cleaning included."
    )


def test_an_overlap_over_midnight_names_both_days() -> None:
    event = EventFactory(title="Quiet Rain", duration_minutes=120)
    screen = hall(venue=VenueFactory(timezone="Europe/London"))
    fields = {"currency": "GBP", "cleaning_minutes": 0}
    prices = {"Gold": {"": Decimal(5)}}
    first, second = schedule_shows(
        new_shows=[
            NewShow(event, screen, prices, {**fields, "start_time": datetime(2031, 7, 1, hour)})
            for hour in (23, 23)
        ]
    )
    assert isinstance(first, Show) and isinstance(second, ShowOverlap)
    assert "from 2031-07-01 23:00 to 2031-07-02 01:00 Europe/London" in second.detail


def test_the_name_of_a_show_has_the_venues_time() -> None:
    show = scheduled_show(event=EventFactory(title="Quiet Rain"), start_time=START)
    assert str(Show.objects.get(pk=show.pk)) == "Quiet Rain, 2031-03-08 19:30 Asia/Kolkata"


def test_the_pages_of_a_show_speak_the_venues_time(boss) -> None:
    show = scheduled_show(event=EventFactory(title="Quiet Rain"), start_time=START)
    name = "Quiet Rain, 2031-03-08 19:30 Asia/Kolkata"
    for page in ("change", "history", "delete"):
        text = boss.get(f"/admin/shows/show/{show.pk}/{page}/").content.decode()
        assert name in text, page
        # Changes were made in the zone that the foot of the page names.
        assert page == "history" or "UTC" not in text.partition("<footer")[0], page
    seats = boss.get(f"/admin/shows/showseat/?show={show.pk}").content.decode()
    assert name in seats


@pytest.mark.parametrize("hours", [-1, 1])
def test_sales_close_as_long_before_or_after_the_start_as_before(boss_api, hours) -> None:
    closes = START + timedelta(hours=hours)
    show = scheduled_show(start_time=START, sales_close_at=closes)
    moved = boss_api.patch(f"/api/shows/{show.pk}/", {"start_time": "2031-03-09T10:00"}).json()
    start = datetime.fromisoformat(moved["start_time"])
    assert start == datetime(2031, 3, 9, 4, 30, tzinfo=UTC)
    assert datetime.fromisoformat(moved["sales_close_at"]) == start + timedelta(hours=hours)


def test_a_close_of_sales_that_is_given_or_empty_stays_so() -> None:
    show = scheduled_show(start_time=START, sales_close_at=START - timedelta(hours=1))
    fixed = START + timedelta(hours=1)
    changed = change_show(
        show_id=show.pk, start_time=START + timedelta(hours=5), sales_close_at=fixed
    )
    assert changed.sales_close_at == fixed
    assert change_show(show_id=show.pk, sales_close_at=None).sales_close_at is None
    assert change_show(show_id=show.pk, start_time=START).sales_close_at is None


def test_the_admin_moves_the_close_of_sales_with_the_show(boss) -> None:
    show = scheduled_show(start_time=START, sales_close_at=START - timedelta(hours=1))
    path = f"/admin/shows/show/{show.pk}/change/"
    form = boss.get(path).context["adminform"].form
    body = {
        name: form[name].field.widget.format_value(form[name].value()) or "" for name in form.fields
    }
    body["single_seat_rule"] = "off"
    body["tax_inclusive"] = "on"
    body |= {"start_time": "2031-03-09T19:30", "end_time": "2031-03-09T21:30"}
    answer = boss.post(path, body)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    show.refresh_from_db()
    assert show.start_time == START + timedelta(days=1)
    assert show.sales_close_at == show.start_time - timedelta(hours=1)
