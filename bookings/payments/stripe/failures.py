"""Failures of Stripe's SDK, as the gateway's interface has them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from bookings.payments.gateway import GatewayUnavailable

log = logging.getLogger(__name__)


@contextmanager
def or_unavailable() -> Iterator[None]:
    """
    Raise GatewayUnavailable for every failure that leaves the payment's fate unknown.

    These are a missing connection, a time-out, 5xx, 409, 429, a refused key, and an answer that
    lacks a field. The SDK's error is left out of the chain, because it holds the whole answer,
    client secrets included.
    """
    try:
        yield
    except stripe.StripeError as error:
        log_error(logging.ERROR, "stripe gave no answer", error)
        raise GatewayUnavailable(type(error).__name__) from None
    except KeyError as error:
        log.error("stripe's answer lacks a field", extra={"field": str(error)})
        raise GatewayUnavailable(f"an answer without {error}") from None


def log_error(level: int, message: str, error: stripe.StripeError) -> None:
    """Log an error without its text, which may contain secrets."""
    details = {
        "error": type(error).__name__,
        "http_status": error.http_status,
        "code": error.code,
        "stripe_request": error.request_id,
    }
    log.log(level, message, extra=details)
