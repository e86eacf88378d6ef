"""
Plain values that cross the border between services and payment providers.

Services and gateways share these dataclasses. They have no tables and use no network, so a module
that opens a transaction may import them. It must not import a gateway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class PaymentOrder:
    """
    A request to the provider to take money.

    Asked again with the same idempotency key, a provider does not take money twice.
    """

    payment_id: int
    idempotency_key: str
    amount: Decimal
    currency: str
    payment_method: str


@dataclass(frozen=True)
class PaymentResult:
    """The provider's answer to an order; `status` is requires_action, succeeded or failed."""

    status: str
    provider_id: str = ""
    client_secret: str = ""
    action_url: str = ""
    failure: str = ""


@dataclass(frozen=True)
class RefundState:
    """
    A refund as the provider knows it now.

    `key` is the idempotency key of our request, or None if the refund was made without one.
    `status` is pending, succeeded or failed. A refund that succeeded may fail weeks later, and then
    the provider has the money again. A refund that failed stays failed.
    """

    provider_id: str
    key: str | None
    status: str
    amount: Decimal
    failure: str = ""


@dataclass(frozen=True)
class PaymentState:
    """
    A payment as the provider knows it now.

    `payment_id` is our id, which the provider was given with the order, or None if this system did
    not make the payment. `status` is requires_action, succeeded or failed. `amount` is the amount
    that was taken, or that is to be taken.
    """

    provider_id: str
    payment_id: int | None
    status: str
    amount: Decimal
    currency: str
    refunds: tuple[RefundState, ...]
    created_at: datetime


@dataclass(frozen=True)
class DisputeState:
    """
    A dispute as the provider knows it now.

    `payment_id` is the provider's id of the payment. `state` is one of `Dispute.State`. `taken` is
    the part of `amount` that the bank has taken from our account, and `returned` what of it came
    back. `fee` is what the provider charges for the dispute, less what it gave back of that, in
    `fee_currency`. These amounts only grow, except the fee.
    """

    provider_id: str
    payment_id: str
    state: str
    reason: str
    amount: Decimal
    currency: str
    opened_at: datetime
    evidence_due_at: datetime | None = None
    taken: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    fee_currency: str = ""


@dataclass(frozen=True)
class RefundResult:
    """
    The answer to a refund.

    `status` is pending, succeeded or failed, or None if there was no answer.
    """

    status: str | None
    provider_id: str = ""
    failure: str = ""


@dataclass(frozen=True)
class Event:
    """
    A verified event of the provider.

    `provider_id` is the provider's id of the payment, or empty if the event does not name it.
    `status` is the payment's state now, or None if the event does not concern it, and `refunds` are
    the states of those of its refunds that the event concerns. `amount` is the amount that was taken,
    or is to be taken, and `ordered` the amount that was asked for, if the provider tells them apart.
    `dispute` is the state of the dispute that the event concerns. `payload` is only stored for staff
    to read.
    """

    event_id: str
    type: str
    payment_id: int | None
    status: str | None
    amount: Decimal
    currency: str
    payload: Mapping[str, Any]
    provider_id: str = ""
    refunds: tuple[RefundState, ...] = ()
    ordered: Decimal | None = None
    dispute: DisputeState | None = None
