"""Issuing tickets when a booking is confirmed, voiding them when it is cancelled, issuing one again."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from bookings.errors import AlreadyCheckedIn, TicketNotValid
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import BookedSeat, Booking, Ticket

# None of them is read for another, and all are in a QR code's alphanumeric mode.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def issue_tickets(lines: Sequence[BookedSeat], *, at: datetime) -> None:
    """One ticket for each line of a booking that is being confirmed. Expects the booking's lock."""
    Ticket.objects.bulk_create(
        Ticket(booking_id=line.booking_id, booked_seat=line, code=_new_code(), issued_at=at)
        for line in lines
    )


def void_tickets(bookings: Sequence[Booking], *, at: datetime) -> None:
    """Cancelled bookings open no door. Expects the bookings' locks."""
    Ticket.objects.in_force().filter(booking__in=bookings).update(voided_at=at)


@transaction.atomic(durable=True)
def reissue_ticket(*, ticket_id: int, request: IdempotentRequest | None = None) -> Ticket:
    """
    Issue a ticket again, with another code: the one that was lost or copied opens nothing.

    Raises TicketNotValid for a voided one, AlreadyCheckedIn for one with which somebody came in.
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
    reissued = Ticket.objects.with_show_and_seat().get(pk=ticket.pk)
    request.complete(reissued)
    return reissued


def _new_code() -> str:
    """45 bits that nobody guesses; that two are equal is refused by the database."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(9))
    return f"{code[:3]}-{code[3:6]}-{code[6:]}"
