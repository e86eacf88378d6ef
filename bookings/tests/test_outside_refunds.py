"""Money given back in the provider's own dashboard, and partial captures."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bookings import checkout, services
from bookings.errors import InvalidTransition
from bookings.models import Booking, LedgerEntry, Message, Payment, Refund
from bookings.models import StrayPayment as Line
from bookings.payments.providers import gateway_named
from bookings.reconciliation import reconcile
from bookings.tests.factories import confirmed, held, show_soon, statuses
from bookings.tests.playground import playground
from bookings.tests.provider_books import disagreements
from bookings.tests.soundness import broken
from bookings.tests.stripe_server import StripeServer
from shows.models import Show
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

WEBHOOK = "/api/bookings/webhooks/stripe/"


@pytest.fixture
def server(db) -> Iterator[StripeServer]:
    with playground(0) as server:
        yield server


def paid(*labels: str, **terms: Any) -> tuple[Booking, Payment]:
    booking = confirmed(*labels, **terms)
    assert booking.status == "confirmed"
    return booking, booking.payments.get()


def deliver(server: StripeServer, **how: Any) -> list[str]:
    return [
        checkout.receive_event(provider="stripe", body=body, headers=headers)
        for body, headers in server.deliveries(**how)
    ]


def refreshed(booking: Booking, payment: Payment) -> tuple[str, str, Decimal]:
    booking.refresh_from_db()
    payment.refresh_from_db()
    return booking.status, payment.status, payment.amount_refunded


def assert_sound(server: StripeServer) -> None:
    assert [*broken(), *disagreements(server)] == []


@pytest.mark.sqlite
def test_a_full_refund_in_the_dashboard_cancels_the_booking(server) -> None:
    booking, payment = paid()
    deliver(server)
    server.give_back(payment.provider_id, 50000)
    for _ in range(2):
        deliver(server, everything=True)
    assert refreshed(booking, payment) == ("cancelled", "refunded", 500)
    assert statuses(booking.show) == {"available"}
    assert not booking.tickets.filter(voided_at=None).exists()
    assert Message.objects.get(kind="cancelled").facts == {"refund": "500.00"}
    line = Line.objects.get()
    assert line.reason == "refunded at the provider: the booking is cancelled"
    assert (line.amount, line.payment, line.settled_at) == (500, payment, None)
    assert_sound(server)


@pytest.mark.sqlite
def test_a_partial_refund_keeps_the_booking_and_a_cancellation_sends_what_is_left(server) -> None:
    booking, payment = paid()
    deliver(server)
    server.give_back(payment.provider_id, 12345)
    deliver(server)
    assert refreshed(booking, payment) == ("confirmed", "succeeded", Decimal("123.45"))
    assert booking.tickets.filter(voided_at=None).count() == 2
    assert Line.objects.get().reason == "refunded at the provider: the booking is kept"
    assert_sound(server)
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert refreshed(booking, payment) == ("cancelled", "refunded", 500)
    facts = Message.objects.get(kind="cancelled").facts
    assert facts == {"refund": "376.55"}
    assert server.truth()[str(payment.pk)]["refunded"] == 50000
    deliver(server, everything=True)
    assert_sound(server)


def test_what_went_back_counts_towards_what_the_policy_gives(server) -> None:
    booking, payment = paid(refund_percent=50)
    server.give_back(payment.provider_id, 10000)
    deliver(server)
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert refreshed(booking, payment) == ("cancelled", "succeeded", 250)
    assert server.truth()[str(payment.pk)]["refunded"] == 25000
    # A refund of the part that the policy kept leaves the booking cancelled.
    server.give_back(payment.provider_id, 25000)
    deliver(server)
    assert refreshed(booking, payment) == ("cancelled", "refunded", 500)
    assert_sound(server)


def test_two_parts_that_make_the_whole_cancel_the_booking(server) -> None:
    booking, payment = paid()
    server.give_back(payment.provider_id, 20000)
    server.give_back(payment.provider_id, 30000)
    deliver(server, shuffle=True, copies=2)
    assert refreshed(booking, payment) == ("cancelled", "refunded", 500)
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [200, 300]
    assert Line.objects.count() == 2
    assert_sound(server)


def test_a_show_s_cancellation_sends_what_is_left(server) -> None:
    booking, payment = paid()
    server.give_back(payment.provider_id, 10000)
    deliver(server)
    done = checkout.cancel_show(show_id=booking.show_id, cancelled_by=StaffFactory())
    assert done.refund_total == 400
    assert refreshed(booking, payment) == ("cancelled", "refunded", 500)
    assert_sound(server)


def test_a_refund_in_the_dashboard_is_found_by_the_reconciliation(server) -> None:
    booking, payment = paid()
    server.give_back(payment.provider_id, 50000)
    for _ in range(2):
        reconcile("stripe")
    assert refreshed(booking, payment) == ("cancelled", "refunded", 500)
    assert Line.objects.count() == 1
    assert_sound(server)


def test_an_event_of_a_refund_before_that_of_its_payment_is_booked(server) -> None:
    booking = held()
    server.script("confirm", "processing")
    payment = checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    server.finish(payment.provider_id)
    server.give_back(payment.provider_id, 50000)
    for body, headers in reversed(server.deliveries()):
        checkout.receive_event(provider="stripe", body=body, headers=headers)
    assert refreshed(booking, payment) == ("cancelled", "refunded", 500)
    assert_sound(server)


@pytest.mark.parametrize("came_in", [False, True])
def test_seats_stay_off_sale_once_the_show_has_begun_or_somebody_is_in(server, came_in) -> None:
    booking, payment = paid("A1", show=show_soon())
    if came_in:
        shown = services.Shown(booking.tickets.get().code)
        services.check_in(shown=shown, by=StaffFactory())
    else:
        Show.objects.update(start_time=timezone.now())
    server.give_back(payment.provider_id, 25000)
    deliver(server)
    assert refreshed(booking, payment)[0] == "cancelled"
    assert statuses(booking.show) == {"available", "blocked"}
    assert "blocked" in Line.objects.get().reason
    assert_sound(server)


def test_a_refund_by_hand_of_another_amount_reduces_the_one_that_is_owed(server) -> None:
    booking, payment = paid()
    server.script("refund", "drop", "drop")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert Refund.objects.get().status == "pending"
    server.give_back(payment.provider_id, 30000)
    deliver(server)
    owed = Refund.objects.get(status="pending")
    assert (owed.amount, refreshed(booking, payment)[2]) == (200, 500)
    Refund.objects.update(next_try_at=None)
    assert checkout.send_refunds() == 1
    assert server.truth()[str(payment.pk)]["refunded"] == 50000
    assert refreshed(booking, payment) == ("cancelled", "refunded", 500)
    assert_sound(server)


def test_a_refund_by_hand_of_more_than_is_owed_settles_it(server) -> None:
    booking, payment = paid(refund_percent=50)
    server.script("refund", "drop", "drop")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    server.give_back(payment.provider_id, 30000)
    deliver(server)
    assert not Refund.objects.exclude(status="succeeded").exists()
    assert refreshed(booking, payment) == ("cancelled", "succeeded", 300)
    assert_sound(server)


# ---- Partial captures


@pytest.mark.sqlite
def test_a_partial_capture_is_put_aside_and_answered_200(server, api) -> None:
    booking = held()
    payment = checkout.pay(booking_id=booking.pk, payment_method="")
    server.finish(payment.provider_id)
    server.edit(payment.provider_id, amount_received=30000)
    for body, headers in server.deliveries(copies=2):
        answer = api.post(WEBHOOK, body, content_type="application/json", headers=headers)
        assert answer.status_code == 200
    assert refreshed(booking, payment)[0] == "pending"
    line = Line.objects.get()
    assert (line.amount, line.reason) == (300, "another amount was taken than was asked for")
    assert not LedgerEntry.objects.exists()


# ---- The sandbox


@pytest.fixture
def sandbox(settings):
    """Send a signed event of the sandbox."""
    count = iter(range(99))

    def send(payment: Payment, type: str, amount: str) -> str:
        gateway = gateway_named("sandbox")
        body, headers = gateway.signed_event(
            event_id=f"evt-{next(count)}",
            type=type,
            payment_id=payment.pk,
            amount=Decimal(amount),
            currency=payment.currency,
        )
        return checkout.receive_event(provider="sandbox", body=body, headers=headers)

    return send


def test_the_sandbox_s_refunds_are_booked(sandbox) -> None:
    booking, payment = paid()
    for _ in range(2):
        sandbox(payment, "refund.succeeded", "100")
    assert refreshed(booking, payment) == ("confirmed", "succeeded", 200)
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert refreshed(booking, payment) == ("cancelled", "refunded", 500)
    # The sandbox's own event about the refund that it was asked for.
    assert sandbox(payment, "refund.succeeded", "300") == "nothing to do"
    assert [*broken()] == []


def test_a_full_refund_in_the_sandbox_cancels_the_booking(sandbox) -> None:
    booking, payment = paid()
    sandbox(payment, "refund.succeeded", "500")
    assert refreshed(booking, payment) == ("cancelled", "refunded", 500)
    assert statuses(booking.show) == {"available"}
    with pytest.raises(InvalidTransition):
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert [*broken()] == []


def test_more_than_was_taken_is_left_to_staff(sandbox) -> None:
    booking, payment = paid()
    assert sandbox(payment, "refund.succeeded", "600").startswith("put aside")
    assert refreshed(booking, payment) == ("confirmed", "succeeded", 0)


def test_a_refund_of_a_payment_that_was_not_taken_is_left_to_staff(sandbox) -> None:
    booking = held(show=scheduled_show())
    payment = checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
    assert sandbox(payment, "refund.succeeded", "500").startswith("put aside")
    assert refreshed(booking, payment) == ("pending", "requires_action", 0)
    assert [*broken()] == []
