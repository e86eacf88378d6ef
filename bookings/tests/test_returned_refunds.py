"""
Refunds that fail at the provider or come back later.

A refund that succeeded can fail later: https://docs.stripe.com/refunds#failed-refunds
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from bookings import checkout, services
from bookings.errors import InvalidTransition
from bookings.models import Payment, Refund
from bookings.payments.providers import gateway_named
from bookings.payments.states import RefundResult
from bookings.reconciliation import reconcile
from bookings.tests.factories import held
from bookings.tests.playground import assert_sound, deliver, pay
from bookings.tests.stripe_server import StripeServer


def test_failed_refund_counts_as_one_refusal_for_repeated_events(server) -> None:
    """Otherwise each event would make a new, failing request."""
    booking = held()
    pay(booking, "pm_card_refundFail")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    for _ in range(3):
        deliver(server, copies=2)
    refund = booking.refunds.get()
    assert (refund.status, refund.tries, refund.refusals) == ("pending", 1, 1)
    assert refund.next_try_at and len(server.refunds) == 1
    assert refund.failure == "The bank refused it: expired or canceled card."


def test_late_refusal_of_an_earlier_refund_causes_no_further_try(server) -> None:
    """
    Otherwise half of the money could go back twice.

    The try since then may have been carried out.
    """
    booking = held(refund_percent=50)
    pay(booking)
    server.script("refund", "fail", "lose", "lose")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    Refund.objects.update(next_try_at=None)
    checkout.send_refunds()
    refund = booking.refunds.get()
    services.record_refund(
        refund_id=refund.pk,
        key=f"refund:{refund.pk}:0",
        result=RefundResult(status="failed", failure="late"),
    )
    Refund.objects.update(next_try_at=None)
    checkout.send_refunds()
    assert booking.refunds.get().status == "succeeded"
    assert_sound(server)


def test_refunds_that_keep_failing_are_left_to_staff_with_the_reason(server) -> None:
    booking = held()
    pay(booking, "pm_card_refundFail")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    pauses = []
    for _ in range(Refund.MAX_TRIES - 1):
        refund = booking.refunds.get()
        pauses.append(round((refund.next_try_at - refund.updated_at).total_seconds()))
        assert checkout.send_refunds() == 0 and booking.refunds.get().tries == refund.tries
        Refund.objects.update(next_try_at=None)
        checkout.send_refunds()
    assert pauses == [30 * 2**n for n in range(Refund.MAX_TRIES - 1)]
    refund = booking.refunds.get()
    assert (refund.status, refund.failure[:21]) == ("failed", "The bank refused it: ")
    assert_sound(server)
    server.intents[refund.payment.provider_id]["payment_method"] = "pm_card_visa"
    services.retry_refund(refund_id=refund.pk)
    assert checkout.send_refunds() == 1
    assert_sound(server)


# A refund that succeeded, and then failed: https://docs.stripe.com/refunds#failed-refunds


def given_back(server: StripeServer, **terms: Any) -> Refund:
    """Return a cancelled booking's succeeded refund, with all events taken."""
    booking = held(**terms)
    pay(booking)
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    deliver(server)
    refund = booking.refunds.get()
    assert refund.status == "succeeded"
    return refund


def send_again(refund: Refund) -> Refund:
    Refund.objects.update(next_try_at=None)
    checkout.send_refunds()
    refund.refresh_from_db()
    return refund


