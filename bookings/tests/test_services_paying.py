"""Paying, late payments, and cancellation."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings import checkout, services
from bookings.errors import BookingExpired, InvalidTransition, PaymentDeclined
from bookings.models import Booking, BookingTransition, Message, Payment, Refund
from bookings.payments.states import Event
from bookings.tests.factories import confirmed, held, run_out, statuses
from bookings.tests.holds import hold_seats
from eventbooking_system.errors import InUse
from shows.models import Show
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def test_a_paid_booking_is_confirmed_and_its_seats_are_booked() -> None:
    booking = confirmed()
    assert booking.status == "confirmed"
    assert set(booking.show_seats.values_list("status", "held_until")) == {("booked", None)}
    assert booking.payments.get().status == "succeeded"


def test_a_decline_leaves_the_hold_it_was_and_another_card_may_pay() -> None:
    booking = held()
    before = list(booking.show_seats.values())
    with pytest.raises(PaymentDeclined):
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_declined")
    booking.refresh_from_db()
    assert booking.status == "pending"
    assert list(booking.show_seats.values()) == before
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    assert [payment.attempt for payment in booking.payments.all()] == [2, 1]


def test_an_expired_booking_cannot_be_paid() -> None:
    booking = held()
    run_out(booking)
    with pytest.raises(BookingExpired):
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    assert not Payment.objects.exists()


@pytest.mark.parametrize("settle", [confirmed, held])
def test_a_booking_that_is_settled_cannot_be_paid(settle) -> None:
    booking = settle()
    if settle is held:
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    payments = Payment.objects.count()
    with pytest.raises(InvalidTransition):
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    assert Payment.objects.count() == payments


def late_payment(*labels: str, show: Show) -> Payment:
    """Return a payment whose event comes after the booking's time."""
    booking = held(*labels, show=show)
    payment = checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
    run_out(booking)
    return payment


def succeed(payment: Payment) -> str:
    return services.record_event(
        provider="sandbox",
        event=Event(
            event_id=f"evt-{payment.pk}",
            type="payment.succeeded",
            payment_id=payment.pk,
            status="succeeded",
            amount=payment.amount,
            currency=payment.currency,
            payload={},
        ),
    )


@pytest.mark.parametrize("tidied", [True, False])
def test_a_late_payment_retakes_the_same_seats_if_all_are_free(tidied: bool) -> None:
    show = scheduled_show()
    payment = late_payment("A1", "A2", show=show)
    if tidied:
        assert services.expire_bookings() == 1
    succeed(payment)
    booking = Booking.objects.get()
    assert booking.status == "confirmed"
    assert booking.show_seats.filter(status="booked").count() == 2
    assert not Refund.objects.exists()


def test_a_late_payment_goes_back_if_one_seat_is_gone() -> None:
    show = scheduled_show()
    payment = late_payment("A1", "A2", show=show)
    rival = hold_seats(show, "A2")
    succeed(payment)
    checkout.send_refunds()
    payment.refresh_from_db()
    assert payment.status == "refunded"
    assert payment.booking.status == "expired"
    assert payment.booking.refunds.get().amount == payment.amount
    assert statuses(show, seat_ids(show, "A1")) == {"available"}
    assert rival.show_seats.get().status == "held"


def test_money_for_a_cancelled_booking_goes_back() -> None:
    booking = held()
    payment = checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    succeed(payment)
    checkout.send_refunds()
    payment.refresh_from_db()
    booking.refresh_from_db()
    assert (payment.status, booking.status) == ("refunded", "cancelled")
    assert not booking.show_seats.exists()


def test_second_successful_payment_of_a_booking_is_refunded() -> None:
    booking = held()
    first = checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    succeed(first)
    checkout.send_refunds()
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    assert [payment.status for payment in booking.payments.all()] == ["succeeded", "refunded"]


def test_a_cancelled_hold_frees_its_seats() -> None:
    booking = held()
    show = booking.show
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user, reason="changed my mind")
    assert statuses(show) == {"available"}
    change = BookingTransition.objects.get()
    assert (change.from_status, change.to_status) == ("pending", "cancelled")
    assert (change.by, change.reason) == (booking.user, "changed my mind")


def test_a_confirmed_booking_is_refunded_by_the_policy_of_its_show() -> None:
    booking = confirmed("A1", price="99.99", refund_percent=Decimal("50"))
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    refund = booking.refunds.get()
    assert (refund.status, refund.amount) == ("succeeded", Decimal("50.00"))
    assert booking.payments.get().status == "succeeded"
    assert statuses(booking.show) == {"available"}


def test_a_confirmed_booking_cannot_be_cancelled_after_the_cutoff_but_by_staff() -> None:
    booking = confirmed(start_time=timezone.now() + timedelta(hours=1))
    with pytest.raises(InvalidTransition, match="2 hours"):
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    booking.refresh_from_db()
    assert (booking.status, booking.refunds.count()) == ("confirmed", 0)
    checkout.cancel(booking_id=booking.pk, cancelled_by=StaffFactory(), in_full=True)
    assert booking.refunds.get().amount == booking.total


@pytest.mark.parametrize("prepare", ["cancelled", "expired"])
def test_cancelled_and_expired_bookings_cannot_be_cancelled(prepare: str) -> None:
    booking = held()
    if prepare == "expired":
        run_out(booking)
    else:
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    transitions_before = BookingTransition.objects.count()
    with pytest.raises(InvalidTransition) as refusal:
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert refusal.value.members["booking_status"] == prepare
    assert BookingTransition.objects.count() == transitions_before


def test_cancelling_a_show_refunds_everyone_and_may_be_repeated() -> None:
    show = scheduled_show(refund_percent=Decimal(0))
    paid, pending = confirmed("A1", show=show), held("A2", show=show)
    staff = StaffFactory()
    preview = checkout.preview_show_cancellation(show_id=show.pk, cancelled_by=staff)
    assert (preview.pending_bookings, preview.confirmed_bookings) == (1, 1)
    assert preview.refund_total == paid.total
    assert Show.objects.get(pk=show.pk).status == "scheduled"
    for _ in range(2):
        checkout.cancel_show(show_id=show.pk, cancelled_by=staff)
    show.refresh_from_db()
    assert (show.status, statuses(show)) == ("cancelled", {"blocked"})
    assert set(Booking.objects.values_list("status", flat=True)) == {"cancelled"}
    assert paid.refunds.get().amount == paid.total
    assert paid.payments.get().status == "refunded"
    assert not pending.refunds.exists()


def test_cancelling_a_show_leaves_what_had_expired_expired() -> None:
    booking = held()
    run_out(booking)
    staff = StaffFactory()
    for cancel in (checkout.preview_show_cancellation, checkout.cancel_show):
        assert cancel(show_id=booking.show_id, cancelled_by=staff).pending_bookings == 0
    services.expire_bookings()
    booking.refresh_from_db()
    assert booking.status == "expired"
    assert not Message.objects.filter(booking=booking).exists()
    assert statuses(booking.show) == {"blocked"}


def test_the_seats_of_a_cancelled_show_stay_blocked() -> None:
    show = scheduled_show()
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    with pytest.raises(InUse):
        block_seats(show_id=show.pk, unblock=seat_ids(show, "A1"))
    assert statuses(show) == {"blocked"}
