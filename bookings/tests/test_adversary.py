"""Payments against a misbehaving provider, banks and customers."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from bookings import checkout
from bookings.errors import InvalidTransition
from bookings.models import Payment, Refund, StrayPayment
from bookings.reconciliation import reconcile
from bookings.tests.adversary import Adversary
from bookings.tests.factories import held, run_out
from bookings.tests.playground import assert_sound, deliver, pay, playground
from bookings.tests.stripe_server import OPEN
from eventbooking_system.errors import Busy, InvalidField
from shows.models import Show
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory

# Games can be played at once; another seed is another game.
SEEDS = range(1, 1 + int(os.environ.get("ADVERSARY_GAMES", "2")))


# For each game. `.ci/run` plays more and longer ones, and `python -m benchmarks.payments` many more.
PAYMENTS = int(os.environ.get("ADVERSARY_PAYMENTS", "50"))


# Each game must contain all of these events.
HARD = [
    "payment succeeded", "payment requires_action", "PaymentDeclined", "Busy", "InvalidTransition",
    "SeatsUnavailable", "InvalidField", "hold ran out", "hold taken over",
    "finished by the customer", "event lost", "event: known already", "event: unknown payment",
    "event: payment succeeded, booking confirmed", "event: payment failed, booking pending",
    "event: payment succeeded, booking cancelled", "event: refund succeeded", "cancelled",
    "show cancelled", "pending refund failed", "refund sent back by the bank",
    "event: refund came back", "dispute opened", "dispute won", "dispute lost", "reconciled", "api 201", "api cancel 200",
    "tickets cancelled", "exchange confirmed", "exchange pending",
]  # fmt: skip


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_misbehaviour_leaves_the_money_correct_to_the_minor_unit(seed: int) -> None:
    with playground(seed) as server:
        game = Adversary(server, seed=seed)
        game.play(PAYMENTS, until=HARD)
        game.settle()
        assert game.complaints() == []
    assert Payment.objects.count() >= PAYMENTS


# Single attacks, each of which once got through or might


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
    """A payment that a bank declined can still be paid. The client secret is enough."""
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


def test_there_is_no_other_attempt_while_the_bank_processes_the_first(server) -> None:
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


def test_stray_payment_is_kept_up_to_date(server) -> None:
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
def test_provider_is_asked_about_a_lost_answer_before_a_hold_is_released(
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


def test_an_unavailable_provider_does_not_prolong_holds(server) -> None:
    booking = held()
    pay(booking, "")
    run_out(booking)
    server.script("cancel", "drop", "drop")
    assert checkout.expire() == 1
    reconcile("stripe")
    assert not any(intent["status"] in OPEN for intent in server.intents.values())


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
    monkeypatch.setattr("bookings.checkout.cancelling.PATIENCE", -1)
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    assert set(Refund.objects.values_list("status", flat=True)) == {"pending"}
    assert checkout.send_refunds() == 2
    assert_sound(server)
