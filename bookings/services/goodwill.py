"""Refunding an amount of a booking that staff choose."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from audit.recording import record
from bookings.errors import InvalidTransition
from bookings.models import Booking
from bookings.services.owing import left_of, refund_part
from bookings.services.transitions import lock_booking, read_booking
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import formatted, why_not_payable, with_currency
from users.models import User


@transaction.atomic(durable=True)
def refund_amount(*, booking_id: int, amount: Decimal, reason: str, by: User) -> Booking:
    """
    Refund an amount of a confirmed booking, whose tickets stay valid.

    The refund is only queued; `bookings.checkout` sends it after the commit. Raises
    InvalidTransition, and InvalidField for an amount that cannot be paid or is more than is left.
    """
    booking, _ = lock_booking(booking_id)
    _check(booking, amount)
    refund_part(booking, amount, reason=reason)
    changes = {"amount": with_currency(amount, booking.currency)}
    record("bookings.refund_amount", booking, changes=changes, by=by)
    return booking


def preview_refund(*, booking_id: int, amount: Decimal) -> Decimal:
    """Return what would stay paid after `refund_amount`. Raises the same errors."""
    return _check(read_booking(booking_id), amount)


def _check(booking: Booking, amount: Decimal) -> Decimal:
    """Check that an amount can be refunded, and return what stays paid."""
    if booking.status != Booking.Status.CONFIRMED:
        raise InvalidTransition(
            gettext("The booking is %(status)s already.") % {"status": booking.status},
            booking_status=booking.status,
        )
    if fault := why_not_payable(amount, booking.currency):
        raise InvalidField("amount", fault)
    left = left_of([booking.pk])[booking.pk]
    if not 0 < amount <= left:
        detail = gettext("At most %(amount)s can be refunded.")
        raise InvalidField("amount", detail % {"amount": formatted(left, booking.currency)})
    return left - amount
