"""Printed tickets: the contents of their pages, read from the booking."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from bookings.errors import InvalidTransition
from bookings.models import BookedSeat, Booking, Ticket
from bookings.refund_shares import amounts_now
from bookings.selectors import payload_of, tickets_of
from bookings.tickets.pdf import Sheet, tickets_pdf
from eventbooking_system.money import with_currency


def print_tickets(booking: Booking) -> bytes:
    """
    Print a booking's tickets as a PDF in the customer's language.

    Tickets that were passed on are left out. Raises InvalidTransition if none is left.
    """
    all_tickets = list(tickets_of(booking))
    if not all_tickets:  # The booking was cancelled after it was read.
        raise InvalidTransition(
            _("The booking is %(status)s already.") % {"status": Booking.Status.CANCELLED},
            booking_status=Booking.Status.CANCELLED,
        )
    tickets = [ticket for ticket in all_tickets if ticket.holder_id is None]
    if not tickets:
        detail = _("All tickets of this booking were passed on.")
        raise InvalidTransition(detail, booking_status=booking.live_status)
    return print_some_tickets(tickets, language=booking.user.language)


def print_some_tickets(
    tickets: Sequence[Ticket], *, language: str, lines: Sequence[BookedSeat] | None = None
) -> bytes:
    """
    Print these tickets of a booking, one page each.

    The booking's valid `lines` are read if they are not given.
    """
    booking = tickets[0].booking
    if lines is None:
        lines = list(BookedSeat.objects.active().filter(booking=booking))
    with translation.override(language):
        price_lines = _price_lines(booking, lines)
        return tickets_pdf(
            [
                _sheet(ticket, price_lines, position=position, count=len(tickets))
                for position, ticket in enumerate(tickets, 1)
            ]
        )


def _sheet(
    ticket: Ticket, price_lines: list[tuple[str, str]], *, position: int, count: int
) -> Sheet:
    show, seat, line = ticket.show, ticket.seat, ticket.booked_seat
    venue = show.screen.venue
    kind = ", ".join(part for part in (line.ticket_type, seat.category.name) if part)
    price = with_currency(line.price, show.currency)
    return Sheet(
        title=show.event.title,
        venue=venue.name,
        screen=show.screen.name,
        address=", ".join(part for part in (venue.address, venue.city) if part),
        starts=show.start_time.astimezone(ZoneInfo(venue.timezone)),
        zone=venue.timezone,
        section=seat.section,
        row="" if seat.area else seat.row,
        number=seat.printed_number,
        area=seat.area,
        category=seat.category.name,
        ticket_type=line.ticket_type,
        reference=ticket.booking.reference,
        code=ticket.code,
        payload=payload_of(ticket),
        # A person who got the ticket from the customer does not see what the booking cost.
        price_lines=[] if ticket.holder_id else [(kind, price), *price_lines],
        position=position,
        count=count,
    )


def _price_lines(booking: Booking, lines: Sequence[BookedSeat]) -> list[tuple[str, str]]:
    """Return the price lines of a booking's valid tickets. Amounts of zero are left out."""
    now = amounts_now(booking, lines)
    is_added = now.total != now.subtotal - now.discount + now.fees
    rows = [
        (_("Tickets of the booking: %(count)d") % {"count": len(lines)}, now.subtotal),
        (_("Discount"), -now.discount),
        (_("Fees"), now.fees),
        (_("Tax") if is_added else _("Tax, included"), now.tax),
        (_("Total of the booking"), now.total),
    ]
    return [
        (label, with_currency(amount, booking.currency))
        for label, amount in rows
        if amount or amount is now.total
    ]
