"""Shows, bookings and days whose figures the tests of reports know."""

from datetime import UTC, datetime
from decimal import Decimal

from bookings import checkout
from bookings.tests.factories import hold
from shows.tests.factories import scheduled_show
from users.tests.factories import UserFactory
from venues.models import Seat, SeatCategory

START = datetime(2030, 5, 3, 19, 0, tzinfo=UTC)  # A Friday.


WEEK = {"date_from": "2030-05-03", "date_to": "2030-05-09"}


TERMS = {
    "fee_per_ticket": Decimal("1.10"),
    "fee_per_booking": Decimal("0.75"),
    "tax_rate": Decimal(20),
}


def show_at(screen, start, **fields):
    prices = {
        name: {"Adult": Decimal("12.35"), "Child": Decimal("7.05")}
        for name in SeatCategory.objects.filter(screen=screen).values_list("name", flat=True)
    }
    return scheduled_show(
        screen=screen, start_time=start, currency="GBP", prices=prices, **{**TERMS, **fields}
    )


def sold(show, label, kind):
    """Return a confirmed booking of one seat for a ticket type."""
    pk = seat(show.screen, label)
    booking = hold(customer=UserFactory(), show_id=show.pk, seat_ids=[pk], ticket_types={pk: kind})
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    booking.refresh_from_db()
    return booking


def seat(screen, label):
    return Seat.objects.get(screen=screen, row=label[0], number=label[1:]).pk
