"""A booking's page in parts: lines, tickets, money, messages, history."""

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from bookings.admin.columns import VENUE_OF_BOOKING, at_venue, change_url, in_currency
from bookings.models import (
    BookedSeat,
    BookingNote,
    BookingTransition,
    LedgerEntry,
    Message,
    Payment,
    Refund,
    Ticket,
    TicketTransfer,
)


class ReadOnlyInline(admin.TabularInline):
    extra = 0

    def get_readonly_fields(self, *_: object) -> list[str]:
        return self.fields

    def has_add_permission(self, *_: object) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class OfBookingInline(ReadOnlyInline):
    """Rows of a booking, whose times are the venue's."""

    joined = (VENUE_OF_BOOKING,)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related(*self.joined)


class PartOfBookingInline(OfBookingInline):
    """Rows that are visible to all staff who may see the booking."""

    def has_view_permission(self, *_: object) -> bool:
        return True


class BookedSeatInline(PartOfBookingInline):
    model = BookedSeat
    fields = ["seat", "section", "category", "ticket_type", "cost", "now"]
    verbose_name_plural = "lines"
    joined = ("booking", "show_seat__seat__category")
    cost = in_currency("price", currency="booking.currency")

    def seat(self, line: BookedSeat) -> str:
        return str(line.show_seat.seat)

    def section(self, line: BookedSeat) -> str:
        return line.show_seat.seat.section

    def category(self, line: BookedSeat) -> str:
        return line.show_seat.seat.category.name

    @admin.display(description="seat now")
    def now(self, line: BookedSeat) -> str:
        seat = line.show_seat
        return seat.status if seat.booking_id == line.booking_id else "released"


class TicketInline(OfBookingInline):
    model = Ticket
    fields = ["link", "seat", "issued", "checked_in", "voided", "passed_on"]
    joined = (VENUE_OF_BOOKING, "booked_seat__show_seat__seat")
    issued = at_venue("issued_at")
    checked_in = at_venue("checked_in_at")
    voided = at_venue("voided_at", "void since")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        transfers = TicketTransfer.objects.with_state().select_related("holder")
        return super().get_queryset(request).prefetch_related(Prefetch("transfers", transfers))

    @admin.display(description="transfers")
    def passed_on(self, ticket: Ticket) -> str:
        rows = [
            (change_url(each), each.state, each.email or each.holder or "")
            for each in ticket.transfers.all()
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a> {}', rows) or "–"

    @admin.display(description="code")
    def link(self, ticket: Ticket) -> str:
        return format_html('<a href="{}">{}</a>', change_url(ticket), ticket.code)

    def seat(self, ticket: Ticket) -> str:
        return str(ticket.seat)


class PaymentInline(OfBookingInline):
    model = Payment
    money = in_currency("amount")
    fields = [
        "link", "status", "money", "provider", "payment_method", "failure", "dispute", "updated",
    ]  # fmt: skip
    updated = at_venue("updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        return super().get_queryset(request).prefetch_related("disputes")

    def dispute(self, payment: Payment) -> str:
        links = [(change_url(each), each.state) for each in payment.disputes.all()]
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "–"

    @admin.display(description="attempt")
    def link(self, payment: Payment) -> str:
        return format_html('<a href="{}">{}</a>', change_url(payment), payment.attempt)


class RefundInline(OfBookingInline):
    model = Refund
    money = in_currency("amount", currency="payment.currency")
    fields = ["link", "status", "money", "reason", "failure", "created", "updated"]
    joined = (VENUE_OF_BOOKING, "payment")
    created = at_venue("created_at")
    updated = at_venue("updated_at")

    @admin.display(description="number")
    def link(self, refund: Refund) -> str:
        return format_html('<a href="{}">{}</a>', change_url(refund), refund.pk)


class LedgerInline(OfBookingInline):
    model = LedgerEntry
    verbose_name_plural = "ledger"
    fields = ["time", "kind", "money"]
    money = in_currency("amount")
    time = at_venue("at", "time")


class MessageInline(OfBookingInline):
    model = Message
    fields = ["link", "channel", "state", "created", "finished", "last_error"]
    created = at_venue("created_at")
    finished = at_venue("finished_at")

    @admin.display(description="message")
    def link(self, message: Message) -> str:
        url = change_url(message)
        return format_html('<a href="{}">{}</a>', url, message.get_kind_display())


class TransitionInline(PartOfBookingInline):
    model = BookingTransition
    fields = ["time", "from_status", "to_status", "who", "reason"]
    verbose_name_plural = "history"
    joined = (VENUE_OF_BOOKING, "by")
    time = at_venue("at", "time")

    @admin.display(description="by")
    def who(self, transition: BookingTransition) -> str:
        return transition.by.email if transition.by else "the system"


class NoteInline(OfBookingInline):
    model = BookingNote
    fields = ["time", "who", "text"]
    verbose_name_plural = "notes"
    joined = (VENUE_OF_BOOKING, "by")
    time = at_venue("at", "time")

    @admin.display(description="by")
    def who(self, note: BookingNote) -> str:
        return note.by.email
