"""
What the system asks of a payment provider.

A gateway has no tables and opens no transactions; it may be slow, fail, or answer twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol


class GatewayUnavailable(Exception):
    """The provider gave no answer. Whether it did what it was asked is not known."""


@dataclass(frozen=True)
class PaymentOrder:
    """
    What is to be paid. Asked again with the same idempotency key, a provider does not take
    money twice.
    """

    payment_id: int
    idempotency_key: str
    amount: Decimal
    currency: str
    payment_method: str


@dataclass(frozen=True)
class PaymentResult:
    """`status` is requires_action, succeeded or failed."""

    status: str
    provider_id: str
    client_secret: str = ""
    action_url: str = ""
    failure: str = ""


@dataclass(frozen=True)
class RefundState:
    """
    What the provider says of one of its refunds now.

    `key` is the idempotency key that it was asked for with; None for one that this system did not
    ask for. `status` is pending, succeeded or failed. What succeeded may yet fail, weeks later,
    and then the money is back with us; what failed stays so.
    """

    provider_id: str
    key: str | None
    status: str
    amount: Decimal
    failure: str = ""


@dataclass(frozen=True)
class PaymentState:
    """
    What the provider says of a payment now.

    `payment_id` is ours, as it was given when the payment was made; None for one that this
    system did not make. `status` is requires_action, succeeded or failed; `amount` is what was
    taken, or is to be.
    """

    provider_id: str
    payment_id: int | None
    status: str
    amount: Decimal
    currency: str
    refunds: tuple[RefundState, ...]
    created_at: datetime


@dataclass(frozen=True)
class RefundResult:
    """`status` is pending, succeeded or failed; None: there was no answer."""

    status: str | None
    provider_id: str = ""
    failure: str = ""


@dataclass(frozen=True)
class Event:
    """
    A verified event. `status` is what the payment is now, `refund` what one of its refunds is; None
    where it says nothing of that.
    """

    event_id: str
    type: str
    payment_id: int | None
    status: str | None
    amount: Decimal
    currency: str
    payload: dict[str, Any]
    refund: RefundState | None = None


class Gateway(Protocol):
    """Every method but the first and the last may raise GatewayUnavailable."""

    name: str
    default_method: str

    def check_method(self, payment_method: str) -> None:
        """Raise InvalidField unless the provider can be asked for this way to pay."""

    def create_payment(self, order: PaymentOrder) -> PaymentResult: ...

    def payment_state(self, *, provider_id: str) -> PaymentState | None:
        """None: the provider has no such payment."""

    def cancel_payment(self, *, provider_id: str) -> PaymentState | None:
        """Ask that an open payment never succeeds; what it then is, as it may have already."""

    def refund(
        self, *, provider_id: str, amount: Decimal, currency: str, idempotency_key: str
    ) -> RefundResult: ...

    def payments_since(self, since: datetime) -> Iterable[PaymentState]:
        """All payments that were made at the provider from then on, whoever made them."""

    def failed_refunds_since(self, since: datetime) -> Iterable[tuple[str, RefundState]]:
        """
        All refunds that failed at the provider from then on, however long ago they were made, each
        with the provider's id of its payment.
        """

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """Raise InvalidSignature unless the provider signed these bytes, and lately."""
