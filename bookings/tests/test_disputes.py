"""Disputes by a customer's bank, and the refunds beside them."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as configured
from django.core import mail
from django.db import IntegrityError, transaction

from bookings import checkout, services
from bookings.invariants import broken
from bookings.models import Booking, Dispute, LedgerEntry, Message, Payment, ProviderEvent, Refund
from bookings.models import StrayPayment as Line
from bookings.payments.providers import gateway_named
from bookings.reconciliation import reconcile
from bookings.tasks import start_messages
from bookings.tests.factories import confirmed, statuses
from bookings.tests.playground import assert_sound, deliver
from bookings.tests.stripe_server import StripeServer
from users.tests.factories import StaffFactory, staff_with

pytestmark = pytest.mark.django_db

WEBHOOK = "/api/bookings/webhooks/stripe/"


@pytest.fixture
def paid(server: StripeServer) -> tuple[Booking, Payment]:
    """
    Confirm a booking of 500, and return it with its payment.

    The provider's events so far are delivered.
    """
    booking = confirmed()
    deliver(server)
    return booking, booking.payments.get()


def moved(kind: str) -> Decimal:
    return sum(LedgerEntry.objects.filter(kind=kind).values_list("amount", flat=True), Decimal(0))


def refunds() -> list[tuple[str, Decimal]]:
    return list(Refund.objects.order_by("pk").values_list("status", "amount"))


def cancel(booking: Booking, **how: Any) -> None:
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user, **how)
    booking.refresh_from_db()


@pytest.mark.sqlite
def test_a_dispute_is_stored_with_its_deadline_and_its_money_leaves_the_ledger(
    server, paid, api
) -> None:
    booking, payment = paid
    at_provider = server.dispute(payment.provider_id)
    for body, headers in server.deliveries():
        answer = api.post(WEBHOOK, body, content_type="application/json", headers=headers)
        assert answer.status_code == 200
    dispute = Dispute.objects.get()
    assert (dispute.provider_id, dispute.payment) == (at_provider["id"], payment)
    assert (dispute.state, dispute.reason) == ("needs_response", "fraudulent")
    assert (dispute.amount, dispute.currency, dispute.closed_at) == (500, "INR", None)
    due_by = at_provider["evidence_details"]["due_by"]
    assert dispute.evidence_due_at == datetime.fromtimestamp(due_by, UTC)
    assert (moved("disputed"), moved("dispute_fee"), moved("dispute_won")) == (-500, -15, 0)
    booking.refresh_from_db()
    assert (booking.status, statuses(booking.show)) == ("confirmed", {"booked", "available"})
    assert not Line.objects.exists()
    assert_sound(server)


@pytest.mark.sqlite
@pytest.mark.parametrize("end", ["won", "lost"])
def test_events_in_any_order_and_twice_lead_to_the_same_end(server, paid, end) -> None:
    _, payment = paid
    dispute = server.dispute(payment.provider_id)
    server.move_dispute(dispute["id"], "under_review")
    server.move_dispute(dispute["id"], end)
    events = server.deliveries(copies=2)
    random.Random(end).shuffle(events)
    closed_first = sorted(events, key=lambda event: b"charge.dispute.closed" not in event[0])
    for body, headers in closed_first:
        checkout.receive_event(provider="stripe", body=body, headers=headers)
    assert Dispute.objects.get().state == end
    assert Dispute.objects.get().closed_at
    assert (moved("disputed"), moved("dispute_fee")) == (-500, -15)
    assert moved("dispute_won") == (500 if end == "won" else 0)
    assert not Line.objects.exists()
    assert_sound(server)


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_states_that_were_read_early_may_be_recorded_late(server, paid, order) -> None:
    _, payment = paid
    gateway = gateway_named("stripe")
    dispute_id = server.dispute(payment.provider_id)["id"]
    read = [gateway.dispute_state(provider_id=dispute_id)]
    for status in ("under_review", "won"):
        server.move_dispute(dispute_id, status)
        read.append(gateway.dispute_state(provider_id=dispute_id))
    for number in order:
        services.record_dispute(provider="stripe", state=read[number])
    assert Dispute.objects.get().state == "won"
    assert (moved("disputed"), moved("dispute_won"), moved("dispute_fee")) == (-500, 500, -15)
    assert_sound(server)


@pytest.mark.sqlite
def test_no_refund_is_sent_while_a_dispute_is_open_and_a_lost_one_settles_it(server, paid) -> None:
    booking, payment = paid
    dispute = server.dispute(payment.provider_id)
    deliver(server)
    cancel(booking)
    assert booking.status == "cancelled"
    assert refunds() == [("pending", 500)]
    services.retry_refund(refund_id=Refund.objects.get().pk)
    assert checkout.send_refunds() == 0
    assert "refund" not in [request["op"] for request in server.asked()]
    server.move_dispute(dispute["id"], "lost")
    deliver(server)
    assert refunds() == [("settled", 500)]
    assert checkout.send_refunds() == 0
    services.retry_refund(refund_id=Refund.objects.get().pk)
    assert refunds() == [("settled", 500)]
    assert (moved("refunded"), moved("disputed")) == (0, -500)
    booking.refresh_from_db()
    assert (booking.status, statuses(booking.show)) == ("cancelled", {"available"})
    assert_sound(server)


@pytest.mark.sqlite
def test_a_won_dispute_lets_the_waiting_refund_go(server, paid) -> None:
    booking, payment = paid
    dispute = server.dispute(payment.provider_id)
    deliver(server)
    cancel(booking)
    server.move_dispute(dispute["id"], "won")
    deliver(server)
    assert checkout.send_refunds() == 1
    assert refunds() == [("succeeded", 500)]
    assert (moved("disputed"), moved("dispute_won"), moved("refunded")) == (-500, 500, -500)
    assert_sound(server)


@pytest.mark.sqlite
def test_a_cancellation_after_a_lost_dispute_sends_nothing_back(server, paid) -> None:
    booking, payment = paid
    server.move_dispute(server.dispute(payment.provider_id)["id"], "lost")
    deliver(server)
    booking.refresh_from_db()
    payment.refresh_from_db()
    assert (booking.status, payment.amount_lost) == ("confirmed", 500)
    cancel(booking, in_full=True)
    assert (booking.status, refunds()) == ("cancelled", [("settled", 500)])
    payment.refresh_from_db()
    assert (payment.amount_lost, payment.amount_refunded) == (0, 500)
    assert Message.objects.get(kind="cancelled").facts == {"refund": "0.00"}
    assert_sound(server)


def test_a_cancellation_by_the_terms_counts_what_the_dispute_took(server) -> None:
    booking = confirmed(refund_percent=50)
    payment = booking.payments.get()
    server.move_dispute(server.dispute(payment.provider_id, 20000)["id"], "lost")
    deliver(server)
    cancel(booking)
    assert sorted(refunds()) == [("settled", 200), ("succeeded", 50)]
    assert Message.objects.get(kind="cancelled").facts == {"refund": "50.00"}
    assert_sound(server)


def test_a_refund_that_comes_back_after_a_loss_is_not_sent_again(server) -> None:
    """The customer has by the dispute what the terms give back."""
    booking = confirmed(refund_percent=50)
    payment = booking.payments.get()
    cancel(booking)
    server.move_dispute(server.dispute(payment.provider_id, 25000)["id"], "lost")
    deliver(server)
    payment.refresh_from_db()
    assert (refunds(), payment.amount_lost) == ([("succeeded", 250)], 250)
    server.settle_refund(Refund.objects.get().provider_id, "failed")
    deliver(server)
    payment.refresh_from_db()
    assert (refunds(), payment.amount_lost) == ([("settled", 250)], 0)
    assert_sound(server)


def test_a_part_that_was_lost_is_taken_off_what_is_still_refunded(server, paid) -> None:
    booking, payment = paid
    dispute = server.dispute(payment.provider_id, 20000)
    deliver(server)
    cancel(booking)
    server.move_dispute(dispute["id"], "lost")
    deliver(server)
    assert sorted(refunds()) == [("pending", 300), ("settled", 200)]
    assert checkout.send_refunds() == 1
    assert server.truth()[str(payment.pk)]["refunded"] == 30000
    assert_sound(server)


def test_what_was_kept_is_lost_last(server) -> None:
    """
    The terms kept a half, and the dispute took all.

    The half that was to go back is lost first.
    """
    booking = confirmed(refund_percent=50)
    payment = booking.payments.get()
    dispute = server.dispute(payment.provider_id)
    deliver(server)
    cancel(booking)
    server.move_dispute(dispute["id"], "lost")
    deliver(server)
    payment.refresh_from_db()
    assert (refunds(), payment.amount_lost) == ([("settled", 250)], 250)
    assert_sound(server)


def test_a_lost_dispute_that_is_won_after_all_owes_the_refund_again(server, paid) -> None:
    booking, payment = paid
    dispute = server.dispute(payment.provider_id)
    deliver(server)
    cancel(booking)
    server.move_dispute(dispute["id"], "lost")
    deliver(server)
    server.move_dispute(dispute["id"], "won")
    deliver(server)
    assert refunds() == [("pending", 500)]
    assert checkout.send_refunds() == 1
    assert_sound(server)


def test_a_part_that_comes_back_after_the_loss_is_owed_again(server, paid) -> None:
    booking, payment = paid
    dispute = server.dispute(payment.provider_id)
    deliver(server)
    cancel(booking)
    server.move_dispute(dispute["id"], "lost", reinstated=12000)
    deliver(server)
    assert sorted(refunds()) == [("pending", 120), ("settled", 380)]
    assert_sound(server)


def test_an_inquiry_moves_no_money_and_holds_no_refund(server, paid) -> None:
    booking, payment = paid
    dispute = server.dispute(payment.provider_id, status="warning_needs_response")
    deliver(server)
    assert Dispute.objects.get().state == "inquiry"
    assert not LedgerEntry.objects.filter(dispute__isnull=False).exists()
    cancel(booking)
    assert refunds() == [("succeeded", 500)]
    server.move_dispute(dispute["id"], "warning_closed")
    deliver(server)
    assert Dispute.objects.get().state == "inquiry_closed"
    assert_sound(server)


def test_an_inquiry_may_become_a_dispute(server, paid) -> None:
    _, payment = paid
    dispute = server.dispute(payment.provider_id, status="warning_needs_response")
    deliver(server)
    server.move_dispute(dispute["id"], "needs_response")
    deliver(server)
    assert (Dispute.objects.get().state, moved("disputed")) == ("needs_response", -500)
    assert_sound(server)


def test_a_cancelled_booking_stays_cancelled_when_a_dispute_is_won(server, paid) -> None:
    booking, payment = paid
    dispute = server.dispute(payment.provider_id)
    deliver(server)
    cancel(booking)
    for status in ("under_review", "won"):
        server.move_dispute(dispute["id"], status)
        deliver(server)
    booking.refresh_from_db()
    assert (booking.status, statuses(booking.show)) == ("cancelled", {"available"})
    assert not booking.tickets.filter(voided_at=None).exists()


def test_a_cancelled_show_keeps_the_refund_of_a_disputed_booking_waiting(server, paid) -> None:
    booking, payment = paid
    server.dispute(payment.provider_id)
    deliver(server)
    checkout.cancel_show(show_id=booking.show_id, cancelled_by=StaffFactory())
    assert refunds() == [("pending", 500)]
    assert_sound(server)


def test_a_dispute_whose_events_were_lost_is_found_by_the_reconciliation(server, paid) -> None:
    _, payment = paid
    dispute = server.dispute(payment.provider_id)
    reconcile("stripe")
    assert Dispute.objects.get().state == "needs_response"
    # An old one is not in the list of new ones, so it is asked for by its id.
    server.disputes[dispute["id"]]["created"] = 0
    server.move_dispute(dispute["id"], "lost")
    assert reconcile("stripe")["dispute lost"] == 1
    assert Dispute.objects.get().state == "lost"
    assert_sound(server)


@pytest.mark.parametrize("change", [{"provider_id": "pi_other"}, {"currency": "EUR"}])
def test_a_dispute_that_fits_no_payment_is_a_line_for_staff(server, paid, change) -> None:
    _, payment = paid
    Payment.objects.update(**change)
    server.dispute(payment.provider_id)
    deliver(server)
    assert Line.objects.get().reason == "a dispute that fits no payment"
    assert not Dispute.objects.exists()
    assert not LedgerEntry.objects.filter(dispute__isnull=False).exists()


def test_an_event_of_a_dispute_that_the_provider_does_not_know_changes_nothing(
    server, paid
) -> None:
    _, payment = paid
    server.dispute(payment.provider_id)
    server.disputes.clear()
    assert set(deliver(server)) == {"unknown payment"}
    assert not Dispute.objects.exists()
    assert ProviderEvent.objects.filter(type__startswith="charge.dispute").count() == 2


def test_a_refund_that_went_out_before_the_loss_is_noted_as_gone(server, paid) -> None:
    """The refund's answer was lost, and the dispute took the rest."""
    booking, payment = paid
    server.script("refund", "lose", "lose")
    cancel(booking)
    assert refunds() == [("pending", 500)]
    server.dispute(payment.provider_id)
    [dispute] = server.disputes.values()
    server.move_dispute(dispute["id"], "lost")
    for body, headers in reversed(server.deliveries()):
        checkout.receive_event(provider="stripe", body=body, headers=headers)
    payment.refresh_from_db()
    assert (refunds(), payment.amount_lost) == ([("succeeded", 500)], 0)
    assert_sound(server)


