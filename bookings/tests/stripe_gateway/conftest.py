"""A server that plays Stripe, and the gateway to it."""

from collections.abc import Iterator

import pytest
import stripe

from bookings.payments.stripe import StripeGateway
from bookings.tests.stripe_gateway.orders import SECRET_KEY, order
from bookings.tests.stripe_server import StripeServer, running


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeServer]:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    with running() as server:
        yield server


@pytest.fixture
def gateway(server: StripeServer) -> StripeGateway:
    return StripeGateway(
        secret_key=SECRET_KEY, webhook_secret=server.webhook_secret, api_base=server.url
    )


@pytest.fixture
def paid(gateway: StripeGateway) -> str:
    return gateway.create_payment(order()).provider_id
