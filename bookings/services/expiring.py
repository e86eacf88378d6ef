"""Tidying holds whose time is over. Nothing waits for it: an expired hold holds nothing."""

from django.db import transaction
from django.db.models.functions import Now

from bookings.models import Booking
from bookings.services.transitions import move
from shows.models import ShowSeat
from shows.services import stock

BATCH = 100


def expire_bookings() -> int:
    """Expire every pending booking whose time is over, in small transactions; how many."""
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
    # Read anew under the lock: some may have been paid, or tidied by another sweeper.
    bookings = list(
        Booking.objects.locked().past_expiry().filter(pk__in=overdue).annotate(clock=Now())
    )
    for booking in bookings:
        stock.release(show_id=booking.show_id, booking_id=booking.pk)
        move(booking, Booking.Status.EXPIRED, at=booking.clock, by=None, reason="not paid in time")
    return len(bookings)