def test_the_ledger_takes_a_dispute_s_money_once(server, paid) -> None:
    _, payment = paid
    server.dispute(payment.provider_id)
    deliver(server)
    entry = LedgerEntry.objects.get(kind="disputed")
    entry.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save(force_insert=True)
    entry.dispute = None
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save(force_insert=True)


# ---- Staff


def test_staff_are_told_of_the_opening_and_of_the_end(server, paid, settings) -> None:
    settings.STAFF_EMAIL = "till@regal.example"
    booking, payment = paid
    dispute = server.dispute(payment.provider_id)
    deliver(server, copies=2)
    for status in ("under_review", "lost"):
        server.move_dispute(dispute["id"], status)
    deliver(server, copies=2, shuffle=True)
    while start_messages():
        pass
    opened, lost = [each for each in mail.outbox if each.to == ["till@regal.example"]]
    assert opened.subject == "A payment is in dispute: 500.00 INR"
    assert dispute["id"] in opened.body and booking.reference in opened.body
    assert "Refunds of this payment wait" in opened.body
    assert "Send your evidence to the payment provider by" in opened.body
    page = f"/admin/bookings/dispute/{Dispute.objects.get().pk}/change/"
    assert configured.FRONTEND_URL + page in opened.body
    assert "/bookings/" + booking.reference not in opened.body
    assert lost.subject == "Dispute lost: 500.00 INR"
    assert "cancel the booking" in lost.body
    assert booking.user.email not in opened.body + lost.body


