"""Tickets at the API: the list, the paper, and issuing one again."""

import re
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission

from bookings import checkout, selectors
from bookings.models import Ticket
from bookings.tests.assertions import verified_by_hand
from bookings.tests.factories import confirmed, held, run_out
from bookings.tickets.qr import qr_code, qr_svg
from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import StaffFactory, UserFactory
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db


def tickets_url(booking) -> str:
    return f"/api/bookings/{booking.pk}/tickets/"


def test_each_seat_of_a_confirmed_booking_has_a_ticket(login, api) -> None:
    booking = confirmed("A1", "A2")
    answer = login(booking.user).get(tickets_url(booking))
    assert answer.status_code == 200
    first, second = answer.json()
    assert list(first) == [
        "id", "seat_id", "row", "number", "code", "payload", "checked_in_at", "holder_name",
        "offered_to",
    ]  # fmt: skip
    assert [first["seat_id"], second["seat_id"]] == seat_ids(booking.show, "A1", "A2")
    assert (first["row"], first["number"], first["checked_in_at"]) == ("A", "1", None)
    assert re.fullmatch(r"([2-9A-HJ-NP-Z]{3}-){2}[2-9A-HJ-NP-Z]{3}", first["code"])
    assert len({first["code"], second["code"], booking.reference}) == 3
    published = api.get("/api/bookings/check-in/keys/").json()["keys"]
    said = [int(field, 36) for field in verified_by_hand(first["payload"], published)[2:]]
    start = int(booking.show.start_time.timestamp())
    assert said == [first["id"], booking.show_id, first["seat_id"], start, 1]


def test_a_free_booking_has_its_tickets_at_once(login) -> None:
    booking = confirmed("A1", show=scheduled_show(price="0"))
    assert len(login(booking.user).get(tickets_url(booking)).json()) == 1


def test_the_list_takes_as_many_queries_for_many_tickets(login, django_assert_num_queries) -> None:
    for labels in (["A1"], ["A1", "A2", "A3", "A4", "A5"]):
        booking = confirmed(*labels)
        client = login(booking.user)
        with django_assert_num_queries(5):
            assert len(client.get(tickets_url(booking)).json()) == len(labels)


@pytest.mark.sqlite
def test_a_booking_cancelled_while_its_tickets_are_drawn_is_refused(login, monkeypatch) -> None:
    booking = confirmed("A1")
    read = selectors.tickets_of

    def cancelled_before(booking):
        """Cancel the booking after the view has read it."""
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
        return read(booking)

    monkeypatch.setattr("bookings.printing.tickets_of", cancelled_before)
    answer = login(booking.user).get(f"/api/bookings/{booking.pk}/tickets.pdf")
    assert assert_problem(answer, 409, "invalid_transition")["booking_status"] == "cancelled"


@pytest.mark.parametrize("name", ["tickets/", "tickets.pdf"])
def test_only_confirmed_bookings_have_tickets(login, name: str) -> None:
    pending, expired, cancelled = held("A1"), held("A1"), confirmed("A1")
    run_out(expired)
    checkout.cancel(booking_id=cancelled.pk, cancelled_by=cancelled.user)
    states = {"pending": pending, "expired": expired, "cancelled": cancelled}
    for status, booking in states.items():
        answer = login(booking.user).get(f"/api/bookings/{booking.pk}/{name}")
        assert assert_problem(answer, 409, "invalid_transition")["booking_status"] == status
    assert not Ticket.objects.in_force().exists()


@pytest.mark.parametrize("name", ["tickets/", "tickets.pdf"])
def test_another_customer_s_tickets_do_not_exist(login, api, name: str) -> None:
    booking = confirmed()
    url = f"/api/bookings/{booking.pk}/{name}"
    assert_problem(api.get(url), 401, "not_authenticated")
    stranger = login(UserFactory())
    refused = stranger.get(url)
    assert_problem(refused, 404, "not_found")
    assert refused.content == stranger.get(f"/api/bookings/999999/{name}").content
    assert login(StaffFactory()).get(f"{url}?all=true").status_code == 200


@pytest.mark.parametrize("accept", ["*/*", "application/pdf", "application/json", "text/html"])
def test_the_paper_is_a_pdf_with_a_page_for_each_ticket(login, accept: str) -> None:
    venue = VenueFactory(name="पृथ्वी थिएटर", timezone="Asia/Kolkata")
    show = scheduled_show(
        screen=hall({"A": 3, "Balcony on the very left of the house": 2}, venue=venue),
        event=EventFactory(title="臥虎藏龍 · क्षत्रिय · Война и мир · 🎬 " + "long " * 30),
        fee_per_booking="10",
        tax_rate="18",
    )
    booking = confirmed("A1", "A2", "Balcony on the very left of the house1", show=show)
    client = login(booking.user)
    url = f"/api/bookings/{booking.pk}/tickets.pdf"
    answer = client.get(url, HTTP_ACCEPT=accept)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == f'inline; filename="tickets-{booking.reference}.pdf"'
    assert answer.content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", answer.content)) == 3
    # Every font is in the file.
    assert answer.content.count(b"/FontFile2") >= 3
    assert client.get(url).content == answer.content


