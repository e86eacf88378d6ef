"""The server that plays Stripe."""

import json

import stripe

from bookings.payments.gateway import GatewayUnavailable
from bookings.payments.stripe import StripeGateway
from bookings.tests.stripe_gateway.orders import (
    SECRET_KEY,
    order,
)
from bookings.tests.stripe_server import launched, running


def test_chaos_of_the_stripe_server_is_the_same_for_the_same_seed(monkeypatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)

    def faults(seed: int) -> list[str]:
        with running(seed=seed) as server:
            server.chaos("*", {"error_before": 0.2, "conflict": 0.2})
            gateway = StripeGateway(
                secret_key=SECRET_KEY, webhook_secret="whsec_x", api_base=server.url
            )
            for number in range(20):
                try:
                    gateway.create_payment(order(idempotency_key=f"{number}:1"))
                except GatewayUnavailable:
                    continue
            return [request["fault"] for request in server.asked()]

    first = faults(1)
    assert faults(1) == first != faults(2)
    assert {"ok", "error_before", "conflict"} == set(first)


def test_events_of_the_stripe_server_are_shuffled_and_doubled_by_the_seed(server, gateway) -> None:
    for number in range(1, 8):
        gateway.create_payment(order(payment_id=number, idempotency_key=f"{number}:1"))

    def ids() -> list[str]:
        deliveries = server.deliveries(everything=True, copies=2, shuffle=True)
        return [json.loads(body)["id"] for body, _ in deliveries]

    in_order = [event["id"] for event in server.events]
    assert ids() == ids() != sorted(in_order * 2, key=in_order.index)
    assert sorted(ids()) == sorted(in_order * 2)


def test_stripe_server_runs_in_its_own_process() -> None:
    with launched(seed=3) as server:
        gateway = StripeGateway(
            secret_key=SECRET_KEY, webhook_secret="whsec_x", api_base=server.url
        )
        server.script("confirm", "decline")
        assert gateway.create_payment(order()).status == "failed"
        paid = gateway.create_payment(order(idempotency_key="31:2"))
        assert server.truth()["7"]["captured"] == 50000
        assert server.edit(paid.provider_id, currency="usd")["currency"] == "usd"
        assert server.deliver("http://127.0.0.1:9/", copies=2) == [0, 0, 0, 0]
