"""Limits for accounts that hold seats again and again without paying."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext

from bookings.models import Booking
from eventbooking_system.errors import Throttled
from users.models import User

# Holds that ended unpaid count for this long.
MEMORY = timedelta(hours=1)
_IS_PENDING = Q(status=Booking.Status.PENDING, expires_at__gt=Now())


def recent_holds(show_id: int, user_id: int) -> QuerySet[Booking]:
    """
    Count an account's holds of a show within MEMORY.

    The query gives one row, or none without holds. `pending` counts the holds that can still be
    paid, `given_up` the ones that ended unpaid.
    """
    return _counted(Booking.objects.filter(user=user_id, show=show_id))


def recent_holds_of_guest(show_id: int, user_id: int) -> QuerySet[Booking]:
    """Count holds of all guests with this address, like `recent_holds`."""
    guests = User.objects.of_same_contact(user_id).values("pk")
    return _counted(Booking.objects.filter(user__in=guests, show=show_id))


def _counted(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    # The age is only counted by, and is no condition of the query. With a condition, PostgreSQL may
    # read the recent bookings of all shows by their age, as it does in a new database.
    is_recent = Q(booked_at__gt=Now() - MEMORY)
    is_given_up = ~(_IS_PENDING | Q(status=Booking.Status.CONFIRMED))
    return (
        bookings.order_by()
        .values("show")
        .annotate(
            pending=Count("pk", filter=is_recent & _IS_PENDING),
            given_up=Count("pk", filter=is_recent & is_given_up),
        )
    )


def check_hold_limits(*, pending: int, given_up: int) -> None:
    """Refuse an account with too many recent holds of either kind. Raises Throttled."""
    if pending >= settings.BOOKINGS_MAX_PENDING:
        raise Throttled(
            gettext("You hold many seats of this show already. Pay for them, or cancel."),
            retry_after=settings.BOOKINGS_HOLD_SECONDS,
        )
    if given_up >= settings.BOOKINGS_MAX_GIVEN_UP:
        raise Throttled(
            gettext("You held seats of this show many times without paying."),
            retry_after=int(MEMORY.total_seconds()),
        )
