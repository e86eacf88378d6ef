"""Bookings at the admin site."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from bookings import checkout, services
from bookings.admin.booking_actions import BookingActionsMixin, action_url, is_live
from bookings.admin.columns import contact_of, in_currency
from bookings.admin.confirming import ReasonForm, back_to, confirmation, warn_of_waiting_refunds
from bookings.admin.notes import ADD_NOTE, NoteForm
from bookings.admin.parts import (
    BookedSeatInline,
    LedgerInline,
    MessageInline,
    NoteInline,
    PaymentInline,
    RefundInline,
    TicketInline,
    TransitionInline,
)
from bookings.admin.searching import CodeSearchMixin
from bookings.models import BookedSeat, Booking
from eventbooking_system.errors import DomainError
from eventbooking_system.money import with_currency
from shows.admin.lists import (
    IdFilter,
    LiveStatusFilter,
    OfShowFilter,
    PageActions,
    ReadOnlyAdmin,
    WhenFilter,
    local_time,
)
from users.models import User
from venues.refund_rules import deadline


class OfUserFilter(IdFilter):
    """A filter by customer, which is set by links. There are too many customers to list them."""

    title, parameter_name = "customer", "user"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        value = self.used_parameters.get("user")
        if value is None:
            return []
        user = User.objects.filter(pk=self.chosen or 0).first()
        return [(value, str(user) if user else "No such customer")]


class ShowWhenFilter(WhenFilter):
    title = "time of the show"
    prefix = "show__"


@admin.register(Booking)
class BookingAdmin(BookingActionsMixin, CodeSearchMixin, PageActions, ReadOnlyAdmin):
    """Bookings as customers made them. Only actions change them."""

    list_display = [
        "code", "customer", "event_and_start", "live_status", "seats", "the_total", "booked",
    ]  # fmt: skip
    list_filter = [
        LiveStatusFilter,
        ShowWhenFilter,
        "show__screen__venue",
        OfShowFilter,
        OfUserFilter,
    ]
    search_fields = [
        "reference", "user__email", "user__contact_email", "user__name_folded", "user__phone",
        "customer_name", "customer_email", "customer_phone", "show__event__title_folded",
    ]  # fmt: skip
    date_hierarchy = "show__start_time"
    ordering = ["-pk"]
    actions = ["cancel_by_policy", "cancel_in_full", "tidy_expired"]
    page_actions = ["cancel_by_policy", "cancel_in_full"]
    inlines = [
        NoteInline, BookedSeatInline, TicketInline, PaymentInline, RefundInline, LedgerInline,
        MessageInline, TransitionInline,
    ]  # fmt: skip
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("live_status", "holds_until"),
                    ("user", "booked"),
                    ("contact", "sold_at"),
                    ("show", "place", "local_start"),
                ]
            },
        ),
        (
            "Amounts",
            {
                "fields": [
                    ("the_total", "the_amount_refunded", "policy"),
                    ("the_subtotal", "the_discount", "promo_code"),
                    ("the_fees", "the_tax"),
                ]
            },
        ),
    ]  # fmt: skip

    the_subtotal = in_currency("subtotal")
    the_discount = in_currency("discount")
    the_fees = in_currency("fees")
    the_tax = in_currency("tax")
    the_total = in_currency("total")
    the_amount_refunded = in_currency("amount_refunded")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        lines = BookedSeat.objects.filter(booking=OuterRef("pk")).order_by().values("booking")
        count = Subquery(lines.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
        bookings = super().get_queryset(request).with_live_status().with_amount_refunded()
        return bookings.annotate(seat_count=Coalesce(count, 0)).select_related(
            "user", "sold_by", "promo_code", "show__event", "show__screen__venue"
        )

    @admin.display(description="reference", ordering="reference")
    def code(self, booking: Booking) -> str:
        return format_html('<span style="white-space: nowrap">{}</span>', booking.reference)

    @admin.display(ordering="user__email")
    def customer(self, booking: Booking) -> str:
        return contact_of(booking)

    @admin.display(description="contact")
    def contact(self, booking: Booking) -> str:
        phone = booking.customer_phone or booking.user.phone
        found = [booking.contact_name, booking.contact_email, phone]
        return ", ".join(str(each) for each in found if each) or "walk-in, without an address"

    @admin.display(description="sold")
    def sold_at(self, booking: Booking) -> str:
        channel = booking.get_sales_channel_display()
        return f"{channel}, by {booking.sold_by}" if booking.sold_by else channel

    @admin.display(description="show", ordering="show__start_time")
    def event_and_start(self, booking: Booking) -> str:
        # One column, so that the total fits into a window of 1,280 pixels.
        return format_html("{}<br>{}", booking.show.event.title, self.local_start(booking))

    @admin.display(description="venue, screen")
    def place(self, booking: Booking) -> str:
        return str(booking.show.screen)

    @admin.display(description="start", ordering="show__start_time")
    def local_start(self, booking: Booking) -> str:
        return local_time(booking.show.start_time, booking.show.screen.venue)

    @admin.display(description="status", ordering="live_status")
    def live_status(self, booking: Booking) -> str:
        return booking.live_status

    @admin.display(ordering="seat_count")
    def seats(self, booking: Booking) -> int:
        return booking.seat_count

    @admin.display(description="booked at", ordering="booked_at")
    def booked(self, booking: Booking) -> str:
        return local_time(booking.booked_at, booking.show.screen.venue)

    @admin.display(description="holds seats until")
    def holds_until(self, booking: Booking) -> str:
        pending = booking.live_status == Booking.Status.PENDING
        return local_time(booking.expires_at if pending else None, booking.show.screen.venue)

    @admin.display(description="refund policy")
    def policy(self, booking: Booking) -> str:
        show = booking.show
        return "; ".join(
            f"{rule['percent']} % until "
            f"{local_time(deadline(rule, show.start_time), show.screen.venue)}"
            for rule in booking.rules
        )

    def may_act_on(self, row: Booking) -> bool:
        return is_live(row)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.user.has_perm("bookings.add_bookingnote"):
            note_url = action_url(context["original"], ADD_NOTE)
            context |= {"note_form": NoteForm(), "note_url": note_url}
        return super().render_change_form(request, context, *args, **kwargs)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bookings.change_booking")

    @admin.action(description="Cancel and refund by policy", permissions=["cancel"])
    def cancel_by_policy(
        self, request: HttpRequest, queryset: QuerySet[Booking]
    ) -> HttpResponse | None:
        return self._cancel(request, list(queryset), in_full=False)

    @admin.action(description="Cancel and refund in full", permissions=["cancel"])
    def cancel_in_full(
        self, request: HttpRequest, queryset: QuerySet[Booking]
    ) -> HttpResponse | None:
        return self._cancel(request, list(queryset), in_full=True)

    @admin.action(
        description="Expire all overdue bookings, selected or not", permissions=["cancel"]
    )
    def tidy_expired(self, request: HttpRequest, queryset: QuerySet[Booking]) -> None:
        count = checkout.expire()
        self.message_user(request, f"{count} bookings expired.", messages.SUCCESS)

    def _cancel(
        self, request: HttpRequest, bookings: Sequence[Booking], *, in_full: bool
    ) -> HttpResponse | None:
        request.user.refuse_stale_second_factor()
        form = ReasonForm(request.POST if "post" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, bookings, form, in_full=in_full)
        done = []
        for booking in bookings:
            try:
                checkout.cancel(
                    booking_id=booking.pk,
                    cancelled_by=request.user,
                    reason=form.cleaned_data["reason"],
                    in_full=in_full,
                )
                done.append(booking)
            except DomainError as refusal:
                self.message_user(request, f"{booking}: {refusal.detail}", messages.ERROR)
        if done:
            text = f"Cancelled: {', '.join(map(str, done))}."
            self.message_user(request, text, messages.SUCCESS)
        warn_of_waiting_refunds(request, booking__in=[booking.pk for booking in done])
        return back_to(bookings)

    def _ask(
        self, request: HttpRequest, bookings: Sequence[Booking], form: ReasonForm, *, in_full: bool
    ) -> HttpResponse:
        rows = [
            [
                booking.reference,
                booking.user.email,
                f"{booking.show.event.title}, {self.local_start(booking)}",
                booking.live_status,
                self.policy(booking),
                _back(booking, by=request.user, in_full=in_full),
            ]
            for booking in bookings
        ]
        return confirmation(
            request,
            self,
            title="Cancel bookings and refund in full"
            if in_full
            else "Cancel bookings and refund by policy",
            question="Cancel these bookings and release their seats? A booking that cannot be "
            "cancelled is not changed.",
            head=["Booking", "Customer", "Show", "Status", "Policy", "Refund"],
            rows=rows,
            ids=[booking.pk for booking in bookings],
            form=form,
            yes="Yes, cancel them",
        )


def _back(booking: Booking, *, by: User, in_full: bool) -> str:
    """Return the refund of a cancellation, with its currency."""
    try:
        refund = services.preview_booking_cancellation(
            booking_id=booking.pk, cancelled_by=by, in_full=in_full
        ).refund
    except DomainError:
        refund = Decimal(0)
    return with_currency(refund, booking.currency)
