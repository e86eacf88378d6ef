"""What customers and partners are told of each thing that happens to a booking."""

from collections.abc import Sequence
from decimal import Decimal

from bookings.models import Booking, Message, Payment, WebhookSubscription
from bookings.services.outbox.customers import tell_customers
from bookings.services.outbox.partners import publish, tell_partners
from eventbooking_system.money import formatted
from shows.models import Show

Kind = Message.Kind
Event = WebhookSubscription.Event


def tell_of_confirmation(booking: Booking) -> None:
    tell_customers(Kind.CONFIRMED, [booking])
    tell_partners(Event.BOOKING_CONFIRMED, [booking])


def tell_of_cancellation(booking: Booking, *, given_back: Decimal, reason: str) -> None:
    """A confirmed booking was cancelled."""
    tell_customers(Kind.CANCELLED, [booking], refund=formatted(given_back, booking.currency))
    tell_partners(Event.BOOKING_CANCELLED, [booking], reason=reason)


def tell_of_show_cancellation(show: Show, bookings: Sequence[Booking], *, reason: str) -> None:
    """A show was cancelled, and with it these bookings, which still say how they were before."""
    paid = [booking for booking in bookings if booking.status == Booking.Status.CONFIRMED]
    tell_customers(Kind.SHOW_CANCELLED, bookings)
    publish(Event.SHOW_CANCELLED, {f"{show.pk}": {"show": show.pk, "reason": reason}})
    tell_partners(Event.BOOKING_CANCELLED, paid, reason=reason)


def tell_of_failed_payment(booking: Booking) -> None:
    """Once a booking, however many cards are tried."""
    if booking.status == Booking.Status.PENDING:
        tell_customers(Kind.PAYMENT_FAILED, [booking])


def tell_of_returned_payment(payment: Payment, booking: Booking) -> None:
    """Money came that the booking has no use for, and goes back."""
    refund = formatted(payment.amount, payment.currency)
    tell_customers(
        Kind.PAYMENT_RETURNED, [booking], about=payment.pk, refund=refund, status=booking.status
    )
