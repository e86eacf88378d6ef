"""
The interface to a payment provider.

A gateway has no tables and opens no transactions. It may be slow, fail, or answer twice.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from bookings.payments.states import (
    DisputeState,
    Event,
    PaymentOrder,
    PaymentResult,
    PaymentState,
    RefundResult,
    RefundState,
)


class GatewayUnavailable(Exception):
    """The provider's answer is missing, and its effect is unknown."""


class Gateway(Protocol):
    """
    One payment provider.

    Every method except `check_method`, `read_event` and `dispute_page` may raise GatewayUnavailable.
    """

    name: str
    default_method: str

    def check_method(self, payment_method: str) -> None:
        """Raise InvalidField unless the provider accepts this payment method."""

    def create_payment(self, order: PaymentOrder) -> PaymentResult:
        """Ask the provider to take money."""

    def payment_state(self, *, provider_id: str) -> PaymentState | None:
        """Return the payment's current state, or None if it is unknown."""

    def cancel_payment(self, *, provider_id: str) -> PaymentState | None:
        """
        End an open payment.

        Return its state, because it may have succeeded before.
        """

    def refund(
        self, *, provider_id: str, amount: Decimal, currency: str, idempotency_key: str
    ) -> RefundResult:
        """Ask the provider to send money back."""

    def find_refund(self, *, provider_id: str, idempotency_key: str) -> RefundResult | None:
        """Return a payment's refund that was made with this key, or None."""

    def payments_since(self, since: datetime) -> Iterable[PaymentState]:
        """Return all payments made at the provider since then, whoever made them."""

    def failed_refunds_since(self, since: datetime) -> Iterable[tuple[str, RefundState]]:
        """
        Return all refunds that failed since then, whenever they were made.

        Each comes with the provider's id of its payment.
        """

    def disputes_since(self, since: datetime) -> Iterable[DisputeState]:
        """Return all disputes that were opened since then."""

    def dispute_state(self, *, provider_id: str) -> DisputeState | None:
        """Return the dispute's current state, or None if it is unknown."""

    def dispute_page(self, *, provider_id: str) -> str:
        """Return the dispute's address in the dashboard, or an empty text."""

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """Return the event, or raise InvalidSignature unless the provider signed it lately."""