def test_staff_without_an_address_are_not_written_to(server, paid) -> None:
    _, payment = paid
    server.dispute(payment.provider_id)
    deliver(server)
    assert not Message.objects.filter(kind="dispute").exists()


def test_the_admin_lists_disputes_by_state_and_deadline(server, paid, admin_client) -> None:
    booking, payment = paid
    at_provider = server.dispute(payment.provider_id)
    deliver(server)
    path = "/admin/bookings/dispute/"
    page = admin_client.get(path).content.decode()
    assert at_provider["id"] in page and booking.reference in page and "500.00 INR" in page
    for query, is_there in {
        "due=open": True, "due=soon": False, "due=passed": False, "state=lost": False,
        f"q={booking.reference.replace('-', '')}": True, "o=4": True, "o=5": True,
    }.items():  # fmt: skip
        answer = admin_client.get(f"{path}?{query}")
        assert answer.status_code == 200
        assert (at_provider["id"] in answer.content.decode()) is is_there, query
    Dispute.objects.update(evidence_due_at=datetime.now(UTC) + timedelta(days=2))
    assert at_provider["id"] in admin_client.get(f"{path}?due=soon").content.decode()
    Dispute.objects.update(evidence_due_at=datetime.now(UTC) - timedelta(days=2))
    assert at_provider["id"] in admin_client.get(f"{path}?due=passed").content.decode()
    dispute = Dispute.objects.get()
    page = admin_client.get(f"{path}{dispute.pk}/change/").content.decode()
    assert f"https://dashboard.stripe.com/test/disputes/{at_provider['id']}" in page
    assert f"/admin/bookings/booking/{booking.pk}/change/" in page
    assert "-15.00 INR" in page and "dispute_fee" in page
    page = admin_client.get(f"/admin/bookings/booking/{booking.pk}/change/").content.decode()
    assert f"/admin/bookings/dispute/{dispute.pk}/change/" in page


def test_the_list_of_disputes_needs_its_permission(server, paid, client) -> None:
    client.force_login(staff_with("view_booking"))
    assert client.get("/admin/bookings/dispute/").status_code == 403


# ---- The sandbox


def test_the_sandbox_can_open_win_and_lose_a_dispute() -> None:
    gateway, count = gateway_named("sandbox"), iter(range(9))

    def send(payment: Payment, type: str, amount: str = "500") -> str:
        body, headers = gateway.signed_event(
            event_id=f"evt-{next(count)}", type=type, payment_id=payment.pk,
            amount=Decimal(amount), currency=payment.currency,
        )  # fmt: skip
        return checkout.receive_event(provider="sandbox", body=body, headers=headers)

    first, second = (confirmed(label).payments.get() for label in ("A1", "A2"))
    assert send(first, "dispute.created", "0").startswith("put aside")
    assert send(first, "dispute.created", "250") == "dispute needs_response"
    assert send(first, "dispute.created", "250") == "nothing to do"
    assert send(first, "dispute.won", "250") == "dispute won"
    assert send(second, "dispute.lost", "250") == "dispute lost"
    assert (moved("disputed"), moved("dispute_won")) == (-500, 250)
    assert [*broken()] == []
