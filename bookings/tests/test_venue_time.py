"""A venue's time zone, and times for staff and customers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from bookings import services
from bookings.models import Booking, Message
from bookings.tests.factories import confirmed, held, run_out
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.tests.factories import scheduled_show
from venues.models import Venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def show() -> Show:
    return scheduled_show(start_time=datetime(2031, 3, 8, 19, 30))


def venue_url(show: Show) -> str:
    return f"/api/venues/{show.screen.venue_id}/"


def test_a_zone_with_sold_shows_stays_until_the_change_is_confirmed(boss_api, show) -> None:
    confirmed("A1", show=show)
    answer = boss_api.patch(venue_url(show), {"timezone": "Asia/Dubai", "city": "Dubai"})
    (error,) = assert_problem(answer, 400, "invalid", "timezone")["errors"]
    assert error["code"] == "shows_sold"
    assert "confirm_timezone" in error["detail"]
    assert Venue.objects.values_list("timezone", "city").get() == ("Asia/Kolkata", "Mumbai")
    refused = boss_api.patch(venue_url(show), {"timezone": "Asia/Dubai", "confirm_timezone": False})
    assert_problem(refused, 400, "invalid", "timezone")
    done = boss_api.patch(venue_url(show), {"timezone": "Asia/Dubai", "confirm_timezone": True})
    assert done.status_code == 200, done.content
    assert done.json()["timezone"] == "Asia/Dubai"
    assert "confirm_timezone" not in done.json()
    show.refresh_from_db()
    assert show.start_time == datetime(2031, 3, 8, 14, tzinfo=UTC)


def test_a_zone_with_held_seats_stays_until_they_are_free(boss_api, show) -> None:
    booking = held("A1", show=show)
    change = {"timezone": "Asia/Dubai"}
    assert_problem(boss_api.patch(venue_url(show), change), 400, "invalid", "timezone")
    run_out(booking)
    assert boss_api.patch(venue_url(show), change).status_code == 200


@pytest.mark.parametrize("state", ["unsold", "past", "cancelled", "same zone", "elsewhere"])
def test_a_zone_changes_freely_where_no_customer_is_misled(boss_api, show, state) -> None:
    if state == "elsewhere":
        confirmed("A1", show=scheduled_show())
    elif state != "unsold":
        confirmed("A1", show=show)
    if state == "past":
        ago = timezone.now() - timedelta(hours=1)
        Show.objects.update(start_time=ago, end_time=timezone.now(), occupied_until=timezone.now())
    if state == "cancelled":
        Show.objects.update(status="cancelled", cancelled_at=timezone.now())
    zone = "Asia/Kolkata" if state == "same zone" else "Asia/Dubai"
    answer = boss_api.patch(venue_url(show), {"timezone": zone, "city": "Pune"})
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_the_confirmation_is_a_boolean_and_only_for_changes(boss_api, show, value) -> None:
    body = {"confirm_timezone": value}
    assert_problem(boss_api.patch(venue_url(show), body), 400, "invalid", "confirm_timezone")
    new = {"name": "N", "city": "C", "country": "IN", "timezone": "Asia/Kolkata"}
    answer = boss_api.post("/api/venues/", {**new, "confirm_timezone": True})
    assert_problem(answer, 400, "invalid", "confirm_timezone")


def test_the_admin_asks_for_a_tick_to_change_the_zone_of_sold_shows(boss, show) -> None:
    confirmed("A1", show=show)
    path = f"/admin/venues/venue/{show.screen.venue_id}/change/"
    form = boss.get(path).context["adminform"].form
    assert "confirm_timezone" in form.fields
    body: dict[str, Any] = {
        name: "" if value is None else value
        for name in form.fields
        if (value := form.get_initial_for_field(form.fields[name], name)) is not False
    }
    body |= {
        "timezone": "Asia/Dubai", "tax_inclusive": "on",
        "screens-TOTAL_FORMS": 0, "screens-INITIAL_FORMS": 0,
    }  # fmt: skip
    page = boss.post(path, body)
    errors = page.context["adminform"].form.errors
    assert "at another time of day" in errors["timezone"][0]
    assert errors["confirm_timezone"] == ["Tick this to change it anyway."]
    assert Venue.objects.get().timezone == "Asia/Kolkata"
    assert boss.post(path, {**body, "confirm_timezone": "on"}).status_code == 302
    assert Venue.objects.get().timezone == "Asia/Dubai"
    assert "confirm_timezone" not in boss.get("/admin/venues/venue/add/").content.decode()


def test_customers_of_a_venue_with_another_zone_get_one_mail(boss_api, show) -> None:
    before = confirmed("A1", show=show)
    Message.objects.all().delete()
    Booking.objects.update(booked_at=timezone.now() - timedelta(hours=1))
    change = {"timezone": "Asia/Dubai", "confirm_timezone": True}
    assert boss_api.patch(venue_url(show), change).status_code == 200
    confirmed("A2", show=show)
    Message.objects.all().delete()
    for _ in range(2):
        services.write_show_changes(since=None, now=timezone.now())
    assert list(Message.objects.values_list("kind", "booking")) == [("show_changed", before.pk)]
    call_command("worker", once=True, queue=["messages"])
    body = mail.outbox[0].body
    assert "It was to begin at Saturday 8 March 2031, 19:30 IST (Asia/Kolkata)" in body
    assert "now begins at Saturday 8 March 2031, 18:00 +04 (Asia/Dubai)" in body


def test_of_two_changes_of_a_zone_the_last_is_told(boss_api, show) -> None:
    confirmed("A1", show=show)
    Message.objects.all().delete()
    Booking.objects.update(booked_at=timezone.now() - timedelta(hours=1))
    for zone in ("Asia/Dubai", "Asia/Karachi"):
        change = {"timezone": zone, "confirm_timezone": True}
        assert boss_api.patch(venue_url(show), change).status_code == 200
    services.write_show_changes(since=None, now=timezone.now())
    assert Message.objects.count() == 1
    call_command("worker", once=True, queue=["messages"])
    assert "It was to begin at Saturday 8 March 2031, 19:30 IST (Asia/Kolkata)" in (
        body := mail.outbox[0].body
    )
    assert "now begins at Saturday 8 March 2031, 19:00 PKT (Asia/Karachi)" in body


def test_a_zone_that_is_corrected_before_the_mails_are_sent_is_not_mailed(boss_api, show) -> None:
    confirmed("A1", show=show)
    Message.objects.all().delete()
    Booking.objects.update(booked_at=timezone.now() - timedelta(hours=1))
    for zone in ("Asia/Dubai", "Asia/Kolkata"):
        change = {"timezone": zone, "confirm_timezone": True}
        assert boss_api.patch(venue_url(show), change).status_code == 200
    services.write_show_changes(since=None, now=timezone.now())
    call_command("worker", once=True, queue=["messages"])
    assert mail.outbox == []
    assert Message.objects.get().last_error.endswith("where the customer knows it to be")


@pytest.mark.sqlite
def test_a_show_says_whether_it_is_on_sale_at_every_moment(api) -> None:
    show = scheduled_show(start_time=timezone.now() + timedelta(hours=1))
    url = f"/api/shows/{show.pk}/"
    listed = "/api/shows/?include_past=true"
    assert api.get(url).json()["on_sale"] is True
    for start, closes in ((-1, None), (-1, 1), (1, -1), (-3, None)):
        now = timezone.now()
        Show.objects.update(
            start_time=now + timedelta(hours=start),
            end_time=now + timedelta(hours=start + 2),
            occupied_until=now + timedelta(hours=start + 2),
            sales_close_at=now + timedelta(hours=closes) if closes else None,
        )
        expected = closes == 1
        with time_machine.travel(timezone.now() + timedelta(seconds=5)):
            assert api.get(url).json()["on_sale"] is expected
            assert [row["on_sale"] for row in api.get(listed).json()["results"]] == [expected]
