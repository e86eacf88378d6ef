"""The states of payments at Stripe."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bookings.payments.gateway import GatewayUnavailable
from bookings.tests.stripe_gateway.orders import LONG_AGO, gone, ops, order


def test_payment_state_is_read_from_stripe(server, gateway) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    paid = gateway.create_payment(order())
    gateway.refund(
        provider_id=paid.provider_id, amount=Decimal("120.5"), currency="INR", idempotency_key="r"
    )
    state = gateway.payment_state(provider_id=paid.provider_id)
    assert (state.payment_id, state.status, state.currency) == (7, "succeeded", "INR")
    assert (state.amount, gone(state)) == (Decimal(500), Decimal("120.5"))
    assert before < state.created_at < datetime.now(UTC)
    assert list(gateway.payments_since(LONG_AGO)) == [state]


def test_pending_and_failed_refunds_do_not_count_as_sent(server, gateway) -> None:
    paid = gateway.create_payment(order()).provider_id
    server.script("refund", "pending", "fail")
    for key in "abc":
        gateway.refund(
            provider_id=paid, amount=Decimal(10), currency="INR", idempotency_key=f"refund:{key}"
        )
    assert gone(gateway.payment_state(provider_id=paid)) == Decimal(10)
    (pending,) = [r["id"] for r in server.refunds.values() if r["status"] == "pending"]
    server.settle_refund(pending, "succeeded")
    assert gone(gateway.payment_state(provider_id=paid)) == Decimal(20)
    for number in range(10):
        gateway.refund(
            provider_id=paid, amount=Decimal(1), currency="INR", idempotency_key=f"{number}"
        )
    assert gone(gateway.payment_state(provider_id=paid)) == Decimal(30)


def test_unknown_payment_has_no_state(server, gateway) -> None:
    gateway.create_payment(order())
    for provider_id in ("pi_unknown", "", "../refunds"):
        assert gateway.payment_state(provider_id=provider_id) is None
        assert gateway.cancel_payment(provider_id=provider_id) is None


@pytest.mark.parametrize("metadata", [{}, {"payment": ""}, {"payment": "x"}, {"payment": "0"},
                                      {"payment": "-1"}, {"payment": str(2**63)}, {"order": "7"},
                                      {"payment": "9" * 5000}])  # fmt: skip
def test_payment_of_another_system_has_none_of_our_ids(server, gateway, metadata) -> None:
    paid = gateway.create_payment(order())
    server.edit(paid.provider_id, metadata=metadata)
    assert gateway.payment_state(provider_id=paid.provider_id).payment_id is None


def test_an_open_payment_that_is_cancelled_never_succeeds(server, gateway) -> None:
    asked = gateway.create_payment(order(payment_method="pm_card_authenticationRequired"))
    for _ in range(2):
        assert gateway.cancel_payment(provider_id=asked.provider_id).status == "failed"
    with pytest.raises(AssertionError):
        server.finish(asked.provider_id)


def test_a_payment_that_succeeded_already_is_not_cancelled(server, gateway) -> None:
    asked = gateway.create_payment(order(payment_method=""))
    server.finish(asked.provider_id)
    state = gateway.cancel_payment(provider_id=asked.provider_id)
    assert (state.status, state.amount) == ("succeeded", Decimal(500))


def test_a_payment_under_way_at_the_bank_cannot_be_cancelled(server, gateway) -> None:
    asked = gateway.create_payment(order(payment_method="pm_card_processing"))
    assert gateway.cancel_payment(provider_id=asked.provider_id).status == "requires_action"


def test_a_cancellation_whose_answer_is_lost_is_done(server, gateway) -> None:
    asked = gateway.create_payment(order(payment_method=""))
    server.script("cancel", "lose", "lose")
    with pytest.raises(GatewayUnavailable):
        gateway.cancel_payment(provider_id=asked.provider_id)
    assert gateway.cancel_payment(provider_id=asked.provider_id).status == "failed"


def test_all_payments_are_listed_page_by_page(server, gateway) -> None:
    for number in range(1, 131):
        gateway.create_payment(
            order(payment_id=number, idempotency_key=f"{number}:1", payment_method="")
        )
    old = next(iter(server.intents))
    server.edit(old, created=int(time.time()) - 7200)
    since = datetime.now(UTC) - timedelta(hours=1)
    assert [state.payment_id for state in gateway.payments_since(since)] == [*range(130, 1, -1)]
    assert ops(server).count("list") == 2
    server.script("list", "ok", "error_before", "error_before")
    with pytest.raises(GatewayUnavailable):
        list(gateway.payments_since(since))
