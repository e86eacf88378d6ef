"""Columns that several admin lists share."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html

from bookings.models import Booking
from eventbooking_system.money import with_currency
from shows.admin.lists import local_time

CUSTOMER_OF_BOOKING = [
    "booking__user__email", "booking__user__contact_email", "booking__user__name_folded",
    "booking__user__phone", "booking__customer_name", "booking__customer_email",
    "booking__customer_phone",
]  # fmt: skip
VENUE_OF_BOOKING = "booking__show__screen__venue"


def in_currency(field: str, *, currency: str = "currency") -> Callable[..., str]:
    """Return a column method that shows an amount with its currency."""

    @admin.display(description=field.replace("_", " "), ordering=field)
    def shown(admin_class: Any, row: Model) -> str:
        code = attrgetter(currency)(row)
        return with_currency(getattr(row, field), code)

    return shown


def at_venue(field: str, description: str = "") -> Callable[..., str]:
    """Return a column method that shows a time in the venue's zone."""

    @admin.display(description=description or field.replace("_", " "), ordering=field)
    def shown(admin_class: Any, row: Model) -> str:
        return local_time(getattr(row, field), row.booking.show.screen.venue)

    return shown


def change_url(row: Model) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


@admin.display(description="booking", ordering="booking__reference")
def booking_link(row: Any) -> str:
    return format_html('<a href="{}">{}</a>', change_url(row.booking), row.booking)


def contact_of(booking: Booking) -> str:
    """Write the name and the address of a booking's customer."""
    name, _, domain = booking.contact_email.rpartition("@")
    if not name:
        return booking.contact_name or "walk-in"
    # A long word without a break would push the last columns out of sight.
    address = format_html("{}<wbr>@{}", name, domain)
    if not booking.contact_name:
        return address
    return format_html("{}<br>{}", booking.contact_name, address)


@admin.display(description="customer", ordering="booking__user__email")
def customer_of_booking(row: Any) -> str:
    return contact_of(row.booking)
