"""Tickets and their scans at the admin site."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from bookings import services
from bookings.admin.columns import CUSTOMER_OF_BOOKING, booking_link, customer_of_booking
from bookings.admin.parts import ReadOnlyInline
from bookings.admin.searching import CodeSearchMixin
from bookings.admin.transfers import TransferInline
from bookings.models import Ticket, TicketScan
from eventbooking_system.errors import DomainError
from shows.admin.lists import PageActions, ReadOnlyAdmin, WhenFilter, local_time


def _on_door_clock(instant: datetime, ticket: Ticket) -> str:
    """Write an instant to the second in the venue's time. Scans are compared by it."""
    zone = ticket.show.screen.venue.timezone
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}"


class ScanInline(ReadOnlyInline):
    model = TicketScan
    fields = ["scanned", "outcome", "reason", "by", "recorded", "scan_id"]
    verbose_name_plural = "scans"

    def has_view_permission(self, *_: object) -> bool:
        return True

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketScan]:
        return (
            super()
            .get_queryset(request)
            .select_related("by", "ticket__booking__show__screen__venue")
        )

    @admin.display(description="scanned at")
    def scanned(self, scan: TicketScan) -> str:
        return _on_door_clock(scan.scanned_at, scan.ticket)

    @admin.display(description="recorded at")
    def recorded(self, scan: TicketScan) -> str:
        return _on_door_clock(scan.recorded_at, scan.ticket)


class IsSetFilter(admin.SimpleListFilter):
    """A filter by whether a time of the ticket is set."""

    field: str

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(**{f"{self.field}__isnull": self.value() == "no"})


class CheckedInFilter(IsSetFilter):
    title, parameter_name, field = "checked in", "in", "checked_in_at"


class VoidedFilter(IsSetFilter):
    title, parameter_name, field = "cancelled", "void", "voided_at"


class TicketWhenFilter(WhenFilter):
    title = "time of the show"
    prefix = "booking__show__"


@admin.register(Ticket)
class TicketAdmin(CodeSearchMixin, PageActions, ReadOnlyAdmin):
    """Tickets, and who came in with them. All that staff do here is to issue one again."""

    list_display = [
        "code",
        "event",
        "local_start",
        "seat",
        booking_link,
        customer_of_booking,
        "status",
    ]
    list_filter = [TicketWhenFilter, CheckedInFilter, VoidedFilter, "booking__show__screen__venue"]
    search_fields = ["code", "booking__reference", *CUSTOMER_OF_BOOKING]
    date_hierarchy = "booking__show__start_time"
    ordering = ["-pk"]
    actions = page_actions = ["issue_again"]
    inlines = [ScanInline, TransferInline]
    fields = [
        "code", booking_link, customer_of_booking, "event", "place", "local_start", "seat",
        "status", "version", "issued",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return super().get_queryset(request).with_show_and_seat()

    @admin.display(ordering="booking__show__event__title")
    def event(self, ticket: Ticket) -> str:
        return ticket.show.event.title

    @admin.display(description="venue, screen")
    def place(self, ticket: Ticket) -> str:
        return str(ticket.show.screen)

    @admin.display(description="start", ordering="booking__show__start_time")
    def local_start(self, ticket: Ticket) -> str:
        return local_time(ticket.show.start_time, ticket.show.screen.venue)

    def seat(self, ticket: Ticket) -> str:
        return str(ticket.seat)

    def status(self, ticket: Ticket) -> str:
        came_in = ticket.checked_in_at
        if ticket.voided_at:
            return "cancelled"
        return f"checked in at {_on_door_clock(came_in, ticket)}" if came_in else "valid"

    @admin.display(description="issued at")
    def issued(self, ticket: Ticket) -> str:
        return local_time(ticket.issued_at, ticket.show.screen.venue)

    def may_act_on(self, row: Ticket) -> bool:
        return row.voided_at is None and row.checked_in_at is None

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bookings.change_ticket")

    @admin.action(description="Issue again and invalidate the earlier code", permissions=["issue"])
    def issue_again(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        for ticket in queryset:
            try:
                issued = services.reissue_ticket(ticket_id=ticket.pk)
                text = f"{ticket}: the new code is {issued}."
                self.message_user(request, text, messages.SUCCESS)
            except DomainError as refusal:
                self.message_user(request, f"{ticket}: {refusal.detail}", messages.ERROR)
