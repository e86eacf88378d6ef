"""Refunds in doubt, while disputes and staff change what is owed."""

import pytest

from bookings import checkout, services
from bookings.models import Booking, Payment, ProviderEvent, Refund
from bookings.reconciliation import reconcile
from bookings.tests.factories import confirmed
from bookings.tests.playground import assert_sound, deliver
from bookings.tests.stripe_server import StripeServer
from eventbooking_system.errors import Busy

pytestmark = pytest.mark.django_db


def cancelled(server: StripeServer, *faults: str, percent: int) -> tuple[Booking, Payment]:
    """Return a booking of 500, cancelled with these answers of the provider."""
    booking = confirmed(refund_percent=percent)
    deliver(server)
    server.script("refund", *faults)
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    return booking, booking.payments.get()


def lose_dispute(server: StripeServer, payment: Payment, amount: int) -> None:
    """Let the bank take an amount, and deliver only those events."""
    start = len(server.events)
    server.move_dispute(server.dispute(payment.provider_id, amount)["id"], "lost")
    receive(server, start)


def receive(server: StripeServer, start: int) -> list[str]:
    outcomes = []
    for event in server.events[start:]:
        body, headers = server.signed(event)
        outcomes.append(checkout.receive_event(provider="stripe", body=body, headers=headers))
    return outcomes


def send_again() -> int:
    Refund.objects.filter(status="pending").update(next_try_at=None)
    return checkout.send_refunds()


def refunds() -> list[tuple[str, int]]:
    return sorted(Refund.objects.values_list("status", "amount"))


def refunded(server: StripeServer, payment: Payment) -> int:
    return server.truth()[str(payment.pk)]["refunded"]


@pytest.mark.sqlite
@pytest.mark.parametrize("found_by", ["retry", "event", "reconciliation"])
def test_a_lost_dispute_leaves_a_refund_that_went_out_as_it_was(server, found_by) -> None:
    _, payment = cancelled(server, "lose", "lose", percent=80)
    lose_dispute(server, payment, 10000)
    assert refunds() == [("pending", 400)]
    {
        "retry": send_again,
        "event": lambda: receive(server, 0),
        "reconciliation": lambda: reconcile("stripe"),
    }[found_by]()
    send_again()
    payment.refresh_from_db()
    assert (refunds(), payment.amount_lost) == ([("succeeded", 400)], 100)
    assert refunded(server, payment) == 40000
    assert_sound(server)


@pytest.mark.sqlite
@pytest.mark.parametrize("taken", [30000, 50000])
def test_a_lost_dispute_settles_a_refund_once_the_provider_proves_not_to_have_it(
    server, taken
) -> None:
    _, payment = cancelled(server, "drop", "drop", percent=100)
    lose_dispute(server, payment, taken)
    assert refunds() == [("pending", 500)]
    send_again()
    rest = 500 - taken // 100
    sent = [("succeeded", rest)] if rest else []
    assert refunds() == [("settled", taken // 100), *sent]
    assert refunded(server, payment) == rest * 100
    assert_sound(server)


def test_nothing_is_sent_or_settled_while_the_provider_cannot_be_asked(server) -> None:
    _, payment = cancelled(server, "drop", "drop", percent=100)
    lose_dispute(server, payment, 30000)
    server.script("refund_list", "drop", "drop")
    assert send_again() == 0
    assert (refunds(), refunded(server, payment)) == ([("pending", 500)], 0)
    assert send_again() == 1
    assert (refunds(), refunded(server, payment)) == (
        [("settled", 300), ("succeeded", 200)],
        20000,
    )
    assert_sound(server)


@pytest.mark.parametrize("success", [True, False])
def test_a_refund_at_the_bank_waits_for_its_end_before_a_lost_dispute_counts(
    server, success
) -> None:
    _, payment = cancelled(server, "pending", percent=80)
    lose_dispute(server, payment, 10000)
    send_again()
    assert refunds() == [("pending", 400)]
    start = len(server.events)
    server.settle_refund(next(iter(server.refunds)), "succeeded" if success else "failed")
    receive(server, start)
    send_again()
    payment.refresh_from_db()
    if success:
        assert (refunds(), payment.amount_lost) == ([("succeeded", 400)], 100)
    else:
        assert refunds() == [("settled", 100), ("succeeded", 300)]
        assert payment.amount_lost == 0
    assert_sound(server)


def test_a_dispute_that_is_lost_during_a_request_leaves_its_refund_alone(server) -> None:
    _, payment = cancelled(server, "drop", "drop", percent=80)
    refund = services.start_refund(refund_id=Refund.objects.get().pk)
    lose_dispute(server, payment, 10000)
    send_again()
    assert (refunds(), refunded(server, payment)) == ([("pending", 400)], 0)
    refund.refresh_from_db()
    assert refund.refusals == 0


def test_a_refund_that_was_read_before_a_dispute_is_not_sent_after_it(server) -> None:
    """A long list of refunds takes minutes to send."""
    _, payment = cancelled(server, "drop", "drop", percent=80)
    Refund.objects.update(next_try_at=None)
    [read_early] = services.refunds_to_send()
    server.dispute(payment.provider_id, 10000)
    deliver(server)
    assert services.start_refund(refund_id=read_early.pk) is None
    assert checkout.send_refunds() == 0
    assert refunded(server, payment) == 0
    assert_sound(server)


def test_an_answer_about_an_absent_refund_counts_only_if_it_was_not_sent_since(server) -> None:
    cancelled(server, "drop", "drop", percent=80)
    [asked] = services.refunds_in_doubt()
    started = services.start_refund(refund_id=asked.pk)
    services.record_absent_refund(refund=asked)
    assert Refund.objects.get().asked_until == started.asked_until
    assert not services.refunds_in_doubt().exists()


@pytest.mark.sqlite
def test_a_refund_by_hand_is_not_taken_for_one_of_the_same_amount_that_went_out(server) -> None:
    _, payment = cancelled(server, "lose", "lose", percent=50)
    start = len(server.events)
    server.give_back(payment.provider_id, 25000)
    receive(server, start)
    send_again()
    receive(server, 0)
    assert refunds() == [("succeeded", 250), ("succeeded", 250)]
    payment.refresh_from_db()
    assert (payment.status, payment.amount_refunded) == ("refunded", 500)
    assert refunded(server, payment) == 50000
    assert_sound(server)


def test_a_refund_by_hand_instead_of_one_that_never_arrived_settles_it(server) -> None:
    _, payment = cancelled(server, "drop", "drop", percent=50)
    start = len(server.events)
    server.give_back(payment.provider_id, 25000)
    receive(server, start)
    assert send_again() == 0
    assert (refunds(), refunded(server, payment)) == ([("succeeded", 250)], 25000)
    assert_sound(server)


def test_the_event_of_a_refund_by_hand_comes_again_if_ours_cannot_be_looked_up(server) -> None:
    _, payment = cancelled(server, "drop", "drop", percent=100)
    start, events = len(server.events), ProviderEvent.objects.count()
    server.give_back(payment.provider_id, 30000)
    server.script("refund_list", *["drop"] * 4)
    with pytest.raises(Busy):
        receive(server, start)
    assert (refunds(), ProviderEvent.objects.count()) == ([("pending", 500)], events)
    server._scripts["refund_list"].clear()
    receive(server, start)
    assert send_again() == 1
    assert refunds() == [("succeeded", 200), ("succeeded", 300)]
    assert refunded(server, payment) == 50000
    assert_sound(server)
