"""Erasure of what people wrote about their bookings. The ledger of bookings stays."""

from bookings.models import BookingTransition
from users.models import User


def erase_free_text(user: User) -> None:
    """
    Erase the reasons that the customer or staff gave for changes of the customer's bookings.

    Reasons that the system wrote stay. Expects to run in the transaction of the erasure.
    """
    written = BookingTransition.objects.filter(booking__user=user, by__isnull=False)
    written.exclude(reason="").update(reason="")
