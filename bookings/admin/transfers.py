"""Tickets that were passed on, at the admin site."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from bookings.admin.columns import at_venue, change_url
from bookings.admin.parts import ReadOnlyInline
from bookings.admin.searching import CodeSearchMixin
from bookings.models import TicketTransfer
from shows.admin.lists import ReadOnlyAdmin, WhenFilter, local_time

STATES = ("pending", "accepted", "withdrawn", "expired", "ended")


class StateFilter(admin.SimpleListFilter):
    """A filter by the state of a transfer."""

    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state) for state in STATES]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[TicketTransfer]
    ) -> QuerySet[TicketTransfer]:
        return queryset.filter(state=self.value()) if self.value() in STATES else queryset


class TransferWhenFilter(WhenFilter):
    title = "time of the show"
    prefix = "ticket__booking__show__"


class TransferMixin:
    """The columns of a transfer, for staff who may see tickets."""

    offered = at_venue("created_at", "offered at")
    accepted = at_venue("accepted_at", "accepted at")
    over = at_venue("revoked_at", "ended at")

    def has_view_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("bookings.view_ticket")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketTransfer]:
        transfers = super().get_queryset(request).with_state()
        return transfers.select_related(
            "sender", "holder", "ticket__booking__show__event",
            "ticket__booking__show__screen__venue", "ticket__booked_seat__show_seat__seat",
        )  # fmt: skip

    @admin.display(ordering="state")
    def state(self, transfer: TicketTransfer) -> str:
        return transfer.state

    @admin.display(description="address", ordering="email")
    def address(self, transfer: TicketTransfer) -> str:
        return transfer.email or "erased"

    @admin.display(description="from", ordering="sender__email")
    def passed_by(self, transfer: TicketTransfer) -> str:
        return transfer.sender.mail_address

    @admin.display(description="holder", ordering="holder__email")
    def person(self, transfer: TicketTransfer) -> str:
        return transfer.holder.mail_address if transfer.holder else "–"


class TransferInline(TransferMixin, ReadOnlyInline):
    model = TicketTransfer
    fields = ["state", "address", "passed_by", "person", "offered", "accepted", "over"]


@admin.register(TicketTransfer)
class TransferAdmin(TransferMixin, CodeSearchMixin, ReadOnlyAdmin):
    """Offers of tickets to somebody else. Staff only look at them."""

    list_display = ["address", "state", "code", "booking", "event", "seat", "offered"]
    list_filter = [StateFilter, TransferWhenFilter, "ticket__booking__show__screen__venue"]
    search_fields = [
        "email", "ticket__booking__reference", "ticket__code", "sender__email",
        "sender__contact_email", "holder__email", "holder__contact_email",
    ]  # fmt: skip
    ordering = ["-pk"]
    fields = [
        "state", "address", "message", "code", "booking", "event", "local_start", "seat",
        "passed_by", "person", "offered", "accepted", "over",
    ]  # fmt: skip

    @admin.display(description="ticket", ordering="ticket__code")
    def code(self, transfer: TicketTransfer) -> str:
        return format_html('<a href="{}">{}</a>', change_url(transfer.ticket), transfer.ticket)

    @admin.display(ordering="ticket__booking__reference")
    def booking(self, transfer: TicketTransfer) -> str:
        return format_html('<a href="{}">{}</a>', change_url(transfer.booking), transfer.booking)

    @admin.display(ordering="ticket__booking__show__event__title")
    def event(self, transfer: TicketTransfer) -> str:
        return transfer.booking.show.event.title

    @admin.display(description="start", ordering="ticket__booking__show__start_time")
    def local_start(self, transfer: TicketTransfer) -> str:
        show = transfer.booking.show
        return local_time(show.start_time, show.screen.venue)

    def seat(self, transfer: TicketTransfer) -> str:
        return str(transfer.ticket.seat)
