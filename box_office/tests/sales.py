"""The path of sales, and the check that nothing was sold."""

from bookings.models import Booking, LedgerEntry, Message, Payment, Ticket
from box_office.models import Tender
from shows.models import ShowSeat

SALES = "/api/box-office/sales/"


def assert_nothing_sold() -> None:
    assert not Booking.objects.exists()
    assert not Payment.objects.exists()
    assert not Tender.objects.exists()
    assert not Ticket.objects.exists()
    assert not LedgerEntry.objects.exists()
    assert not Message.objects.exists()
    assert not ShowSeat.objects.filter(status__in=["held", "booked"]).exists()
