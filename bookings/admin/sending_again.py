"""The action that sends a booking's link and tickets again."""

from django.contrib import messages
from django.http import HttpRequest

from audit.recording import record
from bookings import services
from bookings.admin.booking_actions import BookingAction, is_live, register_booking_action
from bookings.models import Booking


def _has_address(booking: Booking) -> bool:
    return is_live(booking) and bool(booking.contact_email)


def _send_again(request: HttpRequest, booking: Booking) -> None:
    services.send_booking_again(booking=booking)
    record("bookings.send_again", booking)
    messages.success(request, f"Booking and tickets are on their way to {booking.contact_email}.")


register_booking_action(
    BookingAction(
        name="send-again",
        label="Send again",
        permission="bookings.change_message",
        view=_send_again,
        is_offered=_has_address,
        immediate=True,
    )
)
