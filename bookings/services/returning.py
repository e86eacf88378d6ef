"""
Giving back lines of a booking, as steps of use cases.

A customer's cancellation, a refund at the counter, an exchange and another seat all end lines in
the same way. The steps expect the locks of `lock_booking`.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext

from bookings.models import BookedSeat, Booking, LedgerEntry
from bookings.refund_shares import Division
from bookings.services.ticketing import void_some_tickets
from eventbooking_system.errors import InvalidField
from shows.services import stock


def active_lines(booking: Booking) -> list[BookedSeat]:
    """Read a booking's active lines, with their seats and tickets."""
    lines = BookedSeat.objects.active().filter(booking=booking).order_by("pk")
    return list(lines.select_related("show_seat__seat", "ticket"))


def chosen_lines(
    active: Sequence[BookedSeat], ticket_ids: Sequence[int] | None
) -> list[BookedSeat]:
    """Return the lines of these tickets, or all. Raises InvalidField for an unknown ticket."""
    if ticket_ids is None:
        return list(active)
    by_ticket = {
        ticket.pk: line
        for line in active
        if (ticket := getattr(line, "ticket", None)) and ticket.voided_at is None
    }
    if set(ticket_ids) - by_ticket.keys():
        detail = gettext("The booking has no such valid ticket.")
        raise InvalidField("ticket_ids", detail, "does_not_exist")
    return [line for pk, line in by_ticket.items() if pk in ticket_ids]


def end_lines(booking: Booking, division: Division, *, at: datetime) -> None:
    """
    End a division's lines: void tickets, and put seats on sale.

    Raises AlreadyCheckedIn.
    """
    lines = [share.line for share in division.lines]
    void_some_tickets([line.ticket for line in lines], at=at)
    BookedSeat.objects.filter(pk__in=[line.pk for line in lines]).update(cancelled_at=at)
    if division.discount_kept:
        for line, line.discount in division.discounts.items():
            line.save(update_fields=["discount"])
    stock.release_some(
        show_id=booking.show_id,
        booking_id=booking.pk,
        seats=[line.show_seat_id for line in lines],
    )


def amount_of_lines(booking: Booking) -> Decimal:
    """Return what went back for single lines of a booking."""
    rows = LedgerEntry.objects.filter(booking=booking, booked_seat__isnull=False)
    noted = rows.filter(kind=LedgerEntry.Kind.REDUCED).aggregate(sum=Sum("amount"))["sum"]
    # Older rows of the ledger name no line. A line with another seat by now was not given back.
    ended = BookedSeat.objects.filter(booking=booking, cancelled_at__isnull=False)
    older = ended.exclude(pk__in=rows.values("booked_seat")).exclude(replacements__booking=booking)
    return sum((line.price - line.discount for line in older), -(noted or Decimal(0)))
