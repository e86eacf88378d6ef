"""The end of guests' personal data."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from bookings.models import Booking, Ticket
from users.models import User
from users.services import erase_guest

# The number of guests that one run erases at most. The next run goes on.
BATCH = 1000


def erase_old_guests() -> int:
    """
    Erase guests' personal data after GUEST_RETENTION_DAYS.

    The days count from their last show. Return how many there were. Each guest is a transaction of
    its own.
    """
    oldest = Now() - timedelta(days=settings.GUEST_RETENTION_DAYS)
    later_shows = Booking.objects.filter(user=OuterRef("pk"), show__end_time__gt=oldest)
    held = Ticket.objects.filter(holder=OuterRef("pk"), booking__show__end_time__gt=oldest)
    guests = User.objects.filter(
        ~Exists(later_shows), ~Exists(held), is_guest=True, erased_at=None, date_joined__lte=oldest
    )[:BATCH]
    for guest in guests:
        erase_guest(guest=guest)
    return len(guests)
