"""Refunds by Stripe."""

import pytest

from bookings.payments.gateway import GatewayUnavailable
from bookings.payments.states import RefundResult
from bookings.tests.stripe_gateway.orders import refund, refunded


def test_a_refund_goes_back_once_with_its_key(server, gateway, paid) -> None:
    first = refund(gateway, paid)
    assert first.status == "succeeded" and first.provider_id.startswith("re_")
    assert refund(gateway, paid) == first
    assert refunded(server) == 20000
    assert refund(gateway, paid, "refund:2:0").provider_id != first.provider_id
    assert refunded(server) == 40000
    sent = [request for request in server.asked() if request["op"] == "refund"]
    assert sent[0]["params"] == {
        "payment_intent": paid,
        "amount": "20000",
        "metadata[refund]": "refund:1:0",
    }
    assert sent[0]["key"] == "payment:refund:1:0"


@pytest.mark.parametrize(
    "fault", ["lose", "drop", "error_before", "error_after", "garbage", "empty"]
)
def test_a_refund_without_an_answer_goes_back_once(server, gateway, paid, fault) -> None:
    server.script("refund", fault, *([] if fault in ("garbage", "empty") else [fault]))
    with pytest.raises(GatewayUnavailable):
        refund(gateway, paid)
    assert refund(gateway, paid).status == "succeeded"
    assert refunded(server) == 20000


def test_a_refund_is_found_when_stripe_has_forgotten_its_key(server, gateway, paid) -> None:
    server.script("refund", "lose", "lose")
    with pytest.raises(GatewayUnavailable):
        refund(gateway, paid)
    server.forget_keys()
    assert refund(gateway, paid).status == "succeeded"
    assert refunded(server) == 20000


def test_a_pending_refund_is_what_it_became_when_asked_again(server, gateway, paid) -> None:
    server.script("refund", "pending", "pending")
    first, second = refund(gateway, paid), refund(gateway, paid, "refund:2:0")
    assert (first.status, second.status) == ("pending", "pending")
    server.settle_refund(first.provider_id, "succeeded")
    server.settle_refund(second.provider_id, "failed")
    assert refund(gateway, paid).status == "succeeded"
    failed = refund(gateway, paid, "refund:2:0")
    assert (failed.status, failed.failure) == ("failed", "The bank refused it: unknown.")


def test_a_refund_that_fails_first_succeeds_with_the_next_key(server, gateway, paid) -> None:
    server.script("refund", "fail")
    first = refund(gateway, paid)
    assert first.status == "failed"
    assert first.failure == "The bank refused it: expired or canceled card."
    assert refund(gateway, paid, "refund:1:1").status == "succeeded"
    assert refunded(server) == 20000


def test_more_than_was_taken_is_refused(server, gateway, paid) -> None:
    assert refund(gateway, paid, "refund:1:0", "500.01").status == "failed"
    assert refund(gateway, paid, "refund:2:0", "500").status == "succeeded"
    result = refund(gateway, paid, "refund:3:0", "0.01")
    assert result == RefundResult("failed", "", "Stripe refused it: charge_already_refunded.")
    assert refunded(server) == 50000


def test_a_refund_of_what_is_not_there_is_refused(server, gateway) -> None:
    assert refund(gateway, "pi_unknown").status == "failed"


def test_a_refund_waits_for_the_payment_s_id(server, gateway, paid) -> None:
    with pytest.raises(GatewayUnavailable):
        refund(gateway, "")
    assert refunded(server) == 0
