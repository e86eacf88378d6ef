"""Limits against those who hold seats without ever paying."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext

from bookings.models import Booking
from eventbooking_system.errors import Throttled
from shows.models import ShowSeat
from shows.querysets import ShowSeatQuerySet

# Holds that ended unpaid count for this long.
MEMORY = timedelta(hours=1)
_IS_PENDING = Q(status=Booking.Status.PENDING, expires_at__gt=Now())


def recent_holds(show_id: int, customer_id: int) -> QuerySet:
    """`pending` and `given_up`: how many holds of the show a customer has and had; no row for none."""
    return (
        Booking.objects.filter(user=customer_id, show=show_id, booked_at__gt=Now() - MEMORY)
        .order_by()
        .values("show")
        .annotate(
            pending=Count("pk", filter=_IS_PENDING),
            given_up=Count("pk", filter=~(_IS_PENDING | Q(status=Booking.Status.CONFIRMED))),
        )
    )


def with_recent_holds(seats: ShowSeatQuerySet, show_id: int, customer_id: int) -> ShowSeatQuerySet:
    """Annotate `pending` and `given_up`."""
    recent = recent_holds(show_id, customer_id)
    return seats.annotate(
        pending=Coalesce(Subquery(recent.values("pending")), 0),
        given_up=Coalesce(Subquery(recent.values("given_up")), 0),
    )


def check_hold_limits(seat: ShowSeat) -> None:
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
