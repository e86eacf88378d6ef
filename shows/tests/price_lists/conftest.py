"""Fixtures of tests of price lists."""

import pytest

from shows.services import save_price_list
from shows.tests.price_lists.bodies import PRICES
from venues.tests.factories import VenueFactory, hall


@pytest.fixture
def screen():
    return hall(venue=VenueFactory(timezone="Europe/London"))


@pytest.fixture
def evening(screen):
    return save_price_list(venue=screen.venue, name="Evening", currency="GBP", prices=PRICES)
