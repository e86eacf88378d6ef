"""Events for partners, queued in the transaction of their cause."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from bookings.models import (
    BookedSeat,
    Booking,
    Payment,
    Refund,
    Ticket,
    TicketScan,
    TicketTransfer,
    WebhookDelivery,
    WebhookSubscription,
)
from bookings.services.outbox.batches import BATCH
from eventbooking_system.db.compiled import CompiledQuery
from eventbooking_system.money import formatted

Event = WebhookSubscription.Event

WEBHOOKS_TRIED_FOR = timedelta(days=3)


def queue_for_partners(event: Event, bookings: Sequence[Booking], **data: Any) -> None:
    """Queue an event about each booking for its subscribers."""
    subscriptions = _subscriptions(event)
    if not subscriptions or not bookings:
        return
    seats: dict[int, list[int]] = {}
    lines = BookedSeat.objects.active().filter(booking__in=[booking.pk for booking in bookings])
    for booking_id, seat_id in lines.values_list("booking", "show_seat__seat"):
        seats.setdefault(booking_id, []).append(seat_id)
    _write_deliveries(
        event,
        {
            f"{booking.pk}": {
                "booking": booking.pk,
                "reference": booking.reference,
                "show": booking.show_id,
                "seat_ids": seats.get(booking.pk, []),
                "total": formatted(booking.total, booking.currency),
                "currency": booking.currency,
                **data,
            }
            for booking in bookings
        },
        subscriptions,
    )


def queue_admissions(scans: Sequence[TicketScan]) -> None:
    """Queue an event for each ticket that was checked in."""
    data = {
        f"{scan.scan_id}": {
            "ticket": scan.ticket_id,
            "booking": scan.ticket.booking_id,
            "show": scan.ticket.show.pk,
            "seat_id": scan.ticket.seat.pk,
            "checked_in_at": scan.checked_in_at.isoformat(),
        }
        for scan in scans
    }
    if data:
        publish(Event.TICKET_CHECKED_IN, data)


def queue_reissued_tickets(tickets: QuerySet[Ticket], *, now: datetime | None = None) -> None:
    """
    Queue an event for each ticket that was issued again.

    It is due at `now`. The tickets are read only if a partner has subscribed.
    """
    subscriptions = _subscriptions(Event.TICKET_REISSUED)
    if not subscriptions:
        return
    rows = tickets.values_list(
        "pk", "booking", "booking__show", "booked_seat__show_seat__seat", "version", "issued_at"
    )
    data = {
        f"{ticket}:{version}:{issued_at.timestamp():.6f}": {
            "ticket": ticket,
            "booking": booking,
            "show": show,
            "seat_id": seat,
            "version": version,
            "issued_at": issued_at.isoformat(),
        }
        for ticket, booking, show, seat, version, issued_at in rows
    }
    _write_deliveries(Event.TICKET_REISSUED, data, subscriptions, due_at=now)


def queue_transferred_ticket(transfer: TicketTransfer) -> None:
    """Queue the event of an accepted transfer, without the names of people."""
    ticket = transfer.ticket
    data = {
        "ticket": ticket.pk,
        "booking": ticket.booking_id,
        "show": ticket.show.pk,
        "seat_id": ticket.seat.pk,
        "version": ticket.version,
        "transferred_at": transfer.accepted_at.isoformat(),
    }
    publish(Event.TICKET_TRANSFERRED, {f"{transfer.pk}": data})


def queue_refund(refund: Refund, payment: Payment, *, key: str) -> None:
    """Queue the event of a refund that was carried out."""
    data = {
        "refund": refund.pk,
        "payment": payment.pk,
        "booking": refund.booking_id,
        "amount": formatted(refund.amount, payment.currency),
        "currency": payment.currency,
    }
    publish(Event.REFUND_SUCCEEDED, {key: data})


def publish(event: Event, data: dict[str, dict[str, Any]]) -> None:
    """
    Queue an event for each entry of `data`.

    The entry's key keeps it from being sent twice.
    """
    _write_deliveries(event, data, _subscriptions(event))


def _subscriptions(event: Event) -> list[WebhookSubscription]:
    # Filtered in Python, because SQLite cannot search a JSON list and subscriptions are few.
    return [subscription for subscription in _active() if event in subscription.events]


@CompiledQuery
def _active() -> QuerySet[WebhookSubscription]:
    return WebhookSubscription.objects.filter(is_active=True).order_by("pk")


def _write_deliveries(
    event: Event,
    data: dict[str, dict[str, Any]],
    subscriptions: Sequence[WebhookSubscription],
    *,
    due_at: datetime | None = None,
) -> None:
    now = timezone.now()
    due_at = due_at or Now()
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(
                subscription=subscription,
                event=event,
                body=json.dumps({"type": event, "timestamp": now.isoformat(), "data": members}),
                dedupe_key=f"{event}:{key}:{subscription.pk}",
                due_at=due_at,
                give_up_at=due_at + WEBHOOKS_TRIED_FOR,
            )
            for subscription in subscriptions
            for key, members in data.items()
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )
