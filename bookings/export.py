"""The bookings in a person's data export, and what of them is erased with the person."""

from typing import Any

from bookings.models import Booking, Payment, Refund, TicketScan
from bookings.selectors import bookings_with_details
from bookings.serializers import BookingResponseSerializer, PaymentSerializer
from users.models import User


def bookings_of(user: User) -> list[dict[str, Any]]:
    """Return everything that is stored about a person's bookings."""
    bookings = bookings_with_details().filter(user=user)
    return [
        {
            **BookingResponseSerializer(booking).data,
            "customer_name": booking.customer_name,
            "customer_email": booking.customer_email,
            "customer_phone": booking.customer_phone,
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


def erase_customer_of(user: User) -> None:
    """Erase what staff typed about a person into their bookings."""
    Booking.objects.filter(user=user).exclude(
        customer_name="", customer_email="", customer_phone=""
    ).update(customer_name="", customer_email="", customer_phone="")
    at_counter = Refund.objects.filter(booking__user=user, payment__provider__in=Payment.COUNTER)
    at_counter.exclude(reason="").update(reason="")
