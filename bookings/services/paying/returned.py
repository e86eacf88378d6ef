"""The refusals of payments that came too late or twice."""

from django.db.models import F
from django.utils.translation import gettext

from bookings.errors import BookingExpired, ExchangeNotAllowed, InvalidTransition
from bookings.models import Booking, Payment
from bookings.services.exchanging import why_not_now
from eventbooking_system.errors import DomainError
from eventbooking_system.money import formatted


def goes_back(payment: Payment) -> bool:
    """Tell whether a payment is refunded as a whole."""
    return payment.amount_refunded == payment.amount


def refusal_of_returned(payment: Payment) -> DomainError:
    """Make the refusal of a returned payment, which names the amount."""
    amount, status = formatted(payment.amount_refunded, payment.currency), payment.booking.status
    refund = {"amount_refunded": amount, "currency": payment.currency}
    named = {"status": status, "amount": f"{amount} {payment.currency}"}
    if reason := why_not_now(payment.booking, lock=False):
        return _refusal_of_exchange(reason, **refund)
    if status == Booking.Status.EXPIRED:
        detail = gettext(
            "The time to pay is over, and the seats have gone. %(amount)s go back to you."
        )
        return BookingExpired(detail % named, **refund)
    detail = gettext("The booking is %(status)s already. %(amount)s go back to you.")
    return InvalidTransition(detail % named, booking_status=status, **refund)


def refusal_of_late(booking: Booking) -> DomainError:
    """
    Make the refusal of a payment for an expired booking.

    Its money may have gone back, or was never taken.
    """
    payments = booking.payments.filter(amount_refunded=F("amount")).select_related("booking")
    if booking.status == Booking.Status.EXPIRED and (returned := payments.first()):
        return refusal_of_returned(returned)
    if reason := why_not_now(booking, lock=False):
        return _refusal_of_exchange(reason)
    return BookingExpired(gettext("The time to pay is over. Book again."))


def _refusal_of_exchange(reason: str, **refund: str) -> ExchangeNotAllowed:
    detail = gettext("The earlier tickets cannot be exchanged any more.")
    return ExchangeNotAllowed(detail, reason=reason, **refund)
