"""The messages and events for tickets that are passed on."""

from collections.abc import Iterable, Sequence

from bookings.models import Message, Ticket, TicketTransfer
from bookings.services.outbox.customers import queue_for_customers, queue_for_recipients
from bookings.services.outbox.partners import queue_reissued_tickets, queue_transferred_ticket

Kind = Message.Kind


def queue_offered_ticket(transfer: TicketTransfer) -> None:
    """Queue the mail whose link accepts a ticket."""
    queue_for_recipients(Kind.TRANSFER_OFFERED, [transfer])


def queue_accepted_transfer(transfer: TicketTransfer, *, before: TicketTransfer | None) -> None:
    """
    Queue the ticket for its new holder, and tell the payer.

    They may be the same person. `before` is the transfer of the person who held the ticket until
    now, if that was not the customer: then that person is told, too.
    """
    ticket = transfer.ticket
    # The name is read when the message is sent, so that the row has no personal data.
    facts = {"accepted": transfer.pk}
    if ticket.holder_id:
        queue_for_recipients(Kind.TICKET_RECEIVED, [transfer])
        queue_for_customers(Kind.TICKET_PASSED_ON, [ticket.booking], about=transfer.pk, **facts)
    else:
        queue_for_customers(Kind.REISSUED, [ticket.booking], about=f"{ticket.pk}:{ticket.version}")
    if before:
        before.ticket = ticket
        queue_for_recipients(Kind.TICKET_PASSED_ON, [before], **facts)
    queue_transferred_ticket(transfer)


def queue_reissued_ticket(ticket: Ticket, held: TicketTransfer | None) -> None:
    """Queue a reissued ticket for the person who may show it."""
    about = f"{ticket.pk}:{ticket.version}"
    queue_reissued_tickets(Ticket.objects.filter(pk=ticket.pk))
    if held:
        queue_for_recipients(Kind.TICKET_RECEIVED, [held], about=about)
    else:
        queue_for_customers(Kind.REISSUED, [ticket.booking], about=about)


def queue_new_tickets_for_holders(held: Iterable[TicketTransfer], *, about: object) -> None:
    """Queue holders' tickets again, because the seat, time or hall changed."""
    queue_for_recipients(Kind.TICKET_RECEIVED, held, about=about)


def queue_ended_tickets(transfers: Sequence[TicketTransfer]) -> None:
    """Queue the news for holders that their tickets are void."""
    queue_for_recipients(Kind.TICKET_ENDED, transfers)
