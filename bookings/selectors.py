"""Questions about bookings and their tickets."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bookings.errors import InvalidTransition
from bookings.models import BookedSeat, Booking, Ticket
from bookings.tickets import signing
from bookings.tickets.pdf import Sheet, tickets_pdf
from eventbooking_system.money import formatted
from shows.models import Show
from venues.models import Seat


def bookings_with_details() -> QuerySet[Booking]:
    """Bookings as the API shows them: their live status, their lines, what was refunded."""
    lines = BookedSeat.objects.select_related("show_seat__seat__category")
    return (
        Booking.objects.with_live_status()
        .with_amount_refunded()
        .select_related("promo_code")
        .prefetch_related(Prefetch("booked_seats", lines, to_attr="lines"))
    )


def booking_as_held(booking_id: int) -> Booking:
    """A booking as it was when it was held: of what the API shows, no more can have changed."""
    booking = bookings_with_details().get(pk=booking_id)
    booking.live_status, booking.amount_refunded = Booking.Status.PENDING, Decimal(0)
    return booking


def tickets_of(booking: Booking) -> QuerySet[Ticket]:
    """
    The tickets of a booking, each with its show and seat.

    Raises InvalidTransition for a booking that is not confirmed.
    """
    if booking.live_status != Booking.Status.CONFIRMED:
        raise InvalidTransition(
            _("Only confirmed bookings have tickets; this one is %(status)s.")
            % {"status": booking.live_status},
            booking_status=booking.live_status,
        )
    return Ticket.objects.in_force().with_show_and_seat().filter(booking=booking)


def payload_of(ticket: Ticket) -> str:
    """The text of a ticket's QR code."""
    show = ticket.show
    return signing.sign(
        signing.Claims(
            ticket=ticket.pk,
            show=show.pk,
            seat=ticket.seat.pk,
            # A typing error may have put the show before 1970, where its numbers have a sign.
            start=max(0, int(show.start_time.timestamp())),
            version=ticket.version,
        )
    )


def paper_of(booking: Booking) -> bytes:
    """The tickets as a PDF, in the customer's language. Raises as `tickets_of` does."""
    tickets = list(tickets_of(booking))
    with translation.override(booking.user.language):
        return tickets_pdf(
            [
                _sheet(ticket, position=position, count=len(tickets))
                for position, ticket in enumerate(tickets, 1)
            ]
        )


def _sheet(ticket: Ticket, *, position: int, count: int) -> Sheet:
    show, seat, line = ticket.show, ticket.seat, ticket.booked_seat
    venue = show.screen.venue
    kind = ", ".join(part for part in (line.ticket_type, seat.category.name) if part)
    price = f"{formatted(line.price, show.currency)} {show.currency}"
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
        price_lines=[(kind, price), *_price_lines(ticket.booking, count)],
        position=position,
        count=count,
    )


def _price_lines(booking: Booking, count: int) -> list[tuple[str, str]]:
    """What the booking cost in all; amounts of nothing are left out."""
    is_added = booking.total != booking.subtotal - booking.discount + booking.fees
    lines = [
        (_("Tickets of the booking: %(count)d") % {"count": count}, booking.subtotal),
        (_("Discount"), -booking.discount),
        (_("Fees"), booking.fees),
        (_("Tax") if is_added else _("Tax, included"), booking.tax),
        (_("Total of the booking"), booking.total),
    ]
    return [
        (label, f"{formatted(amount, booking.currency)} {booking.currency}")
        for label, amount in lines
        if amount or amount is booking.total
    ]


def doors(show: Show) -> tuple[datetime, datetime]:
    """From when until when tickets of a show are let through."""
    return show.start_time - timedelta(minutes=settings.CHECK_IN_OPENS_MINUTES), show.end_time


def check_in_bundle(show: Show) -> dict[str, Any]:
    """All that a scanner needs to let people in to a show while it has no connection."""
    tickets = Ticket.objects.filter(booking__show=show).order_by("pk")
    revoked = tickets.filter(~Q(voided_at=None) | Q(version__gt=1))
    admitted = tickets.in_force().exclude(checked_in_at=None)
    show.doors_open_at, show.doors_close_at = doors(show)
    return {
        "show": show,
        "as_of": timezone.now(),
        "keys": signing.public_keys(),
        "revoked": [
            {"ticket": pk, "valid_version": version if voided_at is None else None}
            for pk, version, voided_at in revoked.values_list("pk", "version", "voided_at")
        ],
        "admitted": [
            {"ticket": pk, "checked_in_at": at}
            for pk, at in admitted.values_list("pk", "checked_in_at")
        ],
        "seats": {
            str(seat.pk): str(seat)
            for seat in Seat.objects.filter(show_seats__show=show).only("row", "number", "area")
        },
    }
