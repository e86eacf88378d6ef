"""The check that a message is still true when it is sent."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from bookings import services
from bookings.models import Booking, Message, Ticket
from bookings.selectors import is_one_free_mail_too_many, place_when_booked
from shows.models import Show
from venues.models import Venue

Kind, Status = Message.Kind, Booking.Status

# Messages that ask for money, and messages that invite to a show that is still to come.
_TO_PAY = (Kind.PAYMENT_FAILED, Kind.RESERVED)
_INVITATIONS = (
    Kind.CONFIRMED,
    Kind.EXCHANGED,
    Kind.REMINDER_24H,
    Kind.REMINDER_2H,
    Kind.SHOW_CHANGED,
    Kind.RESEATED,
    Kind.REISSUED,
)


@dataclass(frozen=True)
class Relevance:
    """The reason not to send a message now, or its facts."""

    reason_to_drop: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def relevance_of(message: Message, booking: Booking) -> Relevance:
    """Compare a message with the state of its booking and show now."""
    reason = _not_to_be_told(message, booking) or _not_true(message, booking)
    if reason or message.kind != Kind.SHOW_CHANGED:
        return Relevance(reason, message.facts)
    return _news_of_show(message, booking)


def _not_to_be_told(message: Message, booking: Booking) -> str:
    user = booking.user
    if message.kind in Message.TO_STAFF:
        return "" if settings.STAFF_EMAIL else "there is no address of the staff"
    if message.transfer:
        return "" if message.transfer.email else "the address was erased"
    if user.erased_at:
        return "the account is erased"
    if message.channel == Message.Channel.EMAIL and not booking.contact_email:
        return "nobody gave an address"
    if message.channel == Message.Channel.SMS and not user.takes_sms:
        return "no consent to text messages any more, or the phone is not confirmed"
    if is_one_free_mail_too_many(message, booking):
        return "the address is not confirmed and had enough mails about free bookings today"
    return ""


def _not_true(message: Message, booking: Booking) -> str:
    show, kind = booking.show, message.kind
    if kind in _TO_PAY and booking.live_status != Status.PENDING:
        return f"the booking is {booking.live_status} by now"
    if kind == Kind.CANCELLED and booking.status != Status.CANCELLED:
        return f"the booking is {booking.status}"
    if kind == Kind.SHOW_CANCELLED and show.status != Show.Status.CANCELLED:
        return f"the show is {show.status}"
    if kind == Kind.PART_CANCELLED and booking.status != Status.CONFIRMED:
        return f"the booking is {booking.status}"
    if kind == Kind.EXPIRED and booking.status != Status.EXPIRED:
        return f"the booking is {booking.status}"
    if kind in (Kind.TRANSFER_OFFERED, Kind.TICKET_RECEIVED):
        return _not_offered_or_held(message)
    if kind not in _INVITATIONS:
        return ""
    if booking.status != Status.CONFIRMED or show.status != Show.Status.SCHEDULED:
        return "the booking or the show is cancelled"
    # A confirmation has the tickets, so it is useful also after the start.
    is_ticket = kind in (Kind.CONFIRMED, Kind.EXCHANGED)
    if (show.end_time if is_ticket else show.start_time) <= message.clock:
        return "the show is over" if is_ticket else "the show has begun"
    if message.facts.get("start", show.start_time.isoformat()) != show.start_time.isoformat():
        return "the show has another start by now"
    if message.facts.get("screen", show.screen_id) != show.screen_id:
        return "the show is in another hall by now"
    if kind == Kind.RESEATED and _is_told_later(message):
        return "a later message tells of the seats"
    return ""


def _is_told_later(message: Message) -> bool:
    later = Message.objects.filter(
        booking=message.booking_id, kind=message.kind, channel=message.channel, pk__gt=message.pk
    )
    return later.exists()


def _not_offered_or_held(message: Message) -> str:
    transfer = message.transfer
    is_pending = transfer.accepted_at is None
    if transfer.revoked_at or is_pending != (message.kind == Kind.TRANSFER_OFFERED):
        return "the offer was accepted or withdrawn, or the ticket is another person's by now"
    ticket = Ticket.objects.with_show_and_seat().get(pk=transfer.ticket_id)
    if is_pending and not services.is_open(ticket):
        return "the ticket cannot be accepted any more"
    return "the show is over" if ticket.show.end_time <= message.clock else ""


def _news_of_show(message: Message, booking: Booking) -> Relevance:
    """
    Describe a show's change from the customer's last knowledge to now.

    Changes in between, which nobody was told of, are left out.
    """
    show, zone = booking.show, booking.show.screen.venue.timezone
    told = Message.objects.filter(
        booking=booking, kind=Kind.SHOW_CHANGED, channel=message.channel, state=Message.State.SENT
    )
    last = told.order_by("finished_at", "pk").last()
    start, screen_id = _known_place(booking, last)
    known_zone = _known_zone(booking, last)
    if (start, screen_id, known_zone) == (show.start_time, show.screen_id, zone):
        return Relevance("the show is when and where the customer knows it to be")
    facts = {
        "old_start": start.isoformat(),
        "old_zone": known_zone if known_zone != zone else "",
        "is_elsewhere": screen_id != show.screen_id,
    }
    return Relevance(facts={**message.facts, **facts})


def _known_zone(booking: Booking, last: Message | None) -> str:
    """Return the zone that the customer was last told, or booked in."""
    known_at = last.finished_at if last else booking.booked_at
    history = Venue.history.model.objects.filter(id=booking.show.screen.venue_id)
    known = history.filter(history_date__lte=known_at).order_by("history_id").last()
    return (known or history.earliest("history_id")).timezone


def _known_place(booking: Booking, last: Message | None) -> tuple[datetime, int]:
    """Return the start and screen last told, or at the booking."""
    if last and "screen" in last.facts:
        return datetime.fromisoformat(last.facts["start"]), last.facts["screen"]
    return place_when_booked(booking)
