"""Calendar entries of bookings, as they are fetched and mailed."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from icalendar import Calendar

from bookings import checkout, services
from bookings.models import Booking, Message
from bookings.tests.factories import confirmed, held, run_out
from shows.services import change_show
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def fetch(login):
    def _fetch(booking: Booking, accept: str = "text/calendar") -> tuple[Any, Any]:
        url = f"/api/bookings/{booking.pk}/calendar.ics"
        answer = login(booking.user).get(url, HTTP_ACCEPT=accept)
        assert answer.status_code == 200, answer.content
        calendar = Calendar.from_ical(answer.content)
        (entry,) = calendar.events
        assert answer["Content-Type"].startswith(f"text/calendar; method={calendar['method']}")
        return calendar["method"], entry

    return _fetch


def sent() -> list[tuple[str, Any, Any]]:
    """Return subjects of due mails, with their calendars and entries."""
    mail.outbox.clear()
    call_command("worker", once=True, queue=["messages"])
    found = []
    for message in mail.outbox:
        files = {name: (content, kind) for name, content, kind in message.attachments}
        content, kind = files["show.ics"]
        calendar = Calendar.from_ical(content)
        assert kind == f"text/calendar; method={calendar['method']}"
        found.append((message.subject.partition(":")[0], calendar["method"], calendar.events[0]))
    return found


def test_an_entry_has_the_status_of_its_booking(fetch) -> None:
    show = scheduled_show()
    pending, paid, over = held("A1", show=show), confirmed("A2", show=show), held("A3", show=show)
    run_out(over)
    cancelled = confirmed("A4", show=show)
    services.cancel_booking(booking_id=cancelled.pk, cancelled_by=cancelled.user)
    found = {
        booking: (method, entry["status"], entry["sequence"])
        for booking in (pending, paid, over, cancelled)
        for method, entry in [fetch(booking)]
    }
    assert found == {
        pending: ("PUBLISH", "TENTATIVE", 0),
        paid: ("PUBLISH", "CONFIRMED", 1),
        over: ("CANCEL", "CANCELLED", 1),
        cancelled: ("CANCEL", "CANCELLED", 2),
    }
    checkout.expire()
    assert fetch(over)[1]["sequence"] == 1


@pytest.mark.parametrize("accept", ["text/calendar", "*/*", "application/json"])
def test_a_client_may_ask_for_the_calendar_of_a_booking(fetch, accept) -> None:
    booking = confirmed()
    method, entry = fetch(booking, accept)
    assert (method, str(entry["description"])) == ("PUBLISH", f"Booking {booking.reference}")


def test_each_booking_of_a_show_has_an_entry_of_its_own_that_lasts(fetch) -> None:
    show = scheduled_show()
    first, second = held("A1", show=show), confirmed("A2", show=show)
    uid = str(fetch(first)[1]["uid"])
    assert uid != str(fetch(second)[1]["uid"])
    checkout.pay(booking_id=first.pk)
    assert str(fetch(first)[1]["uid"]) == uid


def test_a_cancelled_show_cancels_the_entries_of_its_bookings(fetch) -> None:
    booking = confirmed()
    before = fetch(booking)[1]
    checkout.cancel_show(show_id=booking.show_id, cancelled_by=StaffFactory())
    after = fetch(booking)[1]
    assert (before["status"], after["status"]) == ("CONFIRMED", "CANCELLED")
    assert after["sequence"] > before["sequence"]


def test_mails_carry_the_entry_and_what_became_of_it() -> None:
    show = scheduled_show()
    booking = confirmed(show=show)
    (first,) = sent()
    assert (first[0], first[1], first[2]["status"]) == ("Booking confirmed", "PUBLISH", "CONFIRMED")
    Booking.objects.update(booked_at=timezone.now() - timedelta(hours=1))
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        moved = change_show(show_id=show.pk, start_time=show.start_time + timedelta(hours=3))
        services.write_show_changes(since=None, now=timezone.now())
    Message.objects.update(due_at=timezone.now())
    (second,) = sent()
    assert (second[0], second[1]) == ("Changed", "PUBLISH")
    assert second[2]["uid"] == first[2]["uid"]
    assert second[2]["sequence"] > first[2]["sequence"]
    assert second[2]["last-modified"].dt > first[2]["last-modified"].dt
    assert second[2]["dtstart"].dt == moved.start_time.replace(microsecond=0)
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    (third,) = sent()
    assert (third[0], third[1], third[2]["status"]) == (
        "Booking cancelled", "CANCEL", "CANCELLED",
    )  # fmt: skip
    assert third[2]["uid"] == first[2]["uid"]
    assert Message.objects.exclude(state="sent").count() == 0
