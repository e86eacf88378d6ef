"""The recipient of a message: customer, recipient of a ticket, or staff."""

from dataclasses import dataclass

from django.conf import settings

from bookings import services
from bookings.models import Booking, Message, TicketTransfer
from bookings.tasks.batches import Batch, has_link_to_booking
from users.names import is_plain_name

Kind = Message.Kind
# The customer's own page does not show what these are about.
_OF_TRANSFER = (Kind.TRANSFER_OFFERED, Kind.TICKET_RECEIVED)


@dataclass(frozen=True)
class Recipient:
    """A message's address, name for the greeting, and language."""

    email: str
    name: str
    language: str


def recipient_of(message: Message, booking: Booking) -> Recipient:
    """Return the recipient of a mail. The phone of a text message is the customer's."""
    if message.kind in Message.TO_STAFF:
        return Recipient(settings.STAFF_EMAIL, "", settings.LANGUAGE_CODE)
    if transfer := message.transfer:
        return Recipient(transfer.email, _name_of(transfer), _language_of(transfer, booking))
    return Recipient(booking.contact_email, booking.name_in_messages, booking.user.language)


def link_for(message: Message, batch: Batch) -> str:
    """Make the link of a mail. It is empty for mails that lead nowhere."""
    if has_link_to_booking(message):
        return batch.link_of(message)
    if message.channel == Message.Channel.EMAIL and message.kind in _OF_TRANSFER:
        return services.transfer_link(message.transfer)
    return ""


def _name_of(transfer: TicketTransfer) -> str:
    name = transfer.ticket.holder_name if transfer.accepted_at else ""
    is_own = transfer.revoked_at is None and is_plain_name(name)
    return name.split(" ")[0] if is_own else ""


def _language_of(transfer: TicketTransfer, booking: Booking) -> str:
    return transfer.holder.language if transfer.holder else booking.user.language
