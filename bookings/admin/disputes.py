"""Disputes at the admin site."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.html import format_html

from bookings.admin.columns import at_venue, change_url, in_currency
from bookings.admin.parts import PartOfBookingInline
from bookings.admin.searching import CodeSearchMixin
from bookings.models import Dispute, LedgerEntry
from bookings.payments.providers import gateway_named
from shows.admin.lists import ReadOnlyAdmin


class DeadlineFilter(admin.SimpleListFilter):
    """Open disputes by when their evidence is due."""

    title = "evidence due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "open"), ("soon", "within 3 days"), ("passed", "passed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> QuerySet[Dispute]:
        if self.value() is None:
            return queryset
        in_progress = queryset.in_progress()
        if self.value() == "soon":
            soon = Now() + timedelta(days=3)
            return in_progress.filter(evidence_due_at__gt=Now(), evidence_due_at__lte=soon)
        if self.value() == "passed":
            return in_progress.filter(evidence_due_at__lte=Now())
        return in_progress


class MovementInline(PartOfBookingInline):
    """The movements of money by a dispute, from the ledger."""

    model = LedgerEntry
    verbose_name_plural = "movements"
    money = in_currency("amount")
    time = at_venue("at", "time")
    fields = ["time", "kind", "money"]


@admin.register(Dispute)
class DisputeAdmin(CodeSearchMixin, ReadOnlyAdmin):
    """
    Payments that a customer's bank takes back.

    Staff send their evidence at the provider. Nothing is changed here.
    """

    money = in_currency("amount")
    list_display = [
        "provider_id", "state", "money", "booking", "customer", "reason", "evidence_due_at", "opened_at", "closed_at",
    ]  # fmt: skip
    list_filter = ["state", DeadlineFilter, "reason", "opened_at"]
    list_select_related = ["payment__booking__user"]
    search_fields = [
        "provider_id", "payment__provider_id", "payment__booking__reference",
        "payment__booking__user__email",
    ]  # fmt: skip
    ordering = ["-opened_at", "-pk"]
    date_hierarchy = "opened_at"
    inlines = [MovementInline]
    fields = [
        "provider_id", "provider_page", "state", "reason", "money", "evidence_due_at",
        "opened_at", "closed_at", "booking", "booking_status", "customer", "payment_link",
    ]  # fmt: skip

    @admin.display(description="at the provider")
    def provider_page(self, dispute: Dispute) -> str:
        gateway = gateway_named(dispute.payment.provider)
        page = gateway.dispute_page(provider_id=dispute.provider_id) if gateway else ""
        if not page:
            return "–"
        return format_html('<a href="{}" rel="noreferrer">{}</a>', page, "Answer it there")

    @admin.display(ordering="payment__booking__reference")
    def booking(self, dispute: Dispute) -> str:
        booking = dispute.payment.booking
        return format_html('<a href="{}">{}</a>', change_url(booking), booking)

    @admin.display(ordering="payment__booking__user__email")
    def customer(self, dispute: Dispute) -> str:
        return dispute.payment.booking.user.email

    @admin.display(description="booking is")
    def booking_status(self, dispute: Dispute) -> str:
        return dispute.payment.booking.status

    @admin.display(description="payment")
    def payment_link(self, dispute: Dispute) -> str:
        return format_html('<a href="{}">{}</a>', change_url(dispute.payment), dispute.payment)
