"""Passing a ticket on to somebody else, who accepts it."""

import secrets
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext

from audit.recording import record
from bookings.errors import AlreadyCheckedIn, InvalidTransition, TransferPending
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import Booking, BookingLink, Ticket, TicketTransfer
from bookings.querysets import LINK_LIVES
from bookings.selectors import is_one_free_offer_too_many
from bookings.services.outbox import queue_accepted_transfer, queue_offered_ticket
from bookings.services.ticketing import new_code
from eventbooking_system.errors import InvalidField, NotFound, Throttled
from shows.models import Show
from users.errors import TokenInvalid
from users.models import User
from users.services.addresses import refuse_unmailable_address

MAX_OFFERS_A_DAY = 5


@transaction.atomic(durable=True)
def offer_ticket(
    *,
    ticket_id: int,
    offered_by: User,
    email: str,
    message: str = "",
    request: IdempotentRequest | None = None,
) -> TicketTransfer:
    """
    Offer a ticket to an address.

    The ticket stays valid until the offer is accepted. Raises NotFound for a ticket of another person,
    InvalidTransition after the start, and AlreadyCheckedIn, TransferPending and Throttled.
    """
    request = request or without_key()
    request.claim()
    refuse_unmailable_address(email)
    ticket = _lock_ticket(ticket_id)
    if ticket.voided_at or ticket.owner_id != offered_by.pk:
        raise NotFound
    _check_can_pass_on(ticket)
    transfers = TicketTransfer.objects.filter(ticket=ticket)
    if transfers.pending().exists():
        raise TransferPending
    today = transfers.filter(created_at__gt=Now() - timedelta(days=1))
    if today.count() >= MAX_OFFERS_A_DAY:
        detail = gettext("This ticket was offered several times today.")
        raise Throttled(detail, retry_after=24 * 3600)
    if is_one_free_offer_too_many(email=email, booking_id=ticket.booking_id):
        detail = gettext("This address was offered several free tickets today.")
        raise Throttled(detail, retry_after=24 * 3600)
    transfer = TicketTransfer.objects.create(
        ticket=ticket, sender=offered_by, email=email, message=message
    )
    queue_offered_ticket(transfer)
    record("tickets.offer", ticket, changes={"transfer": [None, transfer.pk]})
    request.complete(transfer)
    return transfer


@transaction.atomic(durable=True)
def withdraw_transfer(*, ticket_id: int, by: User) -> None:
    """End the pending offer of a ticket. Raises NotFound if this person has none."""
    ticket = _lock_ticket(ticket_id)
    if ticket.owner_id != by.pk:
        raise NotFound
    pending = TicketTransfer.objects.filter(ticket=ticket).pending()
    if not pending.update(revoked_at=Now(), token_hash=""):
        raise NotFound
    record("tickets.withdraw_offer", ticket)


@transaction.atomic(durable=True)
def accept_transfer(
    *, token: str, recipient: User, name: str = "", request: IdempotentRequest | None = None
) -> Ticket:
    """
    Give an offered ticket to its recipient.

    The ticket is issued again, and the sender's copy is void. Links in earlier mails no longer open
    the booking. If the recipient is the customer who paid, the ticket is an ordinary one of the
    booking again. Raises TokenInvalid for a wrong, old, used or withdrawn token, and for a ticket
    that was used. Raises InvalidTransition if the ticket is the recipient's already, and
    InvalidField without a name.
    """
    request = request or without_key()
    request.claim()
    found = transfer_of(token)
    ticket = _lock_ticket(found.ticket_id)
    transfer = transfer_of(token)  # It may have been accepted or withdrawn before the lock.
    if transfer.accepted_at or not is_open(ticket):
        raise TokenInvalid
    if ticket.owner_id == recipient.pk:
        detail = gettext("This ticket is yours already.")
        raise InvalidTransition(detail, booking_status=ticket.booking.status)
    name = name or recipient.get_full_name()
    if not name:
        raise InvalidField("name", gettext("Enter the name of the person who comes."), "required")
    before = _end_earlier_access(ticket)
    is_back = recipient.pk == ticket.booking.user_id
    TicketTransfer.objects.filter(pk=transfer.pk).update(
        accepted_at=Now(),
        holder=recipient,
        token_hash="",
        revoked_at=Now() if is_back else None,
    )
    Ticket.objects.filter(pk=ticket.pk).update(
        version=F("version") + 1,
        code=new_code(),
        issued_at=Now(),
        holder=None if is_back else recipient,
        holder_name="" if is_back else name,
    )
    accepted = TicketTransfer.objects.get(pk=transfer.pk)
    accepted.ticket = Ticket.objects.with_show_and_seat().get(pk=ticket.pk)
    queue_accepted_transfer(accepted, before=before)
    request.complete(accepted.ticket)
    return accepted.ticket


