"""Erasure of the text that people wrote about a person's bookings."""

from django.db.models import Q
from django.db.models.functions import Now

from bookings.models import (
    Booking,
    BookingNote,
    BookingTransition,
    Refund,
    Ticket,
    TicketTransfer,
)
from users.models import User


def erase_free_text(user: User) -> None:
    """
    Erase the notes and reasons that people wrote about a person's bookings.

    Reasons that the system wrote stay, and so does the ledger. Expects to run in the transaction of
    the erasure.
    """
    written = BookingTransition.objects.filter(booking__user=user, by__isnull=False)
    written.exclude(reason="").update(reason="")
    refunds = Refund.objects.filter(booking__user=user).exclude(reason__in=Refund.SYSTEM_REASONS)
    # The reason of a payment that came too late names only a status.
    refunds.exclude(reason__startswith=Refund.PAID_WHEN).update(reason="")
    BookingNote.objects.filter(booking__user=user).exclude(text="").update(text="")
    complimentary = Booking.objects.filter(user=user).exclude(complimentary_reason="")
    complimentary.update(complimentary_reason="complimentary")


def erase_transfers_of(user: User) -> None:
    """
    Erase a person's part in tickets that were passed on.

    An offer by the person, or to the address of their account, ends. A ticket that the person holds
    stays valid, and loses the name.
    """
    own = Q(holder=user) | Q(sender=user) | Q(email=user.mail_address)
    transfers = TicketTransfer.objects.filter(own)
    transfers.pending().update(revoked_at=Now())
    # The sender's words are about the recipient, too.
    transfers.exclude(message="").update(message="")
    received = transfers.filter(Q(holder=user) | Q(email=user.mail_address) | Q(holder=None))
    received.update(email="", token_hash="")
    Ticket.objects.filter(holder=user).exclude(holder_name="").update(holder_name="")
