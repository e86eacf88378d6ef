"""The bookings in a person's data export, and what of them is erased with the person."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, Prefetch

from bookings.models import Booking, Payment, Refund, TicketScan
from bookings.selectors import bookings_with_details
from bookings.serializers import BookingResponseSerializer, PaymentSerializer
from users.models import User


def bookings_of(user: User) -> list[dict[str, Any]]:
    """Return everything that is stored about a person's bookings, in a fixed number of queries."""
    scans = Prefetch("tickets__scans", TicketScan.objects.order_by("pk"))
    bookings = bookings_with_details().filter(user=user)
    bookings = bookings.prefetch_related(
        "payments", "transitions", "messages", "notes", "tickets", scans
    )
    return [
        {
            **BookingResponseSerializer(booking).data,
            "customer_name": booking.customer_name,
            "customer_email": booking.customer_email,
            "customer_phone": booking.customer_phone,
            "payments": PaymentSerializer(booking.payments.all(), many=True).data,
            "transitions": _members(
                booking.transitions.all(), "from_status", "to_status", "at", "reason"
            ),
            "tickets": _members(
                booking.tickets.all(), "code", "issued_at", "voided_at", "checked_in_at"
            ),
            "scans": [
                {"ticket__code": ticket.code, **scan}
                for ticket in booking.tickets.all()
                for scan in _members(ticket.scans.all(), "outcome", "scanned_at")
            ],
            "messages": _members(booking.messages.all(), "kind", "channel", "state", "finished_at"),
            "notes": _members(booking.notes.all(), "text", "at"),
        }
        for booking in bookings
    ]


def _members(rows: Iterable[Model], *names: str) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in names} for row in rows]


def erase_customer_of(user: User) -> None:
    """Erase what staff typed about a person into their bookings."""
    Booking.objects.filter(user=user).exclude(
        customer_name="", customer_email="", customer_phone=""
    ).update(customer_name="", customer_email="", customer_phone="")
    at_counter = Refund.objects.filter(booking__user=user, payment__provider__in=Payment.COUNTER)
    at_counter.exclude(reason="").update(reason="")
