"""Fixtures of tests of bookings at the counter."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from box_office.models import CashSession
from box_office.tests.counter_bookings.steps import SALES
from box_office.tests.factories import sale_body
from shows.models import Show
from shows.tests.factories import seat_ids
from users.models import User
from users.tests.factories import staff_with


@pytest.fixture
def seller(db: None) -> User:
    return staff_with("sell", "refund", first_name="Ravi", last_name="Iyer")


@pytest.fixture
def sold(till: APIClient, show: Show, session: CashSession) -> dict[str, Any]:
    """Sell two seats to a named customer for 500.00 in cash."""
    customer = {"name": "Asha Rao", "email": "asha@example.org", "phone": "+919876543210"}
    response = till.post(SALES, sale_body(show, "A1", "A2") | {"customer": customer})
    assert response.status_code == 201
    return response.json()


@pytest.fixture
def unpaid(till: APIClient, show: Show, session: CashSession) -> dict[str, Any]:
    pay_by = (timezone.now() + timedelta(hours=5)).isoformat()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), "pay_by": pay_by}
    return till.post(SALES, body).json()
