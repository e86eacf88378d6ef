"""Pages that mails link to: bookings, passwords and addresses."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from bookings.models import Ticket
from bookings.services import accept_transfer, move_show, offer_ticket, transfer_link
from bookings.services.links import link_to
from bookings.tests.factories import confirmed, held
from shows.tests.browser.journeys import is_seen, log_in, mailed_path
from users.services import send_verification
from users.tests.factories import NEW_PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_link_of_a_mail_opens_its_booking_without_a_login(visit) -> None:
    booking = confirmed("A1", "A2")
    page = visit(urlsplit(link_to(booking)).path + "#" + urlsplit(link_to(booking)).fragment)
    page.wait("document.querySelectorAll('#tickets img').length === 2")
    assert page.run("location.hash") == "" and not page.run(is_seen("#login"))
    page.reload()
    page.wait("document.querySelectorAll('#tickets img').length === 2")
    booking.links.revoke()
    page.reload()
    page.wait("document.getElementById('problem').innerText.includes('link has ended')")
    assert page.run(is_seen("#login")) and not page.run(is_seen("#details"))


def test_a_confirmed_booking_shows_its_tickets_after_a_login(visit) -> None:
    booking = confirmed("A1", "A2")
    page = visit(f"/bookings/{booking.reference}")
    log_in(page, booking.user)
    page.wait("document.querySelectorAll('#tickets img').length === 2")
    page.wait("[...document.images].every(image => image.naturalWidth > 0)")
    details = page.text("#details")
    assert "Booked" in details and booking.show.event.title in details
    assert "Row A, seat 2 · Gold · ₹250.00" in details and "₹500.00" in details
    assert page.run(is_seen("#files")) and not page.run(is_seen("#pay"))
    page.reload()  # The login stays for this tab.
    page.wait("document.querySelectorAll('#tickets img').length === 2")
    page.click("#account")
    page.wait(is_seen("#login"))
    assert not page.run(is_seen("#details"))


def test_a_held_booking_counts_down_and_is_paid_after_a_login(visit) -> None:
    booking = held("A1")
    page = visit(f"/bookings/{booking.reference}")
    log_in(page, booking.user)
    page.wait(is_seen("#pay"))
    page.wait("/^[0-9]:[0-9]{2}$/.test(document.getElementById('countdown').textContent)")
    page.click("#pay")
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    assert page.text("#countdown") == "" and "Booked" in page.text("#status")


def test_a_held_booking_is_paid_by_the_link_of_its_mail(visit) -> None:
    parts = urlsplit(link_to(held("A1")))
    page = visit(f"{parts.path}#{parts.fragment}")
    page.wait(is_seen("#pay"))
    page.click("#pay")
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    assert "Booked" in page.text("#status") and not page.run(is_seen("#pay"))


def moved() -> str:
    """Confirm a booking, move its show, and return the link's path. The link gives tickets back."""
    booking = confirmed("A1", "A2")
    start = booking.show.start_time + timedelta(days=1)
    move_show(show_id=booking.show_id, start_time=start)
    parts = urlsplit(link_to(booking))
    return f"{parts.path}?give-back#{parts.fragment}"


def test_the_tickets_of_a_moved_show_are_given_back_by_the_mailed_link(visit) -> None:
    page = visit(moved())
    page.wait(is_seen("#moved-yes"))
    assert "₹500.00" in page.text("#moved-yes") and page.run("location.search") == ""
    page.click("#moved-yes")
    page.wait("document.getElementById('status').innerText === 'Cancelled'")
    assert not page.run(is_seen("#moved"))
    assert "₹500.00 refunded." in page.text("#note")


def test_the_tickets_of_a_moved_show_are_kept(visit) -> None:
    page = visit(moved().replace("?give-back", ""))
    page.wait(is_seen("#moved-keep"))
    assert not page.run(is_seen("#moved-yes"))
    page.click("#moved-keep")
    page.wait("document.getElementById('note').innerText.startsWith('You keep')")
    assert not page.run(is_seen("#moved")) and "Booked" in page.text("#status")


def test_a_booking_of_another_customer_shows_nothing(visit) -> None:
    booking = held("A1")
    page = visit(f"/bookings/{booking.reference}")
    log_in(page, UserFactory())
    page.wait("document.getElementById('problem').innerText.includes('no such booking')")
    assert not page.run(is_seen("#details"))


