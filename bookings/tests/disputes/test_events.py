"""The provider's events about disputes, and the money that they move."""

import itertools
import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from bookings import checkout, services
from bookings.models import Dispute, LedgerEntry, Payment, ProviderEvent
from bookings.models import StrayPayment as Line
from bookings.payments.providers import gateway_named
from bookings.reconciliation import reconcile
from bookings.tests.disputes.steps import moved
from bookings.tests.factories import confirmed, statuses
from bookings.tests.playground import assert_sound, deliver
from bookings.tests.soundness import broken

pytestmark = pytest.mark.django_db


WEBHOOK = "/api/bookings/webhooks/stripe/"


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


def test_an_inquiry_may_become_a_dispute(server, paid) -> None:
    _, payment = paid
    dispute = server.dispute(payment.provider_id, status="warning_needs_response")
    deliver(server)
    server.move_dispute(dispute["id"], "needs_response")
    deliver(server)
    assert (Dispute.objects.get().state, moved("disputed")) == ("needs_response", -500)
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
