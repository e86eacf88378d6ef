"""Fixtures of tests of disputes."""

import pytest

from bookings.models import Booking, Payment
from bookings.tests.factories import confirmed
from bookings.tests.playground import deliver
from bookings.tests.stripe_server import StripeServer


@pytest.fixture
def paid(server: StripeServer) -> tuple[Booking, Payment]:
    """
    Confirm a booking of 500, and return it with its payment.

    The provider's events so far are delivered.
    """
    booking = confirmed()
    deliver(server)
    return booking, booking.payments.get()
