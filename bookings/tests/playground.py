"""A provider without a network, and the steps of payments against it."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import stripe
from django.test import override_settings

from bookings import checkout
from bookings.models import Booking, Payment
from bookings.payments import providers
from bookings.tests.provider_books import disagreements
from bookings.tests.soundness import broken
from bookings.tests.stripe_server import StripeServer


@contextmanager
def playground(seed: int) -> Iterator[StripeServer]:
    """
    Run a provider that needs no socket and an SDK without pauses.

    Other tests use the network.
    """
    server = StripeServer(seed=seed)

    def request(
        client: Any, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[str, int, dict[str, str]]:
        target = urlsplit(url)
        params = dict(parse_qsl(target.query) + parse_qsl(post_data or ""))
        status, document, fault = server.handle(method.upper(), target.path, params, headers)
        if fault in ("lose", "drop"):
            raise stripe.APIConnectionError(fault, should_retry=True)
        body = {"garbage": "<html>", "empty": "{}"}.get(fault) or json.dumps(document)
        return body, status, {}

    in_use = override_settings(
        PAYMENT_PROVIDER="stripe",
        STRIPE_SECRET_KEY="sk_test_of_the_adversary",
        STRIPE_WEBHOOK_SECRET=server.webhook_secret,
        STRIPE_API_BASE="http://stripe.invalid",
        BOOKINGS_MAX_PENDING=10**6,
        BOOKINGS_MAX_GIVEN_UP=10**6,
    )
    providers.stripe_gateway.cache_clear()
    client = stripe.RequestsClient
    without_pauses = mock.patch.object(client, "_sleep_time_seconds", return_value=0)
    # There would be thousands of warnings.
    logging.disable()
    with in_use, without_pauses, mock.patch.object(client, "request", request):
        yield server
    logging.disable(logging.NOTSET)
    providers.stripe_gateway.cache_clear()


def pay(booking: Booking, card: str = "pm_card_visa") -> Payment:
    """Pay for a booking by card."""
    return checkout.pay(booking_id=booking.pk, payment_method=card)


def deliver(server: StripeServer, **how: Any) -> list[str]:
    """Return the outcomes of the events since the last call."""
    return [
        checkout.receive_event(provider="stripe", body=body, headers=headers)
        for body, headers in server.deliveries(**how)
    ]


def assert_sound(server: StripeServer) -> None:
    """Assert that all invariants hold, and that the provider's books are ours."""
    assert [*broken(), *disagreements(server)] == []
