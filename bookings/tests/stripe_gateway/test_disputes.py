"""Disputes at Stripe, as the gateway reads them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bookings.payments.stripe import StripeGateway
from bookings.payments.stripe.documents import state_of_dispute
from bookings.tests.stripe_gateway.orders import LONG_AGO, one_event, order
from eventbooking_system.errors import Busy


def test_an_event_has_the_dispute_as_it_is_now(server, gateway, paid) -> None:
    at_stripe = server.dispute(paid, 20000)
    opened = server.deliveries()[-2]
    server.move_dispute(at_stripe["id"], "lost")
    event = gateway.read_event(*opened)
    assert (event.type, event.provider_id, event.status) == ("charge.dispute.created", paid, None)
    dispute = event.dispute
    assert (dispute.provider_id, dispute.payment_id) == (at_stripe["id"], paid)
    assert (dispute.state, dispute.reason) == ("lost", "fraudulent")
    assert (dispute.amount, dispute.currency) == (Decimal(200), "INR")
    assert (dispute.taken, dispute.returned) == (Decimal(200), 0)
    assert (dispute.fee, dispute.fee_currency) == (Decimal(15), "INR")
    due_by = at_stripe["evidence_details"]["due_by"]
    assert dispute.evidence_due_at == datetime.fromtimestamp(due_by, UTC)
    assert event.payload == {
        "dispute": at_stripe["id"], "provider_id": paid, "status": "lost", "reason": "fraudulent",
    }  # fmt: skip


def test_the_content_of_an_event_is_not_trusted(server, gateway, paid) -> None:
    server.dispute(paid)
    event = one_event(server, gateway, edit={"status": "won", "amount": 1})
    assert (event.dispute.state, event.dispute.amount) == ("needs_response", Decimal(500))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("warning_needs_response", "inquiry"), ("warning_under_review", "inquiry"),
        ("warning_closed", "inquiry_closed"), ("prevented", "inquiry_closed"),
        ("needs_response", "needs_response"), ("under_review", "under_review"),
        ("won", "won"), ("lost", "lost"), ("appeal_under_review", "lost"),
        ("something_new", "needs_response"),
    ],
)  # fmt: skip
def test_each_status_of_stripe_has_one_of_ours(server, gateway, paid, status, state) -> None:
    dispute = server.dispute(paid, status=status)
    assert gateway.dispute_state(provider_id=dispute["id"]).state == state


def test_a_return_in_another_currency_is_a_return_of_the_whole(server, paid) -> None:
    dispute = server.dispute(paid)
    moved = [
        {"amount": -612, "currency": "usd", "fee": 1500},
        {"amount": 598, "currency": "usd", "fee": 0},
    ]
    state = state_of_dispute({**dispute, "status": "won", "balance_transactions": moved})
    assert (state.taken, state.returned) == (Decimal(500), Decimal(500))
    assert (state.fee, state.fee_currency) == (Decimal(15), "USD")


def test_a_partial_return_counts_as_such(server, paid) -> None:
    dispute = server.move_dispute(server.dispute(paid)["id"], "lost", reinstated=12345)
    assert state_of_dispute(dispute).returned == Decimal("123.45")


def test_disputes_are_listed_since_a_time(server, gateway, paid) -> None:
    for number in (1, 2, 3):
        other = gateway.create_payment(order(payment_id=number, idempotency_key=f"{number}:1"))
        server.dispute(other.provider_id)
    assert len(list(gateway.disputes_since(LONG_AGO))) == 3
    assert list(gateway.disputes_since(datetime(2100, 1, 1, tzinfo=UTC))) == []


def test_an_unknown_dispute_has_no_state(gateway) -> None:
    assert gateway.dispute_state(provider_id="dp_none") is None
    assert gateway.dispute_state(provider_id="") is None


def test_an_event_comes_again_if_stripe_cannot_be_asked(server, gateway, paid) -> None:
    server.dispute(paid)
    server.script("dispute_get", "error_before", "error_before")
    with pytest.raises(Busy):
        one_event(server, gateway)
    assert one_event(server, gateway, everything=True).dispute


@pytest.mark.parametrize(
    ("key", "page"),
    [("sk_test_x", "/test/disputes/dp_1"), ("sk_live_x", "/disputes/dp_1")],
)
def test_the_page_of_a_dispute_is_in_the_mode_of_the_key(key, page) -> None:
    gateway = StripeGateway(
        secret_key=key, webhook_secret="whsec_x", api_base="https://api.stripe.com"
    )
    assert gateway.dispute_page(provider_id="dp_1") == f"https://dashboard.stripe.com{page}"
