"""Queries about bookings and their tickets."""

from decimal import Decimal

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from bookings.errors import InvalidTransition
from bookings.models import BookedSeat, Booking, BookingLink, Ticket
from bookings.tickets import signing
from shows.selectors import shows_visible_to


def bookings_with_details(*, with_shows: bool = False) -> QuerySet[Booking]:
    """Select bookings with everything that the API shows."""
    shows = [Prefetch("show", shows_visible_to(is_staff=True))] if with_shows else []
    lines = BookedSeat.objects.select_related("show_seat__seat__category")
    return (
        Booking.objects.with_live_status()
        .with_amount_refunded()
        .select_related("promo_code")
        .prefetch_related(Prefetch("booked_seats", lines, to_attr="lines"), *shows)
    )


def booking_as_held(booking_id: int) -> Booking:
    """
    Return a booking as it was when it was held.

    Among the fields that the API shows, only the status and the refunds can have changed since.
    """
    booking = bookings_with_details().get(pk=booking_id)
    booking.live_status, booking.amount_refunded = Booking.Status.PENDING, Decimal(0)
    return booking


def live_link(link_id: int) -> BookingLink | None:
    """Return a link that opens its booking, with the customer, or None."""
    return BookingLink.objects.live().select_related("booking__user").filter(pk=link_id).first()


def tickets_of(booking: Booking) -> QuerySet[Ticket]:
    """
    Select the tickets of a booking, each with its show and seat.

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
    """Return the text of a ticket's QR code."""
    show = ticket.show
    return signing.sign(
        signing.Claims(
            ticket=ticket.pk,
            show=show.pk,
            seat=ticket.seat.pk,
            # A show may start before 1970 by mistake, and payloads have no negative numbers.
            start=max(0, int(show.start_time.timestamp())),
            version=ticket.version,
        )
    )
