"""Payments against a provider, banks and customers that do what they should not."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import override

from bookings import checkout, services
from bookings.errors import InvalidTransition
from bookings.invariants import broken
from bookings.models import Booking, Payment, Refund, StrayPayment
from bookings.payments.providers import gateway_named
from bookings.payments.states import RefundResult
from bookings.reconciliation import reconcile
from bookings.tests.adversary import Adversary, disagreements, playground
from bookings.tests.factories import held, run_out
from bookings.tests.stripe_server import OPEN, StripeServer
from eventbooking_system.errors import Busy, InvalidField
from shows.models import Show
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory

# Four games, so that they can be played at once; another seed is another game.
SEEDS = (1, 2, 3, 4)
# For each game. `.ci/run` plays longer ones, and `python -m benchmarks.payments` many more.
PAYMENTS = int(os.environ.get("ADVERSARY_PAYMENTS", "50"))
# Each game must contain all of these events.
HARD = [
    "payment succeeded", "payment requires_action", "PaymentDeclined", "Busy", "InvalidTransition",
    "SeatsUnavailable", "InvalidField", "hold ran out", "hold taken over",
    "finished by the customer", "event lost", "event: known already", "event: unknown payment",
    "event: payment succeeded, booking confirmed", "event: payment failed, booking pending",
    "event: payment succeeded, booking cancelled", "event: refund succeeded", "cancelled",
    "show cancelled", "pending refund failed", "refund sent back by the bank",
    "event: refund came back", "reconciled", "api 201", "api cancel 200",
]  # fmt: skip


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_the_money_agrees_to_the_minor_unit(seed: int) -> None:
    with playground(seed) as server:
        game = Adversary(server, seed=seed)
        game.play(PAYMENTS, until=HARD)
        game.settle()
        assert game.complaints() == []
    assert Payment.objects.count() >= PAYMENTS


# Single attacks, each of which once got through or might


@pytest.fixture
def server(db) -> Iterator[StripeServer]:
    with playground(0) as server:
        yield server


def pay(booking: Booking, card: str = "pm_card_visa") -> Payment:
    return checkout.pay(booking_id=booking.pk, payment_method=card)


def deliver(server: StripeServer, **how: Any) -> list[str]:
    """Return the outcomes of the events since the last call."""
    return [
        checkout.receive_event(provider="stripe", body=body, headers=headers)
        for body, headers in server.deliveries(**how)
    ]


def assert_sound(server: StripeServer) -> None:
    assert [*broken(), *disagreements(server)] == []


def test_an_earlier_attempt_that_went_through_is_not_followed_by_another_charge(server) -> None:
    booking = held()
    first = pay(booking, "pm_card_authenticationRequired")
    server.finish(first.provider_id)
    with pytest.raises(InvalidTransition):
        pay(booking)
    booking.refresh_from_db()
    assert (booking.status, len(server.intents)) == ("confirmed", 1)
    assert_sound(server)


@pytest.mark.parametrize("declined", [False, True])
def test_an_earlier_attempt_cannot_be_paid_once_there_is_another(server, declined) -> None:
    """Also what a bank declined can be paid by whoever has the client secret."""
    booking = held()
    first = pay(booking, "")
    if declined:
        server.finish(first.provider_id, False)
        deliver(server)
    assert pay(booking).status == "succeeded"
    assert server.intents[first.provider_id]["status"] == "canceled"
    first.refresh_from_db()
    assert (first.status, first.client_secret) == ("failed", "")


def test_there_is_no_other_attempt_while_the_provider_cannot_end_the_first(server) -> None:
    booking = held()
    pay(booking, "")
    server.script("cancel", "drop", "drop")
    with pytest.raises(Busy):
        pay(booking)
    assert booking.payments.count() == 1
    assert pay(booking).status == "succeeded"


def test_there_is_no_other_attempt_while_the_bank_is_at_the_first(server) -> None:
    booking = held()
    first = pay(booking, "pm_card_processing")
    with pytest.raises(InvalidTransition, match="bank"):
        pay(booking)
    with override("es"), pytest.raises(InvalidTransition, match="banco"):
        pay(booking)
    server.finish(first.provider_id)
    deliver(server)
    booking.refresh_from_db()
    assert (booking.status, len(server.intents)) == ("confirmed", 1)


def test_a_way_to_pay_that_is_refused_does_not_stand_in_the_way_of_another(server) -> None:
    booking = held()
    with pytest.raises(InvalidField):
        pay(booking, "pm_unknown")
    assert pay(booking).status == "succeeded"


def test_a_second_intent_of_one_attempt_is_put_aside_and_confirms_nothing(server) -> None:
    booking = held()
    payment = pay(booking, "pm_card_authenticationRequired")
    twin = server._create(
        {"amount": "50000", "currency": "inr", "metadata[payment]": str(payment.pk)}, "ok"
    )
    server.finish(twin["id"])
    with pytest.raises(InvalidField):
        deliver(server)
    reconcile("stripe")
    booking.refresh_from_db()
    assert booking.status == "pending"
    stray = StrayPayment.objects.get()
    assert (stray.payment, stray.amount, stray.status) == (payment, 500, "succeeded")
    server.finish(payment.provider_id)
    deliver(server)
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    assert_sound(server)


def test_what_was_put_aside_is_kept_up_to_date(server) -> None:
    intent = server._create({"amount": "700", "currency": "eur"}, "ok")
    reconcile("stripe")
    assert StrayPayment.objects.get().status == "requires_action"
    StrayPayment.objects.update(note="Whose is it?", settled_at=timezone.now())
    reconcile("stripe")
    assert StrayPayment.objects.get().settled_at
    server.finish(intent["id"])
    reconcile("stripe")
    stray = StrayPayment.objects.get()
    assert (stray.status, stray.amount, stray.note) == ("succeeded", 7, "Whose is it?")
    assert stray.settled_at is None  # Since then money was taken.


def test_an_event_before_the_answer_is_recorded_makes_the_payment_refundable(server) -> None:
    booking = held()
    server.script("confirm", "lose", "lose")
    with pytest.raises(Busy):
        pay(booking)
    deliver(server)
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert booking.refunds.get().status == "succeeded"
    assert_sound(server)


def test_a_failed_refund_is_one_refusal_however_often_it_is_told(server) -> None:
    """Otherwise each event would make a new request, which fails, and so on."""
    booking = held()
    pay(booking, "pm_card_refundFail")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    for _ in range(3):
        deliver(server, copies=2)
    refund = booking.refunds.get()
    assert (refund.status, refund.tries, refund.refusals) == ("pending", 1, 1)
    assert refund.next_try_at and len(server.refunds) == 1
    assert refund.failure == "The bank refused it: expired or canceled card."


def test_the_late_refusal_of_an_earlier_try_makes_no_further_one(server) -> None:
    """Else half of the money could go back twice: the try since then may have been carried out."""
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
    """A refund of a cancelled booking that has succeeded, all of its events taken."""
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
def test_a_refund_that_came_back_is_owed_and_sent_again(server, found_by, percent) -> None:
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
    for _ in range(3):  # However often it is told.
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


def test_a_refund_that_came_back_twice_waits_for_staff(server) -> None:
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


def test_the_late_success_of_a_refund_that_came_back_does_not_hide_that(server) -> None:
    """The answer to the first try is recorded after the event that it came back."""
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


def test_what_staff_gave_back_at_the_provider_settles_a_refund_and_may_come_back(server) -> None:
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


def test_refunds_of_the_same_payment_are_told_apart(server) -> None:
    """By their keys: the sum of what went back would take the one for the other."""
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


def test_more_than_was_captured_is_never_asked_back(server) -> None:
    booking = held()
    payment = pay(booking)
    with pytest.raises(IntegrityError, match="refunds_within_amount"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(amount_refunded=F("amount") + 1)
    for _ in range(2):
        with suppress(InvalidTransition):
            checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user, in_full=True)
    assert [refund.amount for refund in booking.refunds.all()] == [booking.total]
    assert_sound(server)


def test_money_for_a_show_that_is_over_goes_back(server) -> None:
    booking = held()
    payment = pay(booking, "pm_card_processing")
    run_out(booking)
    checkout.expire()
    past = timezone.now() - timedelta(days=2)
    Show.objects.update(start_time=past, end_time=past + timedelta(hours=2))
    server.finish(payment.provider_id)
    deliver(server)
    booking.refresh_from_db()
    assert (booking.status, booking.refunds.get().status) == ("expired", "succeeded")
    assert_sound(server)


# Before a hold is released


@pytest.mark.parametrize(
    ("fate", "status"), [(None, "expired"), (False, "expired"), (True, "confirmed")]
)
@pytest.mark.parametrize("card", ["", "pm_card_authenticationRequired"])
def test_the_provider_is_asked_before_a_hold_is_released(server, card, fate, status) -> None:
    booking = held()
    payment = pay(booking, card)
    if fate is not None:
        server.finish(payment.provider_id, fate)
    run_out(booking)
    checkout.expire()
    booking.refresh_from_db()
    assert booking.status == status
    assert server.intents[payment.provider_id]["status"] == ("succeeded" if fate else "canceled")
    assert_sound(server)


@pytest.mark.parametrize(
    ("op", "fault", "status"),
    [
        ("confirm", "lose", "confirmed"), ("confirm", "drop", "expired"),
        ("create", "lose", "expired"), ("create", "drop", "expired"),
    ],
)  # fmt: skip
def test_what_became_of_a_lost_answer_is_asked_before_a_hold_is_released(
    server, op, fault, status
) -> None:
    booking = held()
    server.script(op, fault, fault)
    with pytest.raises(Busy):
        pay(booking)
    run_out(booking)
    checkout.expire()
    booking.refresh_from_db()
    assert booking.status == status
    assert not any(intent["status"] in OPEN for intent in server.intents.values())
    assert_sound(server)


def test_a_payment_at_the_bank_outlives_the_hold_and_then_gets_the_same_seats(server) -> None:
    booking = held()
    payment = pay(booking, "pm_card_processing")
    run_out(booking)
    checkout.expire()
    booking.refresh_from_db()
    assert (booking.status, booking.payments.get().status) == ("expired", "requires_action")
    server.finish(payment.provider_id)
    Payment.objects.update(updated_at=timezone.now() - timedelta(hours=3))
    server.edit(payment.provider_id, created=0)
    reconcile("stripe")
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    assert_sound(server)


def test_a_provider_that_is_away_does_not_keep_holds_alive(server) -> None:
    booking = held()
    pay(booking, "")
    run_out(booking)
    server.script("cancel", "drop", "drop")
    assert checkout.expire() == 1
    reconcile("stripe")
    assert not any(intent["status"] in OPEN for intent in server.intents.values())


# A show


def test_a_show_s_cancellation_can_be_looked_at_first_and_taken_up_again(server) -> None:
    show = scheduled_show()
    bookings = [held(f"A{number}", show=show) for number in (1, 2, 3)]
    for booking in bookings:
        pay(booking)
    staff = StaffFactory()
    preview = checkout.preview_show_cancellation(show_id=show.pk, cancelled_by=staff)
    assert (preview.confirmed_bookings, preview.refund_total) == (3, 750)
    assert not Refund.objects.exists()
    server.script("refund", "drop", "drop", "fail", "ok")
    checkout.cancel_show(show_id=show.pk, cancelled_by=staff)
    failures = Refund.objects.order_by("pk").values_list("status", "tries", "failure")
    assert list(failures) == [
        ("pending", 1, "no answer"),
        ("pending", 1, "The bank refused it: expired or canceled card."),
        ("succeeded", 1, ""),
    ]
    assert_sound(server)
    Refund.objects.filter(status="pending").update(next_try_at=None)
    checkout.cancel_show(show_id=show.pk, cancelled_by=staff)
    assert set(Refund.objects.values_list("status", flat=True)) == {"succeeded"}
    assert_sound(server)


def test_a_show_s_cancellation_does_not_wait_for_all_refunds(server, monkeypatch) -> None:
    show = scheduled_show()
    for label in ("A1", "A2"):
        pay(held(label, show=show))
    monkeypatch.setattr(checkout, "PATIENCE", -1)
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    assert set(Refund.objects.values_list("status", flat=True)) == {"pending"}
    assert checkout.send_refunds() == 2
    assert_sound(server)
