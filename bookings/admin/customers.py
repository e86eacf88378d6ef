"""The page of a customer, with bookings, spending and messages."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Sum
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from bookings.admin.columns import change_url
from bookings.models import Booking, LedgerEntry, Message
from eventbooking_system.money import with_currency
from shows.admin.lists import local_time
from users.admin import UserAdmin
from users.models import User

SHOWN = 10

admin.site.unregister(User)


@admin.register(User)
class CustomerAdmin(UserAdmin):
    """Accounts, each with what the person booked, paid and was told."""

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        panels = [name for name, permission in PANELS.items() if request.user.has_perm(permission)]
        if obj is None or not panels:
            return fieldsets
        return [("As a customer", {"fields": panels}), *fieldsets]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *PANELS]

    @admin.display(description="bookings")
    def bookings(self, user: User) -> str:
        """List the newest bookings, with a link to all of them."""
        found = Booking.objects.filter(user=user).with_live_status().order_by("-pk")
        found = found.select_related("show__event", "show__screen__venue")
        rows = [
            {
                "booking": booking,
                "url": change_url(booking),
                "start": local_time(booking.show.start_time, booking.show.screen.venue),
                "total": with_currency(booking.total, booking.currency),
            }
            for booking in found[:SHOWN]
        ]
        url = f"{reverse('admin:bookings_booking_changelist')}?user={user.pk}"
        context = {"rows": rows, "url": url, "count": Booking.objects.filter(user=user).count()}
        return render_to_string("admin/bookings/customer_bookings.html", context)

    @admin.display(description="spending")
    def spending(self, user: User) -> str:
        """Sum a person's payments and refunds by currency, from the ledger."""
        entries = LedgerEntry.objects.filter(booking__user=user, kind__in=PAID).order_by()
        sums = entries.values("currency").annotate(
            total=Sum("amount"), bookings=Count("booking", distinct=True)
        )
        rows = [
            (with_currency(row["total"], row["currency"]), row["bookings"])
            for row in sums.order_by("currency")
        ]
        return render_to_string("admin/bookings/customer_spending.html", {"rows": rows})

    @admin.display(description="messages")
    def messages_sent(self, user: User) -> str:
        found = Message.objects.filter(booking__user=user).order_by("-pk")
        found = found.select_related("booking__show__screen__venue")
        rows = [
            {
                "message": message,
                "url": change_url(message),
                "created": local_time(message.created_at, message.booking.show.screen.venue),
            }
            for message in found[:SHOWN]
        ]
        return render_to_string("admin/bookings/customer_messages.html", {"rows": rows})


# The kinds of what a person paid, less what came back. Credit stays within the bookings of the person.
PAID = [kind for kind in LedgerEntry.MONEY if kind != LedgerEntry.Kind.CREDIT]
PANELS = {
    "bookings": "bookings.view_booking",
    "spending": "bookings.view_ledgerentry",
    "messages_sent": "bookings.view_message",
}
