"""
The use cases that need both the services and the payment provider.

Each stores its attempt, commits, asks the provider, and records the answer. This is the only package
that imports both, and it never uses the network inside a transaction.
"""

from bookings.checkout.cancelling import (
    cancel,
    cancel_show,
    end_impossible_exchanges,
    exchange,
    expire,
    finish_show_cancellations,
    preview_show_cancellation,
    refund_amount,
)
from bookings.checkout.payments import end_open_payments, pay, record_reports
from bookings.checkout.refunds import record_failed_refund, send_refunds
from bookings.checkout.states import compare, receive_event, record_state

__all__ = [
    "cancel",
    "cancel_show",
    "compare",
    "end_impossible_exchanges",
    "end_open_payments",
    "exchange",
    "expire",
    "finish_show_cancellations",
    "pay",
    "preview_show_cancellation",
    "receive_event",
    "record_failed_refund",
    "record_reports",
    "record_state",
    "refund_amount",
    "send_refunds",
]
