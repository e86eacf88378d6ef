"""Orders, and readings of the server, that the tests of Stripe share."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bookings.payments.states import PaymentOrder, PaymentState
from bookings.payments.stripe import StripeGateway
from bookings.tests.stripe_server import StripeServer

SECRET_KEY = "sk_test_known_to_nobody"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
STRIPE = {
    "PAYMENT_PROVIDER": "stripe",
    "STRIPE_SECRET_KEY": SECRET_KEY,
    "STRIPE_PUBLISHABLE_KEY": "pk_test_known_to_all",
    "STRIPE_WEBHOOK_SECRET": "whsec_known_to_nobody",
}


def order(**fields: Any) -> PaymentOrder:
    return PaymentOrder(
        **{
            "payment_id": 7,
            "idempotency_key": "31:1",
            "amount": Decimal("500.00"),
            "currency": "INR",
            "payment_method": "pm_card_visa",
            **fields,
        }
    )


def charges(server: StripeServer, payment_id: int = 7) -> list[int]:
    payment = server.truth().get(str(payment_id), {"charges": 0, "captured": 0})
    return [payment["charges"], payment["captured"]]


def ops(server: StripeServer) -> list[str]:
    return [request["op"] for request in server.asked()]


def gone(state: PaymentState) -> Decimal:
    """Return the amount refunded to the customer."""
    return sum((r.amount for r in state.refunds if r.status == "succeeded"), Decimal(0))


def one_event(server: StripeServer, gateway: StripeGateway, **how: Any):
    """Return the gateway's reading of the server's newest event."""
    return gateway.read_event(*server.deliveries(**how)[-1])


def refund(gateway: StripeGateway, provider_id: str, key: str = "refund:1:0", amount: str = "200"):
    return gateway.refund(
        provider_id=provider_id, amount=Decimal(amount), currency="INR", idempotency_key=key
    )


def refunded(server: StripeServer) -> int:
    return server.truth()["7"]["refunded"]
