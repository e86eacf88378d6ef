"""Tickets: issuing and voiding them with their booking, and issuing one again."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext

from audit.recording import record
from bookings.errors import AlreadyCheckedIn, TicketNotValid
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import BookedSeat, Booking, BookingLink, Ticket
from bookings.services.outbox import send_again_to_customers, tell_of_reissued_tickets

# People do not mistake any of them for another, and a QR code's alphanumeric mode has all of them.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def issue_tickets(lines: Sequence[BookedSeat], *, at: datetime) -> None:
    """Issue one ticket for each line of a booking. Expects the booking's lock."""
    Ticket.objects.bulk_create(
        Ticket(booking_id=line.booking_id, booked_seat=line, code=_new_code(), issued_at=at)
        for line in lines
    )


def void_tickets(bookings: Sequence[Booking], *, at: datetime) -> None:
    """Void the tickets of cancelled bookings. Expects the bookings' locks."""
    Ticket.objects.in_force().filter(booking__in=bookings).update(voided_at=at)


def void_some_tickets(tickets: Sequence[Ticket], *, at: datetime) -> None:
    """
    Void these tickets of a booking. Expects the booking's lock.

    Raises AlreadyCheckedIn for one with which somebody came in.
    """
    chosen = Ticket.objects.in_force().filter(pk__in=[ticket.pk for ticket in tickets])
    chosen.update(voided_at=at)
    # Read after the write, which waits for a check-in that is under way.
    used = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets])
    if ticket := used.exclude(checked_in_at=None).first():
        raise AlreadyCheckedIn(
            gettext("Somebody came in with this ticket."),
            ticket=ticket.pk,
            checked_in_at=ticket.checked_in_at,
        )


def give_other_seat(ticket: Ticket, line: BookedSeat, *, at: datetime) -> None:
    """
    Issue a ticket again for another line of its booking. Expects its lock.

    The door refuses the earlier code and payload.
    """
    Ticket.objects.filter(pk=ticket.pk).update(
        booked_seat=line, version=F("version") + 1, code=_new_code(), issued_at=at
    )


@transaction.atomic(durable=True)
def reissue_ticket(*, ticket_id: int, request: IdempotentRequest | None = None) -> Ticket:
    """
    Issue a lost or copied ticket again, with another code.

    The door refuses the old code, and the links of earlier mails open the booking no more: the
    customer gets a new mail. Raises TicketNotValid for a voided ticket, and AlreadyCheckedIn
    for one that has been checked in.
    """
    request = request or without_key()
    request.claim()
    ticket = Ticket.objects.locked().get(pk=ticket_id)
    if ticket.voided_at:
        raise TicketNotValid("The booking is cancelled.", ticket=ticket.pk, reason="cancelled")
    if ticket.checked_in_at:
        raise AlreadyCheckedIn(
            "Somebody came in with this ticket.",
            ticket=ticket.pk,
            checked_in_at=ticket.checked_in_at,
        )
    Ticket.objects.filter(pk=ticket.pk).update(
        version=F("version") + 1, code=_new_code(), issued_at=Now()
    )
    # Whoever has the lost ticket may have the mail with its link as well.
    BookingLink.objects.filter(booking=ticket.booking_id).revoke()
    send_again_to_customers(ticket.booking)
    reissued = Ticket.objects.with_show_and_seat().get(pk=ticket.pk)
    tell_of_reissued_tickets([reissued])
    changes = {"version": [ticket.version, reissued.version]}
    record("tickets.reissue", reissued, changes=changes)
    request.complete(reissued)
    return reissued


def _new_code() -> str:
    """
    Return a random code of 45 bits.

    A unique constraint refuses a repeated one.
    """
    code = "".join(secrets.choice(_LETTERS) for _ in range(9))
    return f"{code[:3]}-{code[3:6]}-{code[6:]}"