def _end_earlier_access(ticket: Ticket) -> TicketTransfer | None:
    """End the earlier holder's transfer, or the payer's links. Return that transfer, if any."""
    before = TicketTransfer.objects.filter(ticket=ticket).held().first()
    if before:
        TicketTransfer.objects.filter(pk=before.pk).update(revoked_at=Now(), token_hash="")
    else:
        # The links in the payer's mails would open the ticket that they no longer have.
        BookingLink.objects.filter(booking=ticket.booking_id).revoke()
    return before


def transfer_link(transfer: TicketTransfer) -> str:
    """
    Make a link to an offer or a held ticket.

    Its token is stored nowhere. An earlier link of the same transfer ends.
    """
    token = secrets.token_urlsafe(32)
    TicketTransfer.objects.filter(pk=transfer.pk).update(token_hash=_digest(token))
    # After the #, so that the token appears in no server's log.
    return f"{settings.FRONTEND_URL}/transfers/#{token}"


def transfer_of(token: str) -> TicketTransfer:
    """Return the pending or accepted transfer that a mailed token opens. Raises TokenInvalid."""
    found = TicketTransfer.objects.filter(token_hash=_digest(token), revoked_at=None)
    transfer = found.select_related("ticket__booking__show", "sender").first()
    if transfer is None:
        raise TokenInvalid
    return transfer


def open_transfer(*, token: str) -> TicketTransfer:
    """Return the offer or the ticket that a mailed token opens. Raises TokenInvalid."""
    transfer = transfer_of(token)
    transfer.ticket = Ticket.objects.with_show_and_seat().get(pk=transfer.ticket_id)
    ticket = transfer.ticket
    lives = ticket.voided_at is None and ticket.clock < ticket.show.end_time + LINK_LIVES
    if not (lives if transfer.accepted_at else is_open(ticket)):
        raise TokenInvalid
    return transfer


def is_open(ticket: Ticket) -> bool:
    """Tell whether a pending offer of this ticket can still be accepted."""
    return (
        ticket.voided_at is None
        and ticket.checked_in_at is None
        and ticket.booking.status == Booking.Status.CONFIRMED
        and ticket.show.status == Show.Status.SCHEDULED
        and ticket.clock < ticket.show.start_time
    )


def forget_old_transfers() -> int:
    """Erase the addresses and messages of transfers for old shows."""
    old = TicketTransfer.objects.filter(ticket__booking__show__end_time__lte=Now() - LINK_LIVES)
    return old.exclude(email="", message="").update(email="", message="", token_hash="")


def _lock_ticket(ticket_id: int) -> Ticket:
    return Ticket.objects.with_show_and_seat().locked().get(pk=ticket_id)


def _check_can_pass_on(ticket: Ticket) -> None:
    status = ticket.booking.status
    if ticket.checked_in_at:
        raise AlreadyCheckedIn(
            gettext("Somebody came in with this ticket."),
            ticket=ticket.pk,
            checked_in_at=ticket.checked_in_at,
        )
    if ticket.show.status == Show.Status.CANCELLED:
        raise InvalidTransition(gettext("This show is cancelled."), booking_status=status)
    if not is_open(ticket):
        raise InvalidTransition(gettext("The show has begun."), booking_status=status)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
