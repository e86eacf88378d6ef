"""
Payments that staff take at a counter, as steps of a sale's transaction.

They open no transaction: each expects the locks of the booking's seats and of the booking.
"""

from datetime import datetime

from django.utils.translation import gettext

from bookings.models import Booking, Payment
from bookings.services.ledger import note_capture
from bookings.services.transitions import confirm
from eventbooking_system.errors import InvalidField
from users.models import User

_CARD_TERMINAL = "card_terminal"


def take_payment(
    booking: Booking, *, provider: str, reference: str, by: User, at: datetime, attempt: int = 1
) -> Payment:
    """
    Record that a booking's total was paid at the counter, and confirm the booking.

    `provider` is one of `Payment.COUNTER`. The receipt of a card terminal counts once: raises
    InvalidField for one that was entered for another booking.
    """
    check_receipt(provider=provider, receipt=reference)
    payment = Payment.objects.create(
        booking_id=booking.pk,
        attempt=attempt,
        provider=provider,
        provider_id=reference if provider == _CARD_TERMINAL else "",
        payment_method=reference,
        status=Payment.Status.SUCCEEDED,
        amount=booking.total,
        currency=booking.currency,
    )
    note_capture(payment)
    confirm(booking, at=at, by=by, reason=f"paid at the counter, {provider}")
    return payment


def confirm_unpaid(booking: Booking, *, by: User, at: datetime) -> None:
    """Confirm a booking of no cost that staff made."""
    reason = booking.complimentary_reason or "free of charge"
    confirm(booking, at=at, by=by, reason=reason)


def check_receipt(*, provider: str, receipt: str) -> None:
    """Raise InvalidField if a payment has this receipt of a card terminal."""
    if provider != _CARD_TERMINAL or not receipt:
        return
    known = Payment.objects.filter(provider=provider, provider_id=receipt).select_related("booking")
    if payment := known.first():
        raise InvalidField(
            "tender.reference",
            gettext("This receipt was entered before, for booking %(reference)s.")
            % {"reference": payment.booking.reference},
            "unique",
        )
