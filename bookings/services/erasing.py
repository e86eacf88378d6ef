"""Erasure of the text that people wrote about a person's bookings."""

from bookings.models import Booking, BookingNote, BookingTransition, Refund
from users.models import User


def erase_free_text(user: User) -> None:
    """
    Erase the notes and reasons that people wrote about a person's bookings.

    Reasons that the system wrote stay, and so does the ledger. Expects to run in the transaction of
    the erasure.
    """
    written = BookingTransition.objects.filter(booking__user=user, by__isnull=False)
    written.exclude(reason="").update(reason="")
    refunds = Refund.objects.filter(booking__user=user).exclude(reason__in=Refund.SYSTEM_REASONS)
    # The reason of a payment that came too late names only a status.
    refunds.exclude(reason__startswith=Refund.PAID_WHEN).update(reason="")
    BookingNote.objects.filter(booking__user=user).exclude(text="").update(text="")
    complimentary = Booking.objects.filter(user=user).exclude(complimentary_reason="")
    complimentary.update(complimentary_reason="complimentary")
