"""The acceptance of an offered ticket, its mails and its links."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bookings import services
from bookings.models import BookingLink, Message
from bookings.selectors import payload_of
from bookings.tests.soundness import broken
from bookings.tests.transfers.steps import (
    RAVI,
    accept,
    first_of,
    offer,
    passed_on,
    sent_to,
    token_for,
)
from eventbooking_system.testing.problems import assert_problem
from users.models import User
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


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
    # A second acceptance is refused.
    assert_problem(accept(login(UserFactory()), after), 401, "token_invalid")


def test_links_of_the_payer_s_mails_open_the_booking_no_more(payer, booking, login, ravi) -> None:
    old = services.link_to(booking).rpartition("#")[2]
    passed_on(login, payer, booking, ravi)
    answer = payer.post("/api/bookings/open/", {"reference": booking.reference, "token": old})
    assert_problem(answer, 401, "token_invalid")
    sent_to(booking.user.email)
    assert BookingLink.objects.live().filter(booking=booking).exists()


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
