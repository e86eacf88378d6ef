"""Payments, refunds, the ledger and provider events at the admin site."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from bookings import checkout, services
from bookings.admin.columns import (
    CUSTOMER_OF_BOOKING,
    VENUE_OF_BOOKING,
    at_venue,
    booking_link,
    customer_of_booking,
    in_currency,
)
from bookings.admin.confirming import warn_of_waiting_refunds
from bookings.admin.searching import CodeSearchMixin
from bookings.models import LedgerEntry, Payment, ProviderEvent, Refund, StrayPayment
from shows.admin.lists import ReadOnlyAdmin


@admin.register(Payment)
class PaymentAdmin(CodeSearchMixin, ReadOnlyAdmin):
    secret_fields = ["client_secret", "action_url"]
    money = in_currency("amount")
    list_display = [
        "id",
        "money",
        booking_link,
        customer_of_booking,
        "status",
        "provider",
        "created",
    ]
    created = at_venue("created_at")
    updated = at_venue("updated_at")
    list_filter = ["status", "provider", "created_at"]
    list_select_related = ["booking__user", VENUE_OF_BOOKING]
    search_fields = ["booking__reference", *CUSTOMER_OF_BOOKING, "provider_id"]
    date_hierarchy = "created_at"
    fields = [
        booking_link, customer_of_booking, "attempt", "status", "money", "provider",
        "provider_id", "payment_method", "failure", "created", "updated",
    ]  # fmt: skip


@admin.register(Refund)
class RefundAdmin(CodeSearchMixin, ReadOnlyAdmin):
    money = in_currency("amount", currency="payment.currency")
    list_display = [
        "id",
        "money",
        booking_link,
        customer_of_booking,
        "status",
        "failure",
        "came_back",
        "reason",
        "created",
    ]
    created = at_venue("created_at")
    updated = at_venue("updated_at")
    next_try = at_venue("next_try_at")
    list_filter = ["status", "came_back", "payment__provider", "created_at"]
    list_select_related = ["booking__user", VENUE_OF_BOOKING, "payment"]
    search_fields = ["booking__reference", *CUSTOMER_OF_BOOKING, "provider_id"]
    date_hierarchy = "created_at"
    actions = ["send"]
    fields = [
        booking_link, customer_of_booking, "payment", "status",
        "money", "reason", "provider_id", "failure", "tries", "came_back", "next_try",
        "created", "updated",
    ]  # fmt: skip

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bookings.change_refund")

    @admin.action(description="Send again unless succeeded", permissions=["send"])
    def send(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        request.user.refuse_stale_second_factor()
        ids = list(queryset.values_list("pk", flat=True))
        for refund_id in ids:
            services.retry_refund(refund_id=refund_id)
        sent = checkout.send_refunds(pk__in=ids)
        self.message_user(request, f"{sent} refunds sent.", messages.SUCCESS)
        warn_of_waiting_refunds(request, pk__in=ids)


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    """Events of payment providers, with their outcome."""

    list_display = ["event_id", "provider", "type", "outcome", "received_at"]
    list_filter = ["provider", "type", "received_at"]
    search_fields = ["event_id", "type", "outcome"]
    date_hierarchy = "received_at"


@admin.register(LedgerEntry)
class LedgerEntryAdmin(CodeSearchMixin, ReadOnlyAdmin):
    """Every movement of money, and what it was for."""

    money = in_currency("amount")
    time = at_venue("at", "time")
    list_display = ["id", "time", "kind", "money", booking_link, "payment_id", "refund_id"]
    list_filter = ["kind", "currency", "at"]
    list_select_related = [VENUE_OF_BOOKING]
    fields = [booking_link, "kind", "money", "time", "payment", "refund"]
    search_fields = ["booking__reference"]
    date_hierarchy = "at"


@admin.register(StrayPayment)
class StrayPaymentAdmin(CodeSearchMixin, ReadOnlyAdmin):
    """
    Money at a provider that fits no payment here.

    Staff settle it at the provider, and mark it here.
    """

    list_display = [
        "provider_id", "provider", "amount", "currency", "status", "reason", "found_at", "settled_at",
    ]  # fmt: skip
    list_filter = ["provider", "reason", ("settled_at", admin.EmptyFieldListFilter)]
    search_fields = ["provider_id", "payment__booking__reference"]
    actions = ["settle"]

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bookings.change_straypayment")

    @admin.action(description="Mark as settled at the provider", permissions=["settle"])
    def settle(self, request: HttpRequest, queryset: QuerySet[StrayPayment]) -> None:
        settled = queryset.filter(settled_at=None).update(
            settled_at=timezone.now(), note=f"by user {request.user.pk}"
        )
        self.message_user(request, f"{settled} marked as settled.", messages.SUCCESS)
