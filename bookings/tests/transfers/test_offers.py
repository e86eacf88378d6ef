"""Offers of tickets, their mails, and offers that are refused."""

import pytest
from django.utils import timezone

from bookings import checkout, services
from bookings.models import Ticket, TicketTransfer
from bookings.selectors import MAX_FREE_MAILS_A_DAY, payload_of
from bookings.tests.factories import confirmed, show_soon
from bookings.tests.transfers.steps import (
    RAVI,
    accept,
    first_of,
    offer,
    path_of,
    sent_to,
    token_for,
)
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.tests.factories import scheduled_show
from users.erasure import erase_elsewhere
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_an_offer_is_mailed_and_leaves_the_sender_s_ticket_valid(payer, booking) -> None:
    ticket = first_of(booking)
    answer = payer.post(path_of(ticket), {"email": "Ravi@Example.org", "message": "See you there!"})
    assert answer.status_code == 201
    offered = answer.json()
    assert (offered["ticket"], offered["email"]) == (ticket.pk, RAVI)
    assert offered["message"] == "See you there!"
    assert "token" not in answer.content.decode()
    [letter] = sent_to(RAVI)
    assert letter.subject.startswith("Asha passes on a ticket to you: ")
    assert "The sender writes: See you there!" in letter.body
    text, _, _link = letter.body.partition("http")  # The link has random letters.
    assert "A1" in text and "A2" not in text
    assert booking.reference not in text and "500" not in text
    assert not letter.attachments
    token = token_for(RAVI)
    assert token not in str(TicketTransfer.objects.values())
    [first, second] = payer.get(f"/api/bookings/{booking.pk}/tickets/").json()
    assert (first["offered_to"], first["payload"]) == (RAVI, payload_of(ticket))
    assert (second["offered_to"], second["holder_name"]) == ("", "")


@pytest.mark.parametrize("fate", ["wrong", "used", "withdrawn", "cancelled", "begun", "came in"])
def test_each_token_that_opens_nothing_gets_the_same_answer(login, ravi, api, fate, usher) -> None:
    show = show_soon(refund_cutoff_hours=0)
    booking = confirmed("A1", show=show)
    client, ticket = login(booking.user), first_of(booking)
    token = offer(client, ticket)
    if fate == "wrong":
        token = "x" * 43
    elif fate == "used":
        assert accept(login(UserFactory()), token).status_code == 200
    elif fate == "withdrawn":
        assert client.delete(path_of(ticket)).status_code == 204
    elif fate == "cancelled":
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    elif fate == "begun":
        Show.objects.update(start_time=timezone.now())
    else:
        shown = {"payload": payload_of(ticket)}
        assert usher.post("/api/bookings/check-in/", shown).status_code == 200
    before = Ticket.objects.values().get()
    for answer in (
        accept(login(ravi), token),
        api.post("/api/bookings/transfers/open/", {"token": token}),
    ):
        assert_problem(answer, 401, "token_invalid")
    assert Ticket.objects.values().get() == before


@pytest.mark.sqlite
def test_one_offer_of_a_ticket_is_pending_at_a_time(payer, booking) -> None:
    ticket = first_of(booking)
    offer(payer, ticket)
    again = payer.post(path_of(ticket), {"email": "x@example.org"})
    assert_problem(again, 409, "transfer_pending")
    assert TicketTransfer.objects.count() == 1
    assert payer.delete(path_of(ticket)).status_code == 204
    assert payer.delete(path_of(ticket)).status_code == 404
    assert payer.post(path_of(ticket), {"email": "x@example.org"}).status_code == 201


def test_a_ticket_is_offered_a_few_times_a_day(payer, booking) -> None:
    ticket = first_of(booking)
    for _ in range(services.transferring.MAX_OFFERS_A_DAY):
        assert payer.post(path_of(ticket), {"email": RAVI}).status_code == 201
        payer.delete(path_of(ticket))
    refused = payer.post(path_of(ticket), {"email": RAVI})
    assert_problem(refused, 429, "throttled")
    assert not TicketTransfer.objects.pending().exists()


def test_an_address_is_offered_few_free_tickets_a_day(login) -> None:
    """Free tickets must not let anybody mail strangers without limit."""
    labels = [f"A{number}" for number in range(1, MAX_FREE_MAILS_A_DAY + 2)]
    booking = confirmed(*labels, show=scheduled_show(price="0", rows={"A": 8}))
    payer, tickets = login(booking.user), Ticket.objects.filter(booking=booking)
    answers = [payer.post(path_of(ticket), {"email": RAVI}) for ticket in tickets]
    assert [each.status_code for each in answers] == [201] * MAX_FREE_MAILS_A_DAY + [429]
    assert_problem(answers[-1], 429, "throttled")
    assert TicketTransfer.objects.count() == len(sent_to(RAVI)) == MAX_FREE_MAILS_A_DAY
    # Neither another address nor a paid ticket is concerned.
    assert (
        payer.post(path_of(tickets[MAX_FREE_MAILS_A_DAY]), {"email": "x@example.org"}).status_code
        == 201
    )
    paid = confirmed("A1", customer=booking.user)
    assert payer.post(path_of(first_of(paid)), {"email": RAVI}).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"), ({"email": "nobody"}, "email"), ({"email": "a@b.invalid"}, "email"),
        ({"email": RAVI, "message": "Look at www.example.com"}, "message"),
        ({"email": RAVI, "message": "x" * 501}, "message"), ({"email": RAVI, "to": 1}, "to"),
    ],
)  # fmt: skip
def test_a_bad_offer_names_its_field(payer, booking, body, field) -> None:
    assert_problem(payer.post(path_of(first_of(booking)), body), 400, "invalid", field)
    assert not TicketTransfer.objects.exists()


@pytest.mark.parametrize("who", ["a stranger", "another booking"])
def test_another_s_ticket_is_not_found(payer, booking, login, who) -> None:
    ticket = first_of(booking)
    other = confirmed("B1", show=booking.show)
    path = path_of(ticket)
    if who == "another booking":
        path = path.replace(f"/{booking.pk}/", f"/{other.pk}/", 1)
    client = login(other.user)
    assert client.post(path, {"email": RAVI}).status_code == 404
    assert client.delete(path).status_code == 404
    assert not TicketTransfer.objects.exists()


def test_used_and_begun_and_unpaid_tickets_are_not_passed_on(login, usher) -> None:
    booking = confirmed("A1", "A2", show=show_soon())
    used, other = Ticket.objects.with_show_and_seat().filter(booking=booking).order_by("pk")
    usher.post("/api/bookings/check-in/", {"payload": payload_of(used)})
    client = login(booking.user)
    answer = client.post(path_of(used), {"email": RAVI})
    assert_problem(answer, 409, "already_checked_in")
    Show.objects.update(start_time=timezone.now())
    assert_problem(client.post(path_of(other), {"email": RAVI}), 409, "invalid_transition")
    assert not TicketTransfer.objects.exists()


def test_a_ticket_that_is_issued_again_ends_its_offer(payer, booking, login) -> None:
    ticket = first_of(booking)
    token = offer(payer, ticket)
    path = f"/api/bookings/{booking.pk}/tickets/{ticket.pk}/reissue/"
    assert payer.post(path).status_code == 200
    assert_problem(accept(login(UserFactory()), token), 401, "token_invalid")


def test_erasing_the_sender_ends_pending_offers(payer, booking) -> None:
    offer(payer, first_of(booking), message="words")
    erase_elsewhere(booking.user)
    transfer = TicketTransfer.objects.get()
    assert (transfer.email, transfer.message, bool(transfer.revoked_at)) == ("", "", True)
