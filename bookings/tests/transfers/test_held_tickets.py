"""Tickets that somebody else holds, and later actions on their bookings."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from bookings import checkout, services
from bookings.models import Booking, Message, Ticket, TicketScan, TicketTransfer, WebhookDelivery
from bookings.selectors import payload_of
from bookings.tests.factories import confirmed, show_soon
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
from eventbooking_system.errors import NotFound
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.services import change_show
from shows.tests.factories import scheduled_show, seat_ids
from users.erasure import erase_elsewhere
from users.tests.factories import StaffFactory, UserFactory, staff_with

pytestmark = pytest.mark.django_db


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
