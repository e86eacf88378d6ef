"""Limits against those who hold seats without ever paying."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, IntegerField, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext

from bookings.models import Booking
from eventbooking_system.errors import Throttled
from shows.models import ShowSeat
from shows.querysets import ShowSeatQuerySet

# Holds that ended unpaid count for this long.
MEMORY = timedelta(hours=1)


def with_recent_holds(seats: ShowSeatQuerySet, show_id: int, customer_id: int) -> ShowSeatQuerySet:
    """Annotate `pending` and `given_up`: how many holds of the show the customer has and had."""
    recent = Booking.objects.filter(user=customer_id, show=show_id, booked_at__gt=Now() - MEMORY)
    pending = Q(status=Booking.Status.PENDING, expires_at__gt=Now())
    confirmed = Q(status=Booking.Status.CONFIRMED)
    return seats.annotate(
        pending=_count(recent.filter(pending)),
        given_up=_count(recent.exclude(pending | confirmed)),
    )


def check_hoarding(seat: ShowSeat) -> None:
    """
    Raise Throttled for a customer with too many pending bookings of the show, or who let or gave
    too many go within the hour, as `with_recent_holds` has counted.
    """
    if seat.pending >= settings.BOOKINGS_MAX_PENDING:
        raise Throttled(
            gettext("You hold many seats of this show already: pay for them, or cancel."),
            retry_after=settings.BOOKINGS_HOLD_SECONDS,
        )
    if seat.given_up >= settings.BOOKINGS_MAX_GIVEN_UP:
        raise Throttled(
            gettext("You held seats of this show many times without paying."),
            retry_after=int(MEMORY.total_seconds()),
        )


def _count(bookings) -> Coalesce:
    counted = bookings.order_by().values("show").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
