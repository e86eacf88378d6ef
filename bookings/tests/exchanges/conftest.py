"""Fixtures of tests of exchanges."""

from typing import Any

import pytest

from bookings.models import Booking
from bookings.tests.factories import confirmed
from users.models import User
from users.tests.factories import UserFactory


@pytest.fixture
def customer(db: None) -> User:
    return UserFactory()


@pytest.fixture
def client(login: Any, customer: User) -> Any:
    return login(customer)


@pytest.fixture
def booking(customer: User) -> Booking:
    """Return a booking of two seats at 250.00, paid by card."""
    return confirmed("A1", "A2", customer=customer, price="250.00")