def test_the_paper_is_in_the_customer_s_language(login) -> None:
    booking = confirmed("A1")
    url = f"/api/bookings/{booking.pk}/tickets.pdf"
    client = login(booking.user)
    english = client.get(url).content
    for language in ("es", "hi"):
        User.objects.update(language=language)
        paper = client.get(url, headers={"Accept-Language": "en"}).content
        assert paper != english and f"/Lang ({language})".encode() in paper


# ---- The QR code as an image


def qr_url(ticket) -> str:
    return f"/api/bookings/{ticket.booking_id}/tickets/{ticket.pk}/qr.svg"


@pytest.mark.parametrize("accept", ["*/*", "image/svg+xml", "application/json", "text/html"])
def test_a_ticket_s_code_is_an_image(login, accept: str) -> None:
    booking = confirmed("A1", "A2")
    client = login(booking.user)
    images = []
    for ticket, said in zip(
        booking.tickets.order_by("pk"), client.get(tickets_url(booking)).json(), strict=True
    ):
        answer = client.get(qr_url(ticket), HTTP_ACCEPT=accept)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
        assert answer["Cache-Control"] == "private, no-store"
        assert answer.content == qr_svg(said["payload"])
        images.append(answer.content)
    assert images[0] != images[1]


def test_the_image_has_the_modules_of_the_code_and_a_quiet_zone() -> None:
    size = qr_code("T1.A").size + 8
    image = ElementTree.fromstring(qr_svg("T1.A"))
    assert image.get("viewBox") == f"0 0 {size} {size}" and image.get("width") is None


def test_only_the_customer_sees_a_ticket_s_code_while_the_booking_is_confirmed(login, api) -> None:
    booking, other = confirmed("A1"), confirmed("A1")
    ticket = booking.tickets.get()
    assert_problem(api.get(qr_url(ticket)), 401, "not_authenticated")
    assert_problem(login(UserFactory()).get(qr_url(ticket)), 404, "not_found")
    foreign = f"/api/bookings/{other.pk}/tickets/{ticket.pk}/qr.svg"
    assert_problem(login(other.user).get(foreign), 404, "not_found")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert_problem(login(booking.user).get(qr_url(ticket)), 409, "invalid_transition")


# ---- Issuing one again


def reissue_url(ticket) -> str:
    return f"/api/bookings/{ticket.booking_id}/tickets/{ticket.pk}/reissue/"


def test_a_ticket_issued_again_has_another_code_and_payload(login) -> None:
    booking = confirmed("A1", "A2")
    client = login(booking.user)
    before = client.get(tickets_url(booking)).json()
    ticket = booking.tickets.first()
    answer = client.post(reissue_url(ticket), headers={"Idempotency-Key": "lost"})
    assert answer.status_code == 200
    after = client.get(tickets_url(booking)).json()
    assert after[0] == answer.json()
    assert after[1] == before[1]
    for name in ("code", "payload"):
        assert after[0][name] != before[0][name]
    again = client.post(reissue_url(ticket), headers={"Idempotency-Key": "lost"})
    assert (again.content, again["Idempotent-Replayed"]) == (answer.content, "true")
    ticket.refresh_from_db()
    assert ticket.version == 2


def test_a_used_ticket_or_one_of_somebody_else_is_not_issued_again(login) -> None:
    booking = confirmed("A1")
    ticket = booking.tickets.get()
    assert_problem(login(UserFactory()).post(reissue_url(ticket)), 404, "not_found")
    other = confirmed("A1")
    foreign = f"/api/bookings/{other.pk}/tickets/{ticket.pk}/reissue/"
    assert_problem(login(other.user).post(foreign), 404, "not_found")
    Ticket.objects.filter(pk=ticket.pk).update(checked_in_at=booking.booked_at)
    assert_problem(login(booking.user).post(reissue_url(ticket)), 409, "already_checked_in")
    checkout.cancel(booking_id=booking.pk, cancelled_by=StaffFactory(), in_full=True)
    assert_problem(login(booking.user).post(reissue_url(ticket)), 409, "invalid_transition")
    ticket.refresh_from_db()
    assert ticket.version == 1


# ---- Cancelling


def test_a_booking_of_which_somebody_came_in_is_not_given_back(login) -> None:
    booking = confirmed("A1", "A2")
    booking.tickets.filter(pk=booking.tickets.first().pk).update(checked_in_at=booking.booked_at)
    answer = login(booking.user).post(f"/api/bookings/{booking.pk}/cancel/")
    assert_problem(answer, 409, "invalid_transition")
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    assert booking.tickets.in_force().count() == 2
    assert not booking.refunds.exists()


def test_staff_can_cancel_a_show_that_people_are_in(login) -> None:
    booking = confirmed("A1")
    booking.tickets.update(checked_in_at=booking.booked_at)
    staff = StaffFactory()
    staff.user_permissions.add(Permission.objects.get(codename="change_show"))
    assert login(staff).post(f"/api/shows/{booking.show_id}/cancel/").status_code == 200
    assert not booking.tickets.in_force().exists()
