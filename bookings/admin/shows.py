"""Shows at the admin site, with their bookings."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from bookings import checkout
from bookings.admin.confirming import (
    ShowReasonForm,
    back_to,
    confirmation,
    warn_of_waiting_refunds,
)
from bookings.selectors import sitters_of
from eventbooking_system.errors import DomainError
from eventbooking_system.money import with_currency
from shows.admin import ShowAdmin
from shows.models import Show

admin.site.unregister(Show)


@admin.register(Show)
class ShowWithBookingsAdmin(ShowAdmin):
    """A show with its bookings, which are cancelled together."""

    actions = ["cancel_shows"]
    page_actions = ["cancel_shows"]
    overview = [*ShowAdmin.overview, "bookings"]

    def may_act_on(self, row: Show) -> bool:
        return row.status == Show.Status.SCHEDULED

    @admin.display(description="bookings")
    def bookings(self, show: Show) -> str:
        url = reverse("admin:bookings_booking_changelist")
        return format_html('<a href="{}?show={}">{}</a>', url, show.pk, show.bookings.count())

    def about_sitters(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "booking_url": reverse("admin:bookings_booking_change", args=[0]),
            "may_reseat": request.user.has_perm("bookings.change_ticket"),
        }

    def sitters(self, show: Show) -> dict[int, dict[str, Any]]:
        return sitters_of(show)

    @admin.action(description="Cancel the show and refund all bookings", permissions=["change"])
    def cancel_shows(self, request: HttpRequest, queryset: QuerySet[Show]) -> HttpResponse | None:
        request.user.refuse_stale_second_factor()
        shows = list(queryset)
        form = ShowReasonForm(request.POST if "post" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, shows, form)
        for show in shows:
            try:
                result = checkout.cancel_show(
                    show_id=show.pk,
                    cancelled_by=request.user,
                    reason=form.cleaned_data["reason"],
                )
            except DomainError as refusal:
                self.message_user(request, f"{show}: {refusal.detail}", messages.ERROR)
                continue
            count = result.pending_bookings + result.confirmed_bookings
            refund = with_currency(result.refund_total, result.currency)
            text = f"{show}: cancelled with {count} bookings. {refund} will be refunded."
            self.message_user(request, text, messages.SUCCESS)
        warn_of_waiting_refunds(request, booking__show__in=[show.pk for show in shows])
        return back_to(shows)

    def _ask(
        self, request: HttpRequest, shows: Sequence[Show], form: ShowReasonForm
    ) -> HttpResponse:
        rows = []
        for show in shows:
            preview = checkout.preview_show_cancellation(show_id=show.pk, cancelled_by=request.user)
            refund = with_currency(preview.refund_total, preview.currency)
            rows.append(
                [
                    show.event.title,
                    self.place(show),
                    self.local_start(show),
                    "already cancelled"
                    if preview.status == Show.Status.CANCELLED
                    else preview.status,
                    preview.pending_bookings,
                    preview.confirmed_bookings,
                    refund,
                ]
            )
        return confirmation(
            request,
            self,
            title="Cancel shows",
            question="Cancel these shows for good? Their seats go off sale, and every booking is "
            "cancelled and refunded in full.",
            head=["Event", "Where", "Start", "Status", "Pending", "Confirmed", "Refund"],
            rows=rows,
            ids=[show.pk for show in shows],
            form=form,
            yes="Yes, cancel and refund",
        )
