"""
Tidying expired holds.

No sale waits for it, because a buyer can take over an expired hold's seats at once.
"""

from django.db import transaction
from django.db.models.functions import Now

from bookings.models import Booking
from bookings.services.outbox import queue_expiry
from bookings.services.transitions import move
from shows.models import ShowSeat
from shows.services import stock

BATCH = 100


def expire_bookings() -> int:
    """Expire every overdue pending booking in small transactions, and return how many."""
    total = 0
    while expired := _expire_batch():
        total += expired
    return total


@transaction.atomic(durable=True)
def _expire_batch() -> int:
    overdue = list(
        Booking.objects.past_expiry().order_by("pk").values_list("pk", flat=True)[:BATCH]
    )
    list(ShowSeat.objects.locked().filter(booking__in=overdue).values_list("pk"))
    # Read again under the locks, because some may have been paid or expired in the meantime.
    bookings = list(
        Booking.objects.locked()
        .past_expiry()
        .filter(pk__in=overdue)
        .select_related("user")
        .annotate(clock=Now())
    )
    for booking in bookings:
        stock.release(show_id=booking.show_id, booking_id=booking.pk)
        move(booking, Booking.Status.EXPIRED, at=booking.clock, by=None, reason="not paid in time")
    queue_expiry(bookings)
    return len(bookings)
