"""The bookings in a person's data export."""

from typing import Any

from bookings.models import TicketScan
from bookings.selectors import bookings_with_details
from bookings.serializers import BookingResponseSerializer, PaymentSerializer
from users.models import User


def bookings_of(user: User) -> list[dict[str, Any]]:
    """Return everything that is stored about a person's bookings."""
    bookings = bookings_with_details().filter(user=user)
    return [
        {
            **BookingResponseSerializer(booking).data,
            "payments": PaymentSerializer(booking.payments.all(), many=True).data,
            "transitions": list(
                booking.transitions.values("from_status", "to_status", "at", "reason")
            ),
            "tickets": list(
                booking.tickets.values("code", "issued_at", "voided_at", "checked_in_at")
            ),
            "scans": list(
                TicketScan.objects.filter(ticket__booking=booking).values(
                    "ticket__code", "outcome", "scanned_at"
                )
            ),
            "messages": list(booking.messages.values("kind", "channel", "state", "finished_at")),
        }
        for booking in bookings.prefetch_related("payments", "transitions")
    ]
