"""Staff scan tickets at the door, with and without a connection."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Ticket
from bookings.selectors import payload_of
from bookings.tests.factories import confirmed
from shows.tests.browser.chromium import Page
from shows.tests.factories import scheduled_show
from users.tests.factories import PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)
OFFLINE = "globalThis.fetch = () => Promise.reject(new TypeError('offline'))"


def at_the_door(visit) -> tuple[Page, list[Ticket]]:
    """Open the scanner for a show that begins soon, with two tickets."""
    show = scheduled_show(start_time=timezone.now() + timedelta(minutes=30))
    booking = confirmed("A1", "A2", show=show)
    page = visit("/check-in/", width=390, height=740)
    page.type("[name=email]", StaffFactory().email)
    page.type("[name=password]", PASSWORD)
    page.click("#login button")
    page.click("#shows li button")
    page.wait(f"document.getElementById('name').innerText === {show.event.title!r}")
    return page, list(booking.tickets.with_show_and_seat().order_by("pk"))


def scan(page: Page, text: str) -> None:
    page.type("#door [name=text]", text)
    page.press("Enter")


def verdict(title: str) -> str:
    return f"document.querySelector('#result strong').innerText === {title!r}"


def test_a_ticket_is_accepted_once_by_its_code(visit) -> None:
    page, (ticket, _) = at_the_door(visit)
    scan(page, ticket.code)
    page.wait(verdict("Come in"))
    assert "A1" in page.text("#result") and page.text("#admitted") == "1"
    scan(page, payload_of(ticket))
    page.wait(verdict("Already in"))
    ticket.refresh_from_db()
    assert ticket.checked_in_at is not None


def test_a_scan_without_a_connection_is_decided_alone_and_sent_later(visit) -> None:
    page, (ticket, other) = at_the_door(visit)
    page.run(f"globalThis.online = fetch; {OFFLINE}")
    scan(page, payload_of(ticket))
    page.wait(verdict("Come in"))
    assert page.text("#waiting") == "1" and "no connection" in page.text("#connection")
    scan(page, other.code)
    page.wait(verdict("No connection"))
    ticket.refresh_from_db()
    assert ticket.checked_in_at is None
    page.run("globalThis.fetch = online; globalThis.dispatchEvent(new Event('online'))")
    page.wait("document.getElementById('waiting').innerText === '0'")
    ticket.refresh_from_db()
    other.refresh_from_db()
    assert ticket.checked_in_at is not None and other.checked_in_at is None
