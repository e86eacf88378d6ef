"""Other seats for tickets, chosen by staff."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from audit.models import Entry
from bookings import services
from bookings.errors import TicketNotValid
from bookings.models import BookedSeat, Refund, Ticket, WebhookDelivery, WebhookSubscription
from bookings.selectors import payload_of
from bookings.services import Shown
from bookings.tests.factories import confirmed, held, show_soon, ticket_of
from bookings.tests.reseats import reseat, seat, state, swap, two_categories
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show, ShowSeat
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite
def test_reseat_gives_a_ticket_a_free_seat_and_frees_the_old_one(boss_api) -> None:
    show = show_soon()
    booking, staff = confirmed("A1", "A2", show=show), StaffFactory()
    ticket = ticket_of(booking)
    old_code, old_payload = ticket.code, payload_of(ticket)
    answer = reseat(boss_api, ticket, seat(show, "B5"))
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["id"], body["seat_id"], body["row"], body["number"]) == (
        ticket.pk, seat(show, "B5"), "B", "5",
    )  # fmt: skip
    assert body["code"] != old_code
    owners = ShowSeat.objects.filter(show=show, booking=booking)
    assert sorted(str(row.seat) for row in owners) == ["A2", "B5"]
    assert ShowSeat.objects.get(show=show, seat=seat(show, "A1")).status == "available"
    line, old = Ticket.objects.get(pk=ticket.pk).booked_seat, ticket.booked_seat
    assert (line.replaces_id, line.price, line.cancelled_at) == (old.pk, old.price, None)
    old.refresh_from_db()
    assert old.cancelled_at is not None
    for payload in (old_payload, old_code):
        with pytest.raises(Exception) as refusal:  # noqa: PT011
            services.check_in(shown=Shown(payload), by=staff)
        if isinstance(refusal.value, TicketNotValid):
            assert refusal.value.members["reason"] == "reissued"
    assert services.check_in(shown=Shown(body["payload"]), by=staff).outcome == "admitted"
    assert list(broken()) == []


def test_the_customer_gets_the_new_ticket_and_no_cancellation(boss_api) -> None:
    show = scheduled_show()
    booking = confirmed("A1", show=show)
    call_command("worker", once=True, queue=["messages"])
    mail.outbox.clear()
    for label in ("B5", "B6"):
        reseat(boss_api, ticket_of(booking), seat(show, label))
    call_command("worker", once=True, queue=["messages"])
    [message] = mail.outbox
    assert message.subject.startswith("Your new seats: ")
    # The links in the mail are random, and may have any letters.
    assert "Your seats have changed: B6." in message.body
    assert [name for name, *_ in message.attachments] == ["tickets.pdf", "show.ics"]


def test_partners_hear_of_the_ticket(boss_api) -> None:
    show = scheduled_show()
    booking = confirmed("A1", show=show)
    WebhookSubscription.objects.create(
        name="partner", url="https://example.org", events=["ticket.reissued"], secret="whsec_x"
    )
    reseat(boss_api, ticket_of(booking), seat(show, "B5"))
    [row] = WebhookDelivery.objects.filter(event="ticket.reissued")
    assert f'"seat_id": {seat(show, "B5")}' in row.body and '"version": 2' in row.body


def test_reseat_takes_a_house_seat_and_an_expired_hold(boss_api) -> None:
    show = scheduled_show()
    block_seats(show_id=show.pk, block=seat_ids(show, "B1"), reason="press")
    ticket = ticket_of(confirmed("A1", show=show))
    assert reseat(boss_api, ticket, seat(show, "B1")).status_code == 200
    assert ShowSeat.objects.get(show=show, seat=seat(show, "B1")).block_reason == ""
    assert list(broken()) == []


@pytest.mark.parametrize("rival", [held, confirmed])
def test_reseat_refuses_a_taken_seat(boss_api, rival) -> None:
    show = scheduled_show()
    rival("B1", show=show)
    ticket = ticket_of(confirmed("A1", show=show))
    before = state()
    problem = assert_problem(reseat(boss_api, ticket, seat(show, "B1")), 409, "seats_unavailable")
    assert problem["unavailable_seat_ids"] == [seat(show, "B1")]
    assert state() == before


def test_reseat_refuses_a_seat_of_another_show_and_wrong_bodies(boss_api) -> None:
    show, other = scheduled_show(), scheduled_show()
    ticket = ticket_of(confirmed("A1", show=show))
    before = state()
    assert_problem(reseat(boss_api, ticket, seat(other, "A1")), 400, "seats_not_in_show")
    assert_problem(reseat(boss_api, ticket, 10**9), 400, "seats_not_in_show")
    assert_problem(reseat(boss_api, ticket, seat(show, "A1")), 400, "invalid", "seat_id")
    assert_problem(reseat(boss_api, ticket, "A2"), 400, "invalid", "seat_id")
    assert_problem(reseat(boss_api, ticket, seat(show, "A2"), price="1"), 400, "invalid", "price")
    answer = reseat(boss_api, ticket, seat(show, "A2"), reprice="yes")
    assert_problem(answer, 400, "invalid", "reprice")
    path = f"/api/bookings/{ticket.booking_id + 1}/tickets/{ticket.pk}/reseat/"
    assert_problem(boss_api.post(path, {"seat_id": seat(show, "A2")}), 404, "not_found")
    assert state() == before


def test_reseat_refuses_a_ticket_that_is_in_or_cancelled_or_of_a_show_that_is_over(
    boss_api,
) -> None:
    show = show_soon()
    booking = confirmed("A1", show=show)
    ticket = ticket_of(booking)
    services.check_in(shown=Shown(payload_of(ticket)), by=StaffFactory())
    before = state()
    problem = assert_problem(reseat(boss_api, ticket, seat(show, "B1")), 409, "already_checked_in")
    assert problem["seat"] == "A1"
    assert state() == before
    gone = confirmed("A2", show=show)
    ticket = ticket_of(gone)
    services.cancel_booking(booking_id=gone.pk, cancelled_by=gone.user, in_full=True)
    before = state()
    problem = assert_problem(reseat(boss_api, ticket, seat(show, "B1")), 409, "ticket_not_valid")
    assert problem["reason"] == "cancelled"
    assert state() == before
    ticket = ticket_of(confirmed("A3", show=show))
    past = timezone.now() - timedelta(minutes=1)
    Show.objects.filter(pk=show.pk).update(start_time=past - timedelta(hours=2), end_time=past)
    before = state()
    assert_problem(reseat(boss_api, ticket, seat(show, "B1")), 409, "in_use")
    assert state() == before


def test_reseat_and_swap_are_for_staff_who_may_change_tickets(staff_api, login, api) -> None:
    show = scheduled_show()
    booking = confirmed("A1", "A2", show=show)
    first, second = booking.tickets.all()
    before = state()
    for client in (login(booking.user), staff_api("view_booking", "view_ticket")):
        assert_problem(reseat(client, first, seat(show, "B1")), 403, "permission_denied")
        assert_problem(swap(client, show, first, second), 403, "permission_denied")
    assert_problem(reseat(api, first, seat(show, "B1")), 401, "not_authenticated")
    assert state() == before
    assert reseat(staff_api("change_ticket"), first, seat(show, "B1")).status_code == 200


def test_another_category_needs_reprice(boss_api) -> None:
    screen, prices = two_categories()
    show = scheduled_show(screen=screen, prices=prices)
    ticket = ticket_of(confirmed("A1", show=show))
    before = state()
    for reprice in ({}, {"reprice": False}):
        answer = reseat(boss_api, ticket, seat(show, "B1"), **reprice)
        assert_problem(answer, 400, "invalid", "reprice")
    assert state() == before


def test_a_cheaper_seat_gives_the_difference_back(boss_api) -> None:
    screen, prices = two_categories()
    show = scheduled_show(screen=screen, prices=prices, fee_per_ticket="10", tax_rate="10",
                          tax_inclusive=False)  # fmt: skip
    booking = confirmed("A1", "A2", show=show)
    assert booking.total == Decimal("682.000")  # (600 + 20) × 1.1
    answer = reseat(boss_api, ticket_of(booking), seat(show, "B1"), reprice=True)
    assert answer.status_code == 200, answer.content
    refund = Refund.objects.get()
    assert (refund.amount, refund.status) == (Decimal("110.000"), "succeeded")
    assert ticket_of(booking).booked_seat.price == Decimal("200.000")
    assert list(broken()) == []
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user, in_full=True)
    assert sum(Refund.objects.values_list("amount", flat=True)) == Decimal("682.000")
    assert list(broken()) == []


def test_a_dearer_seat_is_refused_and_the_difference_named(boss_api) -> None:
    screen, prices = two_categories()
    show = scheduled_show(screen=screen, prices=prices)
    ticket = ticket_of(confirmed("A1", show=show))
    before = state()
    answer = reseat(boss_api, ticket, seat(show, "C1"), reprice=True)
    problem = assert_problem(answer, 400, "invalid", "seat_id")
    assert "200.00 INR" in problem["errors"][0]["detail"]
    assert state() == before


def test_a_reseat_that_is_sent_again_with_its_key_is_done_once(boss_api) -> None:
    show = scheduled_show()
    ticket = ticket_of(confirmed("A1", show=show))
    path = f"/api/bookings/{ticket.booking_id}/tickets/{ticket.pk}/reseat/"
    body, key = {"seat_id": seat(show, "B1")}, {"HTTP_IDEMPOTENCY_KEY": "once"}
    first, again = (boss_api.post(path, body, format="json", **key) for _ in range(2))
    assert again.json() == first.json() and again["Idempotent-Replayed"] == "true"
    assert Ticket.objects.get(pk=ticket.pk).version == 2


def test_the_reseat_is_recorded_with_both_seats(boss_api) -> None:
    show = scheduled_show()
    ticket = ticket_of(confirmed("A1", show=show))
    reseat(boss_api, ticket, seat(show, "B1"))
    entry = Entry.objects.get(action="tickets.reseat")
    assert (entry.object_id, entry.changes["seat"]) == (str(ticket.pk), ["A1", "B1"])


def test_a_reseated_booking_can_be_cancelled_and_frees_its_new_seats(boss_api) -> None:
    show = scheduled_show()
    booking = confirmed("A1", "A2", show=show)
    reseat(boss_api, ticket_of(booking), seat(show, "B1"))
    rival = confirmed("A1", show=show)
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    booked = ShowSeat.objects.filter(show=show, status="booked")
    assert [row.booking_id for row in booked] == [rival.pk]
    assert Refund.objects.get().amount == booking.total
    assert list(broken()) == []


def test_the_booking_lists_its_new_seat_only(boss_api, login) -> None:
    show = scheduled_show()
    booking = confirmed("A1", "A2", show=show)
    reseat(boss_api, ticket_of(booking), seat(show, "B1"))
    client = login(booking.user)
    body = client.get(f"/api/bookings/{booking.pk}/").json()
    assert sorted(body["seat_ids"]) == sorted(seat_ids(show, "A2", "B1"))
    tickets = client.get(f"/api/bookings/{booking.pk}/tickets/").json()
    assert sorted(row["row"] + row["number"] for row in tickets) == ["A2", "B1"]


def test_the_invariants_see_a_line_that_was_replaced_and_stays_active(boss_api) -> None:
    show = scheduled_show()
    booking = confirmed("A1", show=show)
    reseat(boss_api, ticket_of(booking), seat(show, "B1"))
    BookedSeat.objects.filter(booking=booking).update(cancelled_at=None)
    assert any("replaces line" in line for line in broken())