@pytest.mark.parametrize("percent", [100, 50])
@pytest.mark.parametrize("found_by", ["event", "old event", "reconciliation", "state"])
def test_refund_that_came_back_is_owed_and_sent_again(server, found_by, percent) -> None:
    refund = given_back(server, refund_percent=percent)
    server.settle_refund(refund.provider_id, "failed")
    if found_by == "old event":
        server.events[-1]["type"] = "charge.refund.updated"
    if found_by == "state":
        (state,) = gateway_named("stripe").payments_since(timezone.now() - timedelta(hours=1))
        checkout.record_state("stripe", state)
    elif found_by == "reconciliation":
        # Its event got lost, and the payment is older than what is compared.
        server.edit(refund.payment.provider_id, created=0)
        outcomes = reconcile("stripe")
        assert outcomes["refund came back"] == 1
    for _ in range(2):  # However often it is told.
        deliver(server, everything=True)
        reconcile("stripe")
    refund.refresh_from_db()
    assert (refund.status, refund.came_back, refund.refusals) == ("pending", 1, 1)
    assert refund.failure == "The bank refused it: unknown." and refund.next_try_at
    assert refund.payment.status == "succeeded" and refund.payment.amount_refunded == refund.amount
    assert server.truth()[str(refund.payment_id)]["refunded"] == 0
    assert_sound(server)
    assert send_again(refund).status == "succeeded"
    assert len(server.refunds) == 2
    money = refund.ledger_entries.values_list("kind", "amount", "refund_try")
    amount = refund.amount
    assert list(money) == [
        ("refunded", -amount, 0),
        ("came_back", amount, 0),
        ("refunded", -amount, 1),
    ]
    refund.payment.refresh_from_db()
    assert refund.payment.status == ("refunded" if percent == 100 else "succeeded")
    assert_sound(server)


def test_refund_that_came_back_twice_waits_for_staff(server) -> None:
    refund = given_back(server)
    for _ in range(2):
        server.settle_refund(refund.provider_id, "failed")
        deliver(server)
        refund = send_again(refund)
    assert (refund.status, refund.came_back, len(server.refunds)) == ("failed", 2, 2)
    assert_sound(server)
    services.retry_refund(refund_id=refund.pk)
    assert send_again(refund).status == "succeeded"
    assert_sound(server)


def test_late_success_does_not_hide_that_a_refund_came_back(server) -> None:
    """The first try's answer is recorded after the return's event."""
    booking = held()
    pay(booking)
    server.script("refund", "lose", "lose")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    (at_provider,) = server.refunds
    server.settle_refund(at_provider, "failed")
    deliver(server)
    refund = booking.refunds.get()
    services.record_refund(
        refund_id=refund.pk,
        key=f"refund:{refund.pk}:0",
        result=RefundResult(status="succeeded", provider_id=at_provider),
    )
    refund.refresh_from_db()
    assert (refund.status, refund.refusals) == ("pending", 1)
    assert_sound(server)
    assert send_again(refund).status == "succeeded"
    assert_sound(server)


def test_refund_made_at_the_provider_settles_ours_and_may_come_back(server) -> None:
    booking = held()
    payment = pay(booking)
    server.script("refund", "fail")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    by_hand = server._refund({"payment_intent": payment.provider_id, "amount": "50000"}, "ok")
    deliver(server)
    refund = booking.refunds.get()
    assert (refund.status, refund.provider_id) == ("succeeded", by_hand["id"])
    assert_sound(server)
    server.settle_refund(by_hand["id"], "failed")
    for _ in range(2):
        deliver(server, everything=True)
        reconcile("stripe")
    refund.refresh_from_db()
    assert (refund.status, refund.came_back, refund.refusals) == ("pending", 1, 2)
    assert_sound(server)
    assert send_again(refund).status == "succeeded"
    assert_sound(server)


def test_refunds_of_one_payment_are_recorded_separately(server) -> None:
    """Their keys tell them apart. The sum of what went back would not."""
    booking = held(refund_percent=50)
    payment = pay(booking)
    server.script("refund", "pending")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    first = booking.refunds.get()
    second = Refund.objects.create(booking=booking, payment=payment, amount=first.amount)
    (at_provider,) = server.refunds
    other = server._refund(
        {
            "payment_intent": payment.provider_id,
            "amount": "25000",
            "metadata[refund]": f"refund:{second.pk}:0",
        },
        "ok",
    )
    reconcile("stripe")
    for refund in (first, second):
        refund.refresh_from_db()
    assert (first.status, second.status) == ("pending", "succeeded")
    assert (first.provider_id, second.provider_id) == (at_provider, other["id"])


def test_refunds_never_exceed_the_captured_amount(server) -> None:
    booking = held()
    payment = pay(booking)
    with pytest.raises(IntegrityError, match="refunds_within_amount"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(amount_refunded=F("amount") + 1)
    for _ in range(2):
        with suppress(InvalidTransition):
            checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user, in_full=True)
    assert [refund.amount for refund in booking.refunds.all()] == [booking.total]
    assert_sound(server)
