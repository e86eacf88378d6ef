"""Fixtures of tests of transfers."""

import pytest
from rest_framework.test import APIClient

from bookings.models import Booking, Message
from bookings.tests.factories import confirmed
from bookings.tests.transfers.steps import RAVI
from users.models import User
from users.tests.factories import UserFactory


@pytest.fixture
def booking() -> Booking:
    """Return a booking of two tickets, whose mail was sent."""
    booking = confirmed("A1", "A2", customer=UserFactory(first_name="Asha", last_name="Rao"))
    Message.objects.all().delete()
    return booking


@pytest.fixture
def payer(login, booking) -> APIClient:
    return login(booking.user)


@pytest.fixture
def ravi() -> User:
    return UserFactory(email=RAVI, first_name="Ravi", last_name="Menon")
