"""
Passing a ticket on at the API.

The tests follow the offer, its mail, the acceptance, and what each person sees.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from rest_framework.test import APIClient

from bookings import checkout, services
from bookings.invariants import broken
from bookings.models import (
    Booking,
    BookingLink,
    Message,
    Ticket,
    TicketScan,
    TicketTransfer,
    WebhookDelivery,
)
from bookings.selectors import MAX_FREE_MAILS_A_DAY, payload_of
from bookings.tasks import start_messages
from bookings.tests.factories import confirmed, show_soon
from eventbooking_system.errors import NotFound
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.services import change_show
from shows.tests.factories import scheduled_show, seat_ids
from users.erasure import erase_elsewhere
from users.models import User
from users.tests.factories import StaffFactory, UserFactory, staff_with

pytestmark = pytest.mark.django_db
RAVI = "ravi@example.org"


@pytest.fixture
def booking() -> Booking:
    return confirmed("A1", "A2", customer=UserFactory(first_name="Asha", last_name="Rao"))


@pytest.fixture
def payer(login, booking) -> APIClient:
    return login(booking.user)


@pytest.fixture
def ravi() -> User:
    return UserFactory(email=RAVI, first_name="Ravi", last_name="Menon")


def first_of(booking: Booking) -> Ticket:
    return Ticket.objects.with_show_and_seat().filter(booking=booking).order_by("pk")[0]


def path_of(ticket: Ticket) -> str:
    return f"/api/bookings/{ticket.booking_id}/tickets/{ticket.pk}/transfer/"


def sent_to(address: str) -> list[Any]:
    while start_messages():
        pass
    return [each for each in mail.outbox if each.to == [address]]


def token_for(address: str) -> str:
    """The token of the newest mail to an address."""
    return re.findall(r"/transfers/#([\w-]+)", sent_to(address)[-1].body)[-1]


def offer(client: APIClient, ticket: Ticket, email: str = RAVI, **body: Any) -> str:
    answer = client.post(path_of(ticket), {"email": email, **body})
    assert answer.status_code == 201, answer.content
    return token_for(email)


def accept(client: APIClient, token: str, **body: Any) -> Any:
    return client.post("/api/bookings/transfers/accept/", {"token": token, **body})


def passed_on(login, payer, booking, user: User) -> Ticket:
    ticket = first_of(booking)
    assert accept(login(user), offer(payer, ticket)).status_code == 200
    return first_of(booking)


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
    assert "A1" in letter.body and "A2" not in letter.body
    assert booking.reference not in letter.body and "500" not in letter.body
    assert not letter.attachments
    token = token_for(RAVI)
    assert token not in str(TicketTransfer.objects.values())
    [first, second] = payer.get(f"/api/bookings/{booking.pk}/tickets/").json()
    assert (first["offered_to"], first["payload"]) == (RAVI, payload_of(ticket))
    assert (second["offered_to"], second["holder_name"]) == ("", "")


@pytest.mark.sqlite
def test_an_accepted_ticket_is_the_recipient_s_alone(payer, booking, login, ravi) -> None:
    before = first_of(booking)
    old_payload = payload_of(before)
    answer = accept(login(ravi), offer(payer, before))
    assert answer.status_code == 200
    held = answer.json()
    after = first_of(booking)
    assert (after.version, after.holder, after.holder_name) == (2, ravi, "Ravi Menon")
    assert held["payload"] == payload_of(after) != old_payload
    assert held["code"] == after.code != before.code
    assert held["qr_svg"].startswith(("<?xml", "<svg"))
    [first, second] = payer.get(f"/api/bookings/{booking.pk}/tickets/").json()
    assert (first["code"], first["payload"], first["holder_name"]) == ("", "", "Ravi Menon")
    assert second["payload"] and second["holder_name"] == ""
    base = f"/api/bookings/{booking.pk}/tickets/{before.pk}"
    for refused in (
        payer.get(f"{base}/qr.svg"), payer.post(f"{base}/reissue/"), payer.delete(f"{base}/transfer/"),
        payer.post(f"{base}/transfer/", {"email": "x@example.org"}),
    ):  # fmt: skip
        assert refused.status_code == 404
    document = payer.get(f"/api/bookings/{booking.pk}/tickets.pdf").content
    assert document.count(b"/Type /Page\n") == 1
    client = login(ravi)
    [listed] = client.get("/api/bookings/transfers/").json()["results"]
    assert listed == held
    assert client.get(f"/api/bookings/transfers/{before.pk}/qr.svg").status_code == 200
    assert client.get(f"/api/bookings/transfers/{before.pk}/ticket.pdf").status_code == 200
    assert client.get(f"/api/bookings/{booking.pk}/").status_code == 404
    assert client.get(f"/api/bookings/{booking.pk}/tickets/").status_code == 404
    assert payer.get("/api/bookings/transfers/").json()["count"] == 0
    assert payer.get(f"/api/bookings/transfers/{before.pk}/qr.svg").status_code == 404
    assert [*broken()] == []


def test_the_mails_of_an_acceptance(payer, booking, login, ravi) -> None:
    passed_on(login, payer, booking, ravi)
    letter = sent_to(RAVI)[-1]
    assert letter.subject.startswith("Your ticket: ")
    assert [name for name, *_ in letter.attachments] == ["tickets.pdf", "show.ics"]
    assert booking.reference not in letter.body
    told = sent_to(booking.user.email)[-1]
    assert "Ravi Menon has accepted the ticket for seat A1." in told.body
    assert f"/bookings/{booking.reference}#" in told.body
    assert "Ravi" not in str(Message.objects.values_list("facts", flat=True))


def test_the_link_of_the_ticket_s_mail_opens_the_ticket(payer, booking, login, ravi, api) -> None:
    ticket = first_of(booking)
    token = offer(payer, ticket, message="Hi")
    opened = api.post("/api/bookings/transfers/open/", {"token": token})
    assert opened.status_code == 200 and "no-store" in opened["Cache-Control"]
    body = opened.json()
    assert (body["sender"], body["message"], body["email"]) == ("Asha", "Hi", RAVI)
    assert (body["accepted_at"], body["ticket"]) == (None, None)
    assert (body["seat"]["row"], body["seat"]["number"]) == ("A", "1")
    assert booking.reference not in opened.content.decode()
    assert accept(login(ravi), token).status_code == 200
    after = token_for(RAVI)
    assert after != token
    body = api.post("/api/bookings/transfers/open/", {"token": after}).json()
    assert body["ticket"]["payload"] == payload_of(first_of(booking))
    # Another acceptance is none.
    assert_problem(accept(login(UserFactory()), after), 401, "token_invalid")


def test_links_of_the_payer_s_mails_open_the_booking_no_more(payer, booking, login, ravi) -> None:
    old = services.link_to(booking).rpartition("#")[2]
    passed_on(login, payer, booking, ravi)
    answer = payer.post("/api/bookings/open/", {"reference": booking.reference, "token": old})
    assert_problem(answer, 401, "token_invalid")
    sent_to(booking.user.email)
    assert BookingLink.objects.live().filter(booking=booking).exists()


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


@pytest.mark.parametrize("body", [{}, {"token": 7}, {"token": "x", "name": "see www.x.example"}])
def test_a_bad_acceptance_is_refused(login, ravi, body) -> None:
    answer = login(ravi).post("/api/bookings/transfers/accept/", body)
    assert_problem(answer, 400, "invalid")


def test_somebody_without_a_name_types_one(payer, booking, login) -> None:
    nameless = login(UserFactory(first_name="", last_name=""))
    token = offer(payer, first_of(booking))
    assert_problem(accept(nameless, token), 400, "invalid", "name")
    assert first_of(booking).holder is None
    assert accept(nameless, token, name="Ravi M").json()["holder_name"] == "Ravi M"


def test_a_guest_can_accept(payer, booking, api) -> None:
    token = offer(payer, first_of(booking))
    guest = api.post("/api/users/guest/", {"email": RAVI, "first_name": "Ravi"}).json()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {guest['access']}")
    assert accept(client, token).json()["holder_name"] == "Ravi"
    assert client.get("/api/bookings/transfers/").json()["count"] == 1
    old = User.objects.filter(is_guest=True)
    old.update(date_joined=timezone.now() - timedelta(days=900))
    assert services.erase_old_guests() == 0


def test_nobody_accepts_without_a_login(payer, booking, api) -> None:
    token = offer(payer, first_of(booking))
    assert_problem(accept(api, token), 401, "not_authenticated")


def test_nobody_accepts_their_own_ticket(payer, booking) -> None:
    token = offer(payer, first_of(booking))
    assert_problem(accept(payer, token), 409, "invalid_transition")
    assert first_of(booking).version == 1


def test_a_repeated_acceptance_with_a_key_gets_the_first_answer(
    payer, booking, login, ravi
) -> None:
    token, client = offer(payer, first_of(booking)), login(ravi)
    answers = [
        client.post(
            "/api/bookings/transfers/accept/", {"token": token}, headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert first_of(booking).version == 2


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


def test_the_holder_passes_it_on_again(payer, booking, login, ravi) -> None:
    ticket = passed_on(login, payer, booking, ravi)
    mia = UserFactory(first_name="Mia", last_name="Ortiz")
    first, second = login(ravi), login(mia)
    token = offer(first, ticket, mia.email)
    assert payer.get(f"/api/bookings/{booking.pk}/tickets/").json()[0]["offered_to"] == ""
    assert first.get("/api/bookings/transfers/").json()["results"][0]["offered_to"] == mia.email
    assert accept(second, token).status_code == 200
    assert first.get("/api/bookings/transfers/").json()["count"] == 0
    assert second.get("/api/bookings/transfers/").json()["count"] == 1
    tickets = payer.get(f"/api/bookings/{booking.pk}/tickets/").json()
    assert tickets[0]["holder_name"] == "Mia Ortiz"
    assert "Mia Ortiz has accepted" in sent_to(RAVI)[-1].body
    assert first_of(booking).version == 3
    # It may come back to the customer who paid.
    token = offer(second, ticket, booking.user.email)
    assert accept(payer, token).status_code == 200
    assert [*broken()] == []


def test_a_ticket_that_comes_back_to_its_payer_is_an_ordinary_one_again(
    login, payer, booking, ravi
) -> None:
    ticket = passed_on(login, payer, booking, ravi)
    stale = payload_of(ticket)
    assert sent_to(RAVI)
    mail.outbox.clear()
    token = offer(login(ravi), ticket, booking.user.email)
    assert accept(payer, token).status_code == 200
    ticket = first_of(booking)
    assert (ticket.holder, ticket.holder_name, ticket.voided_at) == (None, "", None)
    assert payload_of(ticket) != stale
    [first, _] = payer.get(f"/api/bookings/{booking.pk}/tickets/").json()
    assert (first["payload"], first["holder_name"]) == (payload_of(ticket), "")
    assert payer.get("/api/bookings/transfers/").json()["count"] == 0
    assert login(ravi).get("/api/bookings/transfers/").json()["count"] == 0
    [told] = sent_to(RAVI)
    assert "Asha Rao" in told.body
    letters = [letter.subject for letter in sent_to(booking.user.email)]
    assert len(letters) == 2  # The offer, and the ticket that was issued again.
    assert payer.post(f"/api/bookings/{booking.pk}/cancel/").status_code == 200
    assert not list(broken())


def test_a_customer_cannot_reissue_a_ticket_that_was_accepted_at_that_moment(
    login, payer, booking, ravi
) -> None:
    ticket = passed_on(login, payer, booking, ravi)
    with pytest.raises(NotFound):
        services.reissue_ticket(ticket_id=ticket.pk, by=booking.user)
    assert first_of(booking).version == ticket.version


def test_the_customer_alone_cannot_cancel_what_somebody_else_holds(
    payer, booking, login, ravi
) -> None:
    passed_on(login, payer, booking, ravi)
    for query in ("", "?dry_run=true"):
        refused = payer.post(f"/api/bookings/{booking.pk}/cancel/{query}", {})
        assert_problem(refused, 409, "invalid_transition")
    booking.refresh_from_db()
    assert booking.status == "confirmed" and not booking.refunds.exists()
    assert Ticket.objects.in_force().count() == 2
    checkout.cancel(booking_id=booking.pk, cancelled_by=StaffFactory())
    booking.refresh_from_db()
    assert booking.status == "cancelled"
    letter = sent_to(RAVI)[-1]
    assert letter.subject.startswith("Ticket not valid any more: ")
    assert "was cancelled" in letter.body and booking.reference not in letter.body
    assert login(ravi).get("/api/bookings/transfers/").json()["count"] == 0
    assert [*broken()] == []


def test_a_ticket_that_somebody_else_holds_is_not_exchanged(payer, booking, login, ravi) -> None:
    held = passed_on(login, payer, booking, ravi)
    other = scheduled_show(event=booking.show.event)
    body = {"ticket_ids": [held.pk], "show_id": other.pk, "seat_ids": seat_ids(other, "A1")}
    refused = payer.post(f"/api/bookings/{booking.pk}/exchange/", body)
    assert_problem(refused, 409, "exchange_not_allowed")
    assert Ticket.objects.in_force().count() == 2 and Booking.objects.count() == 1


def test_another_seat_ends_the_offer_and_brings_the_holder_a_new_copy(
    payer, booking, login, ravi
) -> None:
    ticket = passed_on(login, payer, booking, ravi)
    token = offer(login(ravi), ticket, "mia@example.org")
    before, old = len(sent_to(RAVI)), token_for(RAVI)
    [seat] = seat_ids(booking.show, "B5")
    services.reseat_ticket(ticket_id=ticket.pk, seat_id=seat)
    assert_problem(accept(login(UserFactory()), token), 401, "token_invalid")
    letters = sent_to(RAVI)
    assert len(letters) == before + 1 and "B5" in letters[-1].body
    assert token_for(RAVI) != old
    [held] = login(ravi).get("/api/bookings/transfers/").json()["results"]
    assert (held["row"], held["number"]) == ("B", "5")
    assert [*broken()] == []


def test_the_customer_can_cancel_the_tickets_that_they_kept(payer, booking, login, ravi) -> None:
    held = passed_on(login, payer, booking, ravi)
    kept = booking.tickets.exclude(pk=held.pk).get()
    path = f"/api/bookings/{booking.pk}/cancel/"
    for dry_run in (True, False):
        refused = payer.post(path, {"ticket_ids": [held.pk], "dry_run": dry_run})
        assert_problem(refused, 409, "invalid_transition")
    possible = payer.post(path, {"ticket_ids": [kept.pk], "dry_run": True})
    assert possible.status_code == 200
    assert Ticket.objects.in_force().count() == 2 and not booking.refunds.exists()
    assert payer.post(path, {"ticket_ids": [kept.pk]}).status_code == 200
    assert [*Ticket.objects.in_force()] == [held]
    assert [*broken()] == []


def test_a_cancelled_show_refunds_the_payer_and_tells_both(payer, booking, login, ravi) -> None:
    passed_on(login, payer, booking, ravi)
    pending = Ticket.objects.with_show_and_seat().filter(booking=booking).order_by("pk")[1]
    token = offer(payer, pending, "mia@example.org")
    checkout.cancel_show(show_id=booking.show_id, cancelled_by=StaffFactory(), reason="Flood")
    assert booking.refunds.get().amount == 500
    letter = sent_to(RAVI)[-1]
    assert "The show is cancelled." in letter.body and "Flood" in letter.body
    assert "Money goes back to the person who paid for it." in letter.body
    assert sent_to(booking.user.email)[-1].subject.startswith("Cancelled: ")
    assert_problem(accept(login(UserFactory()), token), 401, "token_invalid")
    assert TicketTransfer.objects.filter(revoked_at=None).count() == 0


def test_a_ticket_that_is_issued_again_ends_its_offer(payer, booking, login) -> None:
    ticket = first_of(booking)
    token = offer(payer, ticket)
    path = f"/api/bookings/{booking.pk}/tickets/{ticket.pk}/reissue/"
    assert payer.post(path).status_code == 200
    assert_problem(accept(login(UserFactory()), token), 401, "token_invalid")


def test_staff_issue_a_held_ticket_again_for_its_holder(payer, booking, login, ravi) -> None:
    ticket = passed_on(login, payer, booking, ravi)
    old = token_for(RAVI)
    staff = login(staff_with("change_ticket", "view_ticket"))
    path = f"/api/bookings/{booking.pk}/tickets/{ticket.pk}/reissue/?all=true"
    answer = staff.post(path)
    assert (answer.status_code, answer.json()["payload"]) == (200, "")
    assert token_for(RAVI) != old
    assert sent_to(RAVI)[-1].attachments
    assert not Message.objects.filter(kind="reissued").exists()
    assert login(ravi).get("/api/bookings/transfers/").json()["results"][0]["code"] == (
        first_of(booking).code
    )


def test_the_door_knows_the_holder(login, ravi, usher) -> None:
    booking = confirmed("A1", "A2", show=show_soon())
    payer = login(booking.user)
    ticket = passed_on(login, payer, booking, ravi)
    path = f"/api/shows/{ticket.show.pk}/door-list.csv"
    rows = login(staff_with("view_booking")).get(path).content.decode()
    assert "Ravi Menon" in rows and booking.reference in rows
    found = usher.get(f"/api/bookings/check-in/search/?show={ticket.show.pk}&q=menon")
    if found.status_code == 200:
        assert "Ravi" in found.content.decode()
    answer = usher.post("/api/bookings/check-in/", {"payload": payload_of(ticket)})
    assert answer.json()["customer_initials"] == "RM"


def test_a_moved_show_brings_the_holder_a_new_copy(payer, booking, login, ravi) -> None:
    passed_on(login, payer, booking, ravi)
    before = len(sent_to(RAVI))
    since = timezone.now()
    start = booking.show.start_time + timedelta(hours=3)
    change_show(show_id=booking.show_id, start_time=start)
    services.write_show_changes(since=since, now=timezone.now())
    letters = sent_to(RAVI)
    assert len(letters) == before + 1
    assert letters[-1].attachments


def test_partners_are_told_without_names(payer, booking, login, ravi, subscription) -> None:
    passed_on(login, payer, booking, ravi)
    delivery = WebhookDelivery.objects.get(event="ticket.transferred")
    ticket = first_of(booking)
    for part in (f'"ticket": {ticket.pk}', f'"booking": {booking.pk}', '"version": 2'):
        assert part in delivery.body
    assert "Ravi" not in delivery.body and RAVI not in delivery.body


def test_both_persons_export_and_erasure(payer, booking, login, ravi) -> None:
    ticket = first_of(booking)
    token = offer(payer, ticket, message="Ravi, have fun")
    accept(login(ravi), token)
    now = timezone.now()
    TicketScan.objects.create(
        ticket=ticket, outcome="ticket_not_valid", scanned_at=now, recorded_at=now, by=ravi
    )
    sent = payer.get("/api/users/me/export/").content.decode()
    assert "Ravi, have fun" in sent
    assert first_of(booking).code not in sent
    held = login(ravi).get("/api/users/me/export/").json()
    assert [each["code"] for each in held["held_tickets"]] == [first_of(booking).code]
    assert "Asha" not in str(held)
    erase_elsewhere(ravi)
    transfer = TicketTransfer.objects.get()
    ticket = first_of(booking)
    assert (transfer.email, transfer.message, ticket.holder_name) == ("", "", "")
    assert ticket.voided_at is None
    erase_elsewhere(booking.user)
    assert "have fun" not in str(TicketTransfer.objects.values())


def test_erasing_the_sender_ends_pending_offers(payer, booking) -> None:
    offer(payer, first_of(booking), message="words")
    erase_elsewhere(booking.user)
    transfer = TicketTransfer.objects.get()
    assert (transfer.email, transfer.message, bool(transfer.revoked_at)) == ("", "", True)


@pytest.mark.sqlite
def test_addresses_of_old_transfers_are_forgotten(payer, booking, login, ravi) -> None:
    passed_on(login, payer, booking, ravi)
    assert services.forget_old_transfers() == 0
    old = timezone.now() - timedelta(days=91)
    Show.objects.update(start_time=old - timedelta(hours=2), end_time=old)
    assert services.forget_old_transfers() == 1
    assert TicketTransfer.objects.get().email == ""


def test_listing_held_tickets_takes_a_fixed_number_of_queries(
    login, ravi, django_assert_max_num_queries
) -> None:
    client = login(ravi)
    for _ in range(3):
        booking = confirmed("A1", show=scheduled_show())
        passed_on(login, login(booking.user), booking, ravi)
    with django_assert_max_num_queries(5):
        assert client.get("/api/bookings/transfers/").json()["count"] == 3
    page = client.get("/api/bookings/transfers/?page_size=2").json()
    assert len(page["results"]) == 2 and "page=2" in page["next"]
    assert_problem(client.get("/api/bookings/transfers/?pages=2"), 400, "invalid", "pages")
