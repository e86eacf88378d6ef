"""The tables of bookings, payments, promotions, tickets and outgoing messages."""

from bookings.models.booking import BookedSeat, Booking, BookingTransition
from bookings.models.dispute import Dispute
from bookings.models.idempotency import IdempotencyKey
from bookings.models.link import BookingLink
from bookings.models.note import BookingNote
from bookings.models.outgoing import (
    AccountMail,
    Message,
    PeriodicJob,
    WebhookDelivery,
    WebhookSubscription,
)
from bookings.models.payment import (
    LedgerEntry,
    Payment,
    ProviderEvent,
    Reconciliation,
    Refund,
    StrayPayment,
)
from bookings.models.promotion import PromoCode
from bookings.models.ticket import Ticket, TicketScan
from bookings.models.transfer import TicketTransfer

__all__ = [
    "AccountMail",
    "BookedSeat",
    "Booking",
    "BookingLink",
    "BookingNote",
    "BookingTransition",
    "Dispute",
    "IdempotencyKey",
    "LedgerEntry",
    "Message",
    "Payment",
    "PeriodicJob",
    "PromoCode",
    "ProviderEvent",
    "Reconciliation",
    "Refund",
    "StrayPayment",
    "Ticket",
    "TicketScan",
    "TicketTransfer",
    "WebhookDelivery",
    "WebhookSubscription",
]