def test_a_new_password_is_asked_for_and_chosen(visit) -> None:
    user = UserFactory()
    page = visit("/reset-password")
    page.type("#ask [name=email]", user.email)
    page.click("#ask button")
    page.wait(is_seen("#asked"))
    page = visit(mailed_path())
    page.type("#choose [name=password]", "12345")
    page.click("#choose button")
    page.wait("!document.getElementById('problem').hidden")
    page.type("#choose [name=password]", NEW_PASSWORD)
    page.click("#choose button")
    page.wait(is_seen("#done"))
    assert page.run("location.search") == ""
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)


def test_an_address_is_confirmed_by_its_mailed_link(visit) -> None:
    user = UserFactory(email_verified_at=None)
    send_verification(user=user)
    page = visit(mailed_path())
    page.click("#confirm")
    page.wait(is_seen("#done"))
    user.refresh_from_db()
    assert user.email_verified_at is not None
    page = visit("/verify-email#wrong")
    page.click("#confirm")
    page.wait("!document.getElementById('problem').hidden")


def offered() -> tuple[Ticket, str]:
    """Offer a ticket, and return it with its mailed link's path."""
    booking = confirmed("A1", "A2", customer=UserFactory(first_name="Asha"))
    ticket = booking.tickets.order_by("pk")[0]
    transfer = offer_ticket(
        ticket_id=ticket.pk, offered_by=booking.user, email="ravi@example.org", message="Enjoy!"
    )
    link = urlsplit(transfer_link(transfer))
    return ticket, f"{link.path}#{link.fragment}"


def test_a_ticket_is_accepted_without_an_account_by_the_link_of_its_mail(visit) -> None:
    ticket, path = offered()
    page = visit(path)
    page.wait(is_seen("#offer"))
    assert page.run("location.hash") == ""
    told = page.text("#offer")
    assert "Asha passes on a ticket to you." in told and "Enjoy!" in told and "seat 1" in told
    page.type("#offer [name=name]", "Ravi Menon")
    page.click("#offer form button")
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    page.wait("[...document.images].every(image => image.naturalWidth > 0)")
    assert not page.run(is_seen("#offer"))
    ticket.refresh_from_db()
    assert (ticket.holder_name, ticket.version) == ("Ravi Menon", 2)
    assert ticket.code in page.text("#tickets")
    page = visit(path)
    page.wait("document.getElementById('problem').innerText.includes('link has ended')")


def test_an_account_accepts_and_lists_its_tickets(visit) -> None:
    ticket, path = offered()
    user = UserFactory(first_name="Mia", last_name="Ortiz")
    page = visit(path)
    page.wait(is_seen("#offer"))
    log_in(page, user)
    page.wait(f"!{is_seen('#login')} && {is_seen('#offer')}")
    page.click("#offer form button")
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    page.reload()
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    ticket.refresh_from_db()
    assert (ticket.holder, ticket.holder_name) == (user, "Mia Ortiz")


def test_a_customer_passes_a_ticket_on_and_withdraws_it_on_the_page_of_the_booking(visit) -> None:
    booking = confirmed("A1")
    page = visit(f"/bookings/{booking.reference}")
    log_in(page, booking.user)
    page.wait("Boolean(document.querySelector('#tickets details'))")
    page.run("document.querySelector('#tickets details').open = true")
    page.type("#tickets [name=email]", "ravi@example.org")
    page.click("#tickets form button")
    page.wait(
        "document.querySelector('#tickets').innerText.includes('Offered to ravi@example.org')"
    )
    assert page.run("document.querySelectorAll('#tickets img').length") == 1
    page.click("#tickets span button")
    page.wait("Boolean(document.querySelector('#tickets details'))")
    transfer = offer_ticket(
        ticket_id=booking.tickets.get().pk, offered_by=booking.user, email="ravi@example.org"
    )
    token = transfer_link(transfer).rpartition("#")[2]
    accept_transfer(token=token, recipient=UserFactory(first_name="Ravi", last_name="Menon"))
    page.reload()
    page.wait("document.querySelector('#tickets').innerText.includes('Passed on to Ravi Menon')")
    assert page.run("document.querySelectorAll('#tickets img').length") == 0
