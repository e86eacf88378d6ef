from typing import Any

import pytest
from rest_framework.test import APIClient

from box_office.models import CashSession
from box_office.tests.factories import cash_session
from shows.models import Show
from shows.tests.factories import scheduled_show
from users.models import User
from users.tests.factories import staff_with


@pytest.fixture
def show() -> Show:
    return scheduled_show(rows={"A": 12})


@pytest.fixture
def seller(db: None) -> User:
    return staff_with("sell", first_name="Ravi", last_name="Iyer")


@pytest.fixture
def till(seller: User, login: Any) -> APIClient:
    return login(seller)


@pytest.fixture
def session(show: Show, seller: User) -> CashSession:
    return cash_session(venue=show.screen.venue, seller=seller)
