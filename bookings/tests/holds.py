"""Holds of seats by label, and the check that none was made."""

from bookings.models import Booking
from bookings.tests.factories import hold
from shows.models import Show, ShowSeat
from shows.tests.factories import seat_ids
from users.tests.factories import UserFactory


def hold_seats(show: Show, *labels: str, **arguments) -> Booking:
    return hold(
        customer=UserFactory(), show_id=show.pk, seat_ids=seat_ids(show, *labels), **arguments
    )


def assert_nothing_held(show: Show) -> None:
    assert not Booking.objects.filter(show=show).exists()
    assert not ShowSeat.objects.filter(show=show, status__in=["held", "booked"]).exists()
