"""Tickets: issuing and voiding them with their booking, and issuing one again."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext

from audit.recording import record
from bookings.errors import AlreadyCheckedIn, InvalidTransition, TicketNotValid
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import BookedSeat, Booking, BookingLink, Ticket, TicketTransfer
from bookings.services.outbox import (
    queue_ended_tickets,
    queue_new_tickets_for_holders,
    queue_reissued_ticket,
)
from eventbooking_system.errors import NotFound
from users.models import User

# People do not mistake any of them for another, and a QR code's alphanumeric mode has all of them.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def issue_tickets(booking: Booking, lines: Sequence[BookedSeat], *, at: datetime) -> None:
    """Issue one ticket for each line of a booking. Expects the booking's lock."""
    Ticket.objects.bulk_create(new_tickets(booking.pk, [line.pk for line in lines], at=at))


def new_tickets(booking_id: int, line_ids: Sequence[int], *, at: datetime) -> list[Ticket]:
    """Make the unsaved tickets of a booking's lines."""
    return [
        Ticket(booking_id=booking_id, booked_seat_id=line_id, code=new_code(), issued_at=at)
        for line_id in line_ids
    ]


def void_tickets(bookings: Sequence[Booking], *, at: datetime) -> None:
    """Void the tickets of cancelled bookings. Expects the bookings' locks."""
    tickets = Ticket.objects.filter(booking__in=bookings)
    tickets.in_force().update(voided_at=at)
    end_transfers(tickets.filter(voided_at=at), at=at)


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
    end_transfers(used, at=at)


def end_transfers(tickets: QuerySet[Ticket], *, at: datetime) -> None:
    """Withdraw offers of void tickets, and tell their holders."""
    transfers = TicketTransfer.objects.filter(ticket__in=tickets, revoked_at=None)
    held = list(transfers.held())
    queue_ended_tickets(held)
    transfers.update(revoked_at=at, token_hash="")


def withdraw_offers(tickets: Sequence[Ticket], *, at: datetime) -> None:
    """Withdraw the pending offers of tickets that were issued again. Expects their locks."""
    offers = TicketTransfer.objects.filter(ticket__in=[ticket.pk for ticket in tickets])
    offers.pending().update(revoked_at=at, token_hash="")


def refuse_transferred(booking: Booking, tickets: QuerySet[Ticket], *, by: User) -> None:
    """
    Refuse a cancellation by the payer of someone else's ticket.

    Raises InvalidTransition. To be certain that nobody accepts one meanwhile, this transaction has
    to void the tickets first. Staff may cancel them.
    """
    if by.pk == booking.user_id and (ticket := tickets.exclude(holder=None).first()):
        raise InvalidTransition(
            gettext("The ticket for seat %(seat)s was passed on to %(name)s. Ask us to cancel it.")
            % {"seat": ticket.seat, "name": ticket.holder_name},
            booking_status=Booking.Status.CONFIRMED,
        )


def give_other_seat(ticket: Ticket, line: BookedSeat, *, at: datetime) -> None:
    """
    Issue a ticket again for another line of its booking. Expects its lock.

    The door refuses the earlier code and payload. A pending offer ends, and the person who holds the
    ticket gets it anew.
    """
    Ticket.objects.filter(pk=ticket.pk).update(
        booked_seat=line, version=F("version") + 1, code=new_code(), issued_at=at
    )
    withdraw_offers([ticket], at=at)
    held = TicketTransfer.objects.filter(ticket=ticket).held()
    if held.update(token_hash=""):
        queue_new_tickets_for_holders(held.select_related("ticket"), about=f"{at.timestamp()}")


@transaction.atomic(durable=True)
def reissue_ticket(
    *, ticket_id: int, by: User | None = None, request: IdempotentRequest | None = None
) -> Ticket:
    """
    Issue a lost or copied ticket again, with another code.

    The door refuses the old code, and links in earlier mails no longer open the booking. The
    customer, or the person who accepted the ticket, gets a new mail. Raises NotFound if the
    customer no longer has the ticket, TicketNotValid for a voided one, and AlreadyCheckedIn.
    """
    request = request or without_key()
    request.claim()
    ticket = Ticket.objects.locked().select_related("booking").get(pk=ticket_id)
    # Read under the lock, because the recipient may accept it at this moment.
    if by and by.pk == ticket.booking.user_id and ticket.holder_id:
        raise NotFound
    if ticket.voided_at:
        raise TicketNotValid("The booking is cancelled.", ticket=ticket.pk, reason="cancelled")
    if ticket.checked_in_at:
        raise AlreadyCheckedIn(
            "Somebody came in with this ticket.",
            ticket=ticket.pk,
            checked_in_at=ticket.checked_in_at,
        )
    Ticket.objects.filter(pk=ticket.pk).update(
        version=F("version") + 1, code=new_code(), issued_at=Now()
    )
    withdraw_offers([ticket], at=timezone.now())
    # A person who has the lost ticket may also have the mail with its link.
    held = TicketTransfer.objects.filter(ticket=ticket).held()
    if not held.update(token_hash=""):
        BookingLink.objects.filter(booking=ticket.booking_id).revoke()
    reissued = Ticket.objects.with_show_and_seat().get(pk=ticket.pk)
    queue_reissued_ticket(reissued, held.first())
    changes = {"version": [ticket.version, reissued.version]}
    record("tickets.reissue", reissued, changes=changes)
    request.complete(reissued)
    return reissued


def new_code() -> str:
    """
    Return a random code of 45 bits.

    A unique constraint refuses a repeated one.
    """
    code = "".join(secrets.choice(_LETTERS) for _ in range(9))
    return f"{code[:3]}-{code[3:6]}-{code[6:]}"
