"""Refunds beside a dispute of the same payment."""

import pytest

from bookings import checkout, services
from bookings.models import Dispute, LedgerEntry, Message, Refund
from bookings.tests.disputes.steps import cancel, moved, refunds
from bookings.tests.factories import confirmed, statuses
from bookings.tests.playground import assert_sound, deliver
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


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
