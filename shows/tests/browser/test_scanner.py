"""Staff scan tickets at the door, with and without a connection."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Ticket
from bookings.selectors import payload_of
from bookings.tests.factories import confirmed
from bookings.tickets.qr import qr_svg
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


def test_venue_is_chosen_once_and_counts_are_live(visit) -> None:
    page, (ticket, _) = at_the_door(visit)
    page.wait("document.getElementById('count').innerText === '0 of 2 in'")
    scan(page, ticket.code)
    page.wait("document.getElementById('count').innerText === '1 of 2 in'")
    page.click("#leave")
    page.wait("document.querySelector('#shows li small').innerText.includes('1 of 2 in')")
    venue = ticket.show.screen.venue
    page.run(
        "{const venue = document.getElementById('venue');"
        f"venue.value = '{venue.pk}'; venue.dispatchEvent(new Event('change'))}}"
    )
    page.reload()
    page.wait(f"document.getElementById('venue').value === '{venue.pk}'")
    other = scheduled_show(start_time=timezone.now() + timedelta(minutes=40))
    page.click("#shows form button")
    page.wait("document.querySelectorAll('#shows li').length === 1")
    assert other.event.title not in page.text("#shows ul")


def test_visitor_without_a_ticket_is_found_and_let_in_and_out(visit) -> None:
    page, (ticket, _) = at_the_door(visit)
    page.click("summary")
    page.type("#find [name=search]", ticket.booking.user.last_name)
    page.press("Enter")
    page.wait("document.querySelectorAll('#found li p').length === 2")
    assert ticket.booking.reference in page.text("#found")
    page.click("#found button.main")
    page.wait(verdict("Come in"))
    page.wait("document.querySelector('#found').innerText.includes('in since')")
    ticket.refresh_from_db()
    assert ticket.checked_in_at is not None
    page.click("#undo")
    page.wait(verdict("Undone"))
    ticket.refresh_from_db()
    assert ticket.checked_in_at is None


def test_camera_reads_a_ticket_without_a_detector_of_the_browser(visit) -> None:
    page, (ticket, _) = at_the_door(visit)
    image = base64.b64encode(qr_svg(payload_of(ticket))).decode()
    page.run(
        f"""
        delete globalThis.BarcodeDetector;
        navigator.mediaDevices.getUserMedia = async () => {{
          const image = new Image();
          image.src = "data:image/svg+xml;base64,{image}";
          await image.decode();
          const canvas = Object.assign(document.createElement("canvas"), {{ width: 640, height: 480 }});
          const context = canvas.getContext("2d");
          setInterval(() => {{
            context.fillStyle = "#ddd";
            context.fillRect(0, 0, 640, 480);
            context.drawImage(image, 170, 90, 300, 300);
          }}, 100);
          return canvas.captureStream(10);
        }};
        """
    )
    page.click("#start")
    page.wait(verdict("Come in"))
    ticket.refresh_from_db()
    assert ticket.checked_in_at is not None
