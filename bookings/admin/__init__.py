"""Bookings, payments, tickets and outgoing messages at the admin site."""

from django.contrib import admin

from bookings.admin import after_sale, notes, sending_again
from bookings.admin.bookings import BookingAdmin
from bookings.admin.customers import CustomerAdmin
from bookings.admin.disputes import DisputeAdmin
from bookings.admin.money import (
    LedgerEntryAdmin,
    PaymentAdmin,
    ProviderEventAdmin,
    RefundAdmin,
    StrayPaymentAdmin,
)
from bookings.admin.outgoing import (
    AccountMailAdmin,
    MessageAdmin,
    PeriodicJobAdmin,
    WebhookDeliveryAdmin,
    WebhookSubscriptionAdmin,
)
from bookings.admin.promotions import PromoCodeAdmin
from bookings.admin.shows import ShowWithBookingsAdmin
from bookings.admin.tickets import TicketAdmin
from bookings.admin.transfers import TransferAdmin
from eventbooking_system.admin import Page

admin.site.register_page(
    Page(
        "Today",
        "Check-in",
        "/check-in/",
        lambda request: request.user.has_perm("bookings.check_in_ticket"),
    )
)

__all__ = [
    "AccountMailAdmin",
    "BookingAdmin",
    "CustomerAdmin",
    "DisputeAdmin",
    "LedgerEntryAdmin",
    "MessageAdmin",
    "PaymentAdmin",
    "PeriodicJobAdmin",
    "PromoCodeAdmin",
    "ProviderEventAdmin",
    "RefundAdmin",
    "ShowWithBookingsAdmin",
    "StrayPaymentAdmin",
    "TicketAdmin",
    "TransferAdmin",
    "WebhookDeliveryAdmin",
    "WebhookSubscriptionAdmin",
    "after_sale",
    "notes",
    "sending_again",
]
