"""Messages to customers and staff, queued in their cause's transaction."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from bookings.models import Booking, Message, TicketTransfer
from bookings.services.outbox.batches import BATCH

Kind, Channel = Message.Kind, Message.Channel

_BY_MAIL_ONLY = (
    Kind.REMINDER_24H, Kind.PAYMENT_FAILED, Kind.SENT_AGAIN, Kind.REISSUED, Kind.TICKET_PASSED_ON,
    Kind.REFUNDED, Kind.EXPIRED,
)  # fmt: skip
MESSAGES_TRIED_FOR = timedelta(days=1)


def queue_for_customers(
    kind: Kind,
    bookings: Iterable[Booking],
    *,
    about: object = "",
    facts_of: Mapping[int, dict[str, Any]] | None = None,
    **facts: Any,
) -> None:
    """
    Queue an e-mail to the customer of each booking.

    Customers with a phone number who consented to SMS get one too. `about` tells two causes of one
    kind apart. `facts` are plain values for the text, and `facts_of` has more for each booking.
    """
    _queue(
        message
        for booking in bookings
        for message in new_messages(
            kind, booking, about=about, facts=facts | (facts_of or {}).get(booking.pk, {})
        )
    )


def new_messages(
    kind: Kind, booking: Booking, *, about: object = "", facts: dict[str, Any], now: Any = None
) -> list[Message]:
    """Make the unsaved messages to a booking's customer, due at `now`."""
    return [
        _message(
            kind,
            f"{kind}:{booking.pk}:{about}:{channel}",
            booking=booking,
            channel=channel,
            facts=facts,
            now=now,
        )
        for channel in _channels(booking, kind)
    ]


def queue_for_staff(kind: Kind, booking_id: int, *, about: object, facts: dict[str, Any]) -> None:
    """Queue a mail about a booking to STAFF_EMAIL, if it is set."""
    if not settings.STAFF_EMAIL:
        return
    key = f"{kind}:{booking_id}:{about}:{Channel.EMAIL}"
    _queue([_message(kind, key, booking_id=booking_id, facts=facts)])


def queue_for_recipients(
    kind: Kind, transfers: Iterable[TicketTransfer], *, about: object = "", **facts: Any
) -> None:
    """Queue an e-mail to the address of each transfer."""
    _queue(
        _message(
            kind,
            f"{kind}:transfer:{transfer.pk}:{about}",
            booking_id=transfer.ticket.booking_id,
            transfer=transfer,
            facts=facts,
        )
        for transfer in transfers
    )


def send_again_to_customers(booking: Booking) -> None:
    """Queue another mail of a booking. Expects no lock, as nothing changes."""
    queue_for_customers(Kind.SENT_AGAIN, [booking], about=uuid.uuid4().hex)


def _message(
    kind: Kind, key: str, *, channel: Channel = Channel.EMAIL, now: Any = None, **columns: Any
) -> Message:
    due_at = now or Now()
    return Message(
        kind=kind,
        channel=channel,
        dedupe_key=key,
        due_at=due_at,
        give_up_at=due_at + MESSAGES_TRIED_FOR,
        **columns,
    )


def _queue(messages: Iterable[Message]) -> None:
    """Write the messages, except those that were queued before."""
    Message.objects.bulk_create([*messages], ignore_conflicts=True, batch_size=BATCH)


def _channels(booking: Booking, kind: Kind) -> list[Channel]:
    channels = [Channel.EMAIL] if booking.contact_email else []
    is_mail_only = kind in _BY_MAIL_ONLY
    if booking.user.takes_sms and not is_mail_only:
        channels.append(Channel.SMS)
    return channels
