from decimal import Decimal
from typing import Any

from box_office import services
from box_office.models import CashSession
from users.models import User
from users.tests.factories import StaffFactory
from venues.models import Venue
from venues.tests.factories import VenueFactory


def cash_session(
    *, venue: Venue | None = None, seller: User | None = None, **terms: Any
) -> CashSession:
    """An open cash session with a float of 100.00 INR, unless said otherwise."""
    values = {"station": "Foyer 1", "currency": "INR", "opening_float": Decimal(100), **terms}
    return services.open_cash_session(
        venue_id=(venue or VenueFactory()).pk, opened_by=seller or StaffFactory(), **values
    )
