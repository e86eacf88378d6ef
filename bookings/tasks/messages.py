"""The task that sends messages to customers."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django_tasks import task

from bookings import services
from bookings.calendar import booking_calendar_of
from bookings.models import Booking, Dispute, Message, Ticket
from bookings.notifications.email import Attachment, Sender, open_connection, send_email
from bookings.notifications.errors import NotSent
from bookings.notifications.texts import DisputeFacts, Facts, PassedOn, written
from bookings.printing import print_some_tickets
from bookings.refund_shares import amounts_now
from bookings.selectors import give_back_deadline, messages_of_today
from bookings.tasks.batches import Batch
from bookings.tasks.recipients import link_for, recipient_of
from bookings.tasks.recording import recording
from bookings.tasks.relevance import relevance_of
from eventbooking_system.money import formatted, with_currency
from eventbooking_system.sms import send_sms
from shows.calendar import media_type_of
from shows.models import Show

Kind, Status = Message.Kind, Booking.Status
WITH_TICKETS = (
    Kind.CONFIRMED, Kind.EXCHANGED, Kind.SENT_AGAIN, Kind.SHOW_CHANGED, Kind.RESEATED,
    Kind.REISSUED, Kind.TICKET_RECEIVED,
)  # fmt: skip
# These change what stands in the customer's calendar.
_WITH_ENTRY = (*WITH_TICKETS, Kind.SHOW_CANCELLED, Kind.CANCELLED)


# A batch is read together. After BATCH_SECONDS, the rest is put back for any worker.
BATCH = 40
BATCH_SECONDS = 5.0


def start_messages() -> bool:
    """
    Start sending the next due messages.

    Return whether there were any.
    """
    messages = services.take_batch(Message, most=BATCH)
    if messages:
        send_messages.enqueue([[message.pk, message.attempts] for message in messages])
    return bool(messages)


@task()
def send_messages(claims: list[list[int]]) -> None:
    """Send claimed messages, each named by its id and attempt."""
    messages = services.taken_batch(Message, dict(claims))
    if not messages:
        return
    batch, end = Batch(messages), time.monotonic() + BATCH_SECONDS
    for number, message in enumerate(messages):
        if number and time.monotonic() > end:
            services.put_back(messages[number:])
            return
        _send_one(message, batch)


def _send_one(message: Message, batch: Batch) -> None:
    """Send a message of a batch, or drop it. It is read again if anything has changed since."""
    if not batch.is_current(message):
        message = services.taken(Message, message.pk, message.attempts)
        if message is None:
            return
        batch = Batch([message])
    with recording(message):
        relevance = relevance_of(message, batch.booking_of(message))
        if relevance.reason_to_drop:
            services.record_dropped(message, relevance.reason_to_drop)
            return
        _send(message, batch, relevance.facts)
        services.record_sent(message)


def _send(message: Message, batch: Batch, facts: dict[str, Any]) -> None:
    booking = batch.booking_of(message)
    _refuse_over_budget(message, batch)
    recipient, tickets = recipient_of(message, booking), _tickets_for(message, booking)
    told = _facts(message, batch, facts, has_tickets=bool(tickets))
    text = written(replace(told, first_name=recipient.name), recipient.language)
    if message.channel == Message.Channel.SMS:
        send_sms(text.sms, to=booking.user.verified_phone)
    else:
        open_connection()  # Before the tickets are drawn, which takes longest.
        attachments = _attachments(message, batch, tickets, language=recipient.language)
        venue = booking.show.screen.venue
        send_email(
            text,
            to=recipient.email,
            message_id=message.pk,
            attachments=attachments,
            sender=Sender(venue.sender_name, venue.reply_to),
        )


def _refuse_over_budget(message: Message, batch: Batch) -> None:
    """Delay a message by raising NotSent, if a daily limit is reached."""
    if message.kind in Message.TO_STAFF:
        return
    booking = batch.booking_of(message)
    limits = {
        Message.Channel.EMAIL: settings.MAILS_A_DAY,
        Message.Channel.SMS: settings.TEXT_MESSAGES_A_DAY,
    }
    limit = limits[message.channel]
    is_mail = message.channel == Message.Channel.EMAIL and message.transfer_id is None
    if is_mail and batch.mails_of_today(booking.contact_email) <= limit:
        return
    if messages_of_today(message, booking).count() >= limit:
        raise NotSent(f"The recipient had {limit} messages within a day.")


def _facts(message: Message, batch: Batch, facts: dict[str, Any], *, has_tickets: bool) -> Facts:
    booking = batch.booking_of(message)
    show = booking.show
    venue = show.screen.venue
    old_start = facts.get("old_start")
    refund = facts.get("refund", formatted(booking.amount_refunded, booking.currency))
    return Facts(
        kind=message.kind,
        first_name=booking.name_in_messages,
        reference=booking.reference,
        title=show.event.title,
        venue=venue.name,
        address=", ".join(part for part in (venue.address, venue.city) if part),
        screen=show.screen.name,
        zone=venue.timezone,
        start=show.start_time,
        seats=tuple(str(line.show_seat.seat) for line in booking.lines),
        total=formatted(amounts_now(booking, booking.lines).total, booking.currency),
        currency=booking.currency,
        link=link_for(message, batch),
        refund=refund,
        status=facts.get("status", ""),
        pay_until=booking.expires_at,
        old_start=datetime.fromisoformat(old_start) if old_start else None,
        old_zone=facts.get("old_zone", ""),
        is_elsewhere=facts.get("is_elsewhere", False),
        give_back_until=_give_back_until(message, booking),
        reason=show.cancel_reason,
        has_tickets=has_tickets,
        dispute=_dispute_of(facts),
        cancelled_seats=tuple(facts.get("cancelled_seats", ())),
        exchanged_from=facts.get("exchanged_from", ""),
        passed_on=_passed_on(message, facts),
        logo=venue.logo_url,
        tax_id=venue.tax_id,
        show_is_cancelled=show.status == Show.Status.CANCELLED,
    )


def _passed_on(message: Message, facts: dict[str, Any]) -> PassedOn | None:
    """Return the facts of a ticket that was offered or passed on."""
    if accepted := facts.get("accepted"):
        ticket = Ticket.objects.with_show_and_seat().get(transfers=accepted)
        return PassedOn(ticket.person_name, str(ticket.seat))
    if transfer := message.transfer:
        sender = transfer.sender.name_in_messages
        return PassedOn(sender, str(transfer.ticket.seat), transfer.message)
    return None


def _dispute_of(facts: dict[str, Any]) -> DisputeFacts | None:
    if "dispute" not in facts:
        return None
    dispute = Dispute.objects.get(pk=facts["dispute"])
    return DisputeFacts(
        state=facts["state"],
        provider_id=dispute.provider_id,
        reason=dispute.reason.replace("_", " "),
        amount=with_currency(dispute.amount, dispute.currency),
        evidence_due_at=dispute.evidence_due_at,
        link=settings.FRONTEND_URL + reverse("admin:bookings_dispute_change", args=[dispute.pk]),
    )


def _give_back_until(message: Message, booking: Booking) -> datetime | None:
    """Return the deadline for full refunds of a changed show, unless past."""
    if message.kind != Kind.SHOW_CHANGED:
        return None
    deadline = give_back_deadline(booking)
    return deadline if deadline and deadline > message.clock else None


def _tickets_for(message: Message, booking: Booking) -> list[Ticket]:
    """Return the tickets to attach: those that the recipient may show."""
    if message.channel != Message.Channel.EMAIL or booking.status != Status.CONFIRMED:
        return []
    if message.kind == Kind.TICKET_RECEIVED:
        return [each for each in booking.valid_tickets if each.pk == message.transfer.ticket_id]
    kept = [each for each in booking.valid_tickets if each.holder_id is None]
    return kept if message.kind in WITH_TICKETS else []


def _attachments(
    message: Message, batch: Batch, tickets: list[Ticket], *, language: str
) -> list[Attachment]:
    if message.channel != Message.Channel.EMAIL or message.kind not in _WITH_ENTRY:
        return []
    booking = batch.booking_of(message)
    calendar = booking_calendar_of(booking, booking.show, batch.revision_of(booking))
    entry = Attachment("show.ics", calendar, media_type_of(calendar))
    if not tickets:
        is_needed = message.kind not in WITH_TICKETS or booking.status == Status.CONFIRMED
        return [entry] if is_needed else []
    document = print_some_tickets(tickets, language=language, lines=booking.lines)
    return [Attachment("tickets.pdf", document, "application/pdf"), entry]
