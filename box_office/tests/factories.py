from decimal import Decimal
from typing import Any

from box_office import services
from box_office.models import CashSession
from shows.models import Show
from shows.tests.factories import seat_ids
from users.models import User
from users.tests.factories import StaffFactory
from venues.models import Venue
from venues.tests.factories import VenueFactory


def cash_session(
    *, venue: Venue | None = None, seller: User | None = None, **terms: Any
) -> CashSession:
    """Return an open cash session. Its float is 100.00 INR by default."""
    values = {"station": "Foyer 1", "currency": "INR", "opening_float": Decimal(100), **terms}
    return services.open_cash_session(
        venue_id=(venue or VenueFactory()).pk, opened_by=seller or StaffFactory(), **values
    )


def sale_body(show: Show, *labels: str, **tender: Any) -> dict[str, Any]:
    """Return the body of a sale at 250.00 a seat. It is paid in cash by default."""
    due = {"method": "cash", "amount": f"{250 * len(labels)}.00"}
    return {"show_id": show.pk, "seat_ids": seat_ids(show, *labels), "tender": due | tender}
