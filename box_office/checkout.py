"""The counter's payments and refunds, joined with the payment provider's."""

from typing import Any

from bookings import checkout
from bookings.models import Booking
from box_office import services


def pay(*, booking_id: int, **tender: Any) -> Booking:
    """Take a payment at the counter and end attempts to pay online."""
    booking = services.pay_booking(booking_id=booking_id, **tender)
    checkout.end_open_payments(booking=booking_id)
    return booking


def refund(*, booking_id: int, **refund: Any) -> Booking:
    """Refund at the counter. Money that was paid online goes back by its provider."""
    booking = services.refund_booking(booking_id=booking_id, **refund)
    checkout.send_refunds(booking=booking_id)
    return booking
