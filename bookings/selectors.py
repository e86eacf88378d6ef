"""Queries about bookings and their tickets."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from bookings.errors import InvalidTransition
from bookings.models import (
    BookedSeat,
    Booking,
    BookingLink,
    Message,
    Payment,
    Ticket,
    TicketTransfer,
)
from bookings.querysets import LINK_LIVES
from bookings.tickets import signing
from eventbooking_system.money import formatted
from shows.models import Show
from shows.selectors import shows_visible_to
from users.models import User

# To an address that nobody confirmed, about bookings that were not paid.
MAX_FREE_MAILS_A_DAY = 5
_PAID = (Payment.Status.SUCCEEDED, Payment.Status.REFUNDED)


def bookings_with_details(*, with_shows: bool = False) -> QuerySet[Booking]:
    """Select bookings with everything that the API shows."""
    shows = [Prefetch("show", shows_visible_to(is_staff=True))] if with_shows else []
    lines = BookedSeat.objects.active().select_related("show_seat__seat__category")
    return _with_details(lines, shows)


def _with_details(lines: QuerySet[BookedSeat], shows: Sequence[Prefetch]) -> QuerySet[Booking]:
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
    # Lines may have been given back since, and another seat is a line of its own.
    lines = BookedSeat.objects.exclude(replaces__booking=booking_id)
    lines = lines.select_related("show_seat__seat__category")
    booking = _with_details(lines, []).get(pk=booking_id)
    booking.live_status, booking.amount_refunded = Booking.Status.PENDING, Decimal(0)
    return booking


def place_when_booked(booking: Booking) -> tuple[datetime, int]:
    """Return the show's start and screen when the booking was made."""
    history = Show.history.model.objects.filter(id=booking.show_id)
    booked = history.filter(history_date__lte=booking.booked_at)
    row = booked.order_by("history_id").last() or history.earliest("history_id")
    return row.start_time, row.screen_id


def give_back_deadline(booking: Booking) -> datetime | None:
    """
    Return the deadline for a full refund because the show moved.

    That is the deadline that staff set, and at the latest the start. None stands for a show without
    a deadline, or one that is where and when the customer booked it.
    """
    show = booking.show
    if show.give_back_until is None or show.status != Show.Status.SCHEDULED:
        return None
    if place_when_booked(booking) == (show.start_time, show.screen_id):
        return None
    return min(show.give_back_until, show.start_time)


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
    offers = Prefetch("transfers", TicketTransfer.objects.pending(), to_attr="offers")
    tickets = Ticket.objects.in_force().with_show_and_seat().filter(booking=booking)
    return tickets.prefetch_related(offers)


def held_tickets(user: User) -> QuerySet[Ticket]:
    """Select the valid tickets that others passed on to a user."""
    offers = Prefetch("transfers", TicketTransfer.objects.pending(), to_attr="offers")
    held = Ticket.objects.in_force().with_show_and_seat().filter(holder=user)
    to_come = held.filter(booking__show__end_time__gt=Now() - LINK_LIVES)
    return to_come.prefetch_related(offers).order_by("-pk")


def sitters_of(show: Show) -> dict[int, dict[str, Any]]:
    """Return a show's valid tickets with their holders, by seat id."""
    tickets = Ticket.objects.in_force().filter(
        booking__show=show, booked_seat__show_seat__seat__area=""
    )
    rows = tickets.select_related("booking__user", "booked_seat__show_seat")
    return {
        ticket.booked_seat.show_seat.seat_id: {
            "ticket": ticket.pk,
            "booking": ticket.booking_id,
            "reference": ticket.booking.reference,
            "name": ticket.person_name,
            "ticket_type": ticket.booked_seat.ticket_type,
            "price": formatted(ticket.booked_seat.price, ticket.booking.currency),
            "checked_in": ticket.checked_in_at is not None,
        }
        for ticket in rows
    }


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


def messages_of_today(message: Message, booking: Booking) -> QuerySet[Message]:
    """Select other messages to the same recipient and channel within 24 hours."""
    user, channel = booking.user, message.channel
    recent = Q(state="sent", finished_at__gt=Now() - timedelta(days=1)) | Q(state="sending")
    sent = Message.objects.filter(recent, channel=channel).exclude(pk=message.pk)
    sent = sent.exclude(kind__in=Message.TO_STAFF)
    if message.transfer:
        return sent.filter(transfer__email=message.transfer.email)
    sent = sent.filter(transfer=None)
    if channel == Message.Channel.SMS:
        return sent.filter(booking__user__verified_phone=user.verified_phone)
    address = booking.contact_email
    return sent.filter(
        Q(booking__user__email=address)
        | Q(booking__user__contact_email=address, booking__user__is_guest=True)
    )


def is_one_free_mail_too_many(message: Message, booking: Booking) -> bool:
    """
    Tell whether a mail must not be sent to an unconfirmed address.

    Mails about paid bookings are always sent. Others could be used to write to strangers, so an address
    gets a few of them a day.
    """
    is_known = booking.user.email_verified_at or booking.customer_email  # Typed by staff.
    if message.channel == Message.Channel.SMS or is_known:
        return False
    if booking.payments.filter(status__in=_PAID).exists():
        return False
    unpaid = messages_of_today(message, booking).exclude(booking__payments__status__in=_PAID)
    return unpaid.count() >= MAX_FREE_MAILS_A_DAY


def is_one_free_offer_too_many(*, email: str, booking_id: int) -> bool:
    """
    Tell whether a ticket must not be offered to an address any more today.

    Offers of paid tickets are always sent. Others could be used to write to strangers.
    """
    if Payment.objects.filter(booking=booking_id, status__in=_PAID).exists():
        return False
    today = TicketTransfer.objects.filter(email=email, created_at__gt=Now() - timedelta(days=1))
    unpaid = today.exclude(ticket__booking__payments__status__in=_PAID)
    return unpaid.count() >= MAX_FREE_MAILS_A_DAY


def tickets_of_type(show_id: int, ticket_types: Iterable[str]) -> QuerySet[BookedSeat]:
    """Select lines of these ticket types whose seat is sold or payable."""
    lines = BookedSeat.objects.filter(
        show_seat__show=show_id, show_seat__booking=F("booking"), ticket_type__in=ticket_types
    )
    return lines.exclude(show_seat__status="held", show_seat__held_until__lte=Now())
