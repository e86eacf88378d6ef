"""The grown world is one that the services could have made."""

import pytest
from django.core.management import call_command

from benchmarks.grow import grow
from bookings.models import Booking
from shows.models import ShowSeat

# VACUUM runs in no transaction.
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_world_that_grows_several_times_keeps_every_invariant() -> None:
    for _ in range(2):
        grow(bookings=500, shows=100, seats=20)
    call_command("check_invariants")
    assert Booking.objects.count() == 1000
    assert ShowSeat.objects.filter(status="booked").count() == 2 * 2 * 350


def test_grow_refuses_more_bookings_than_there_are_seats() -> None:
    with pytest.raises(ValueError, match="not as many seats"):
        grow(bookings=1000, shows=100, seats=10)
    assert not ShowSeat.objects.exists()
