"""
Writing down what customers and partners are to be told, in the transaction of its cause.

Nothing is sent here: workers do that (`bookings.tasks`). These are steps of the use cases, and
open no transaction. A cause that comes twice has the same dedupe key, and is told once.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from bookings.models import (
    BookedSeat,
    Booking,
    BookingTransition,
    Message,
    Payment,
    TicketScan,
    WebhookDelivery,
    WebhookSubscription,
)
from eventbooking_system.money import formatted
from shows.models import Show

Kind, Channel = Message.Kind, Message.Channel
Event = WebhookSubscription.Event

MESSAGES_TRIED_FOR = timedelta(days=1)
WEBHOOKS_TRIED_FOR = timedelta(days=3)
REMINDERS = {Kind.REMINDER_24H: timedelta(hours=24), Kind.REMINDER_2H: timedelta(hours=2)}
# Transactions end within seconds; a change that committed late is still seen by the next look.
OVERLAP = timedelta(minutes=10)
BATCH = 500


# ---- Customers


def tell_customers(
    kind: Kind, bookings: Iterable[Booking], *, about: object = "", **facts: Any
) -> None:
    """
    Queue messages to the customers of these bookings: e-mail, and SMS to those who agreed to it.

    `about` tells two causes of one kind apart; `facts` are plain values for the text.
    """
    now = timezone.now()
    Message.objects.bulk_create(
        [
            Message(
                booking=booking,
                kind=kind,
                channel=channel,
                facts=facts,
                dedupe_key=f"{kind}:{booking.pk}:{about}:{channel}",
                due_at=now,
                give_up_at=now + MESSAGES_TRIED_FOR,
            )
            for booking in bookings
            for channel in _channels(booking, kind)
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )


def _channels(booking: Booking, kind: Kind) -> list[Channel]:
    wants_sms = booking.user.sms_consent and booking.user.phone
    by_sms = wants_sms and kind not in (Kind.REMINDER_24H, Kind.PAYMENT_FAILED)
    return [Channel.EMAIL, Channel.SMS] if by_sms else [Channel.EMAIL]


def tell_of_confirmation(booking: Booking) -> None:
    tell_customers(Kind.CONFIRMED, [booking])
    tell_partners(Event.BOOKING_CONFIRMED, [booking])


def tell_of_cancellation(booking: Booking, *, given_back: Decimal, reason: str) -> None:
    """A confirmed booking was cancelled."""
    tell_customers(Kind.CANCELLED, [booking], refund=formatted(given_back, booking.currency))
    tell_partners(Event.BOOKING_CANCELLED, [booking], reason=reason)


def tell_of_show_cancellation(show: Show, bookings: Sequence[Booking], *, reason: str) -> None:
    """A show was cancelled, and with it these bookings, which still say how they were before."""
    paid = [booking for booking in bookings if booking.status == Booking.Status.CONFIRMED]
    tell_customers(Kind.SHOW_CANCELLED, bookings)
    _publish(Event.SHOW_CANCELLED, {f"{show.pk}": {"show": show.pk, "reason": reason}})
    tell_partners(Event.BOOKING_CANCELLED, paid, reason=reason)


def tell_of_failed_payment(booking: Booking) -> None:
    """Once a booking, however many cards are tried."""
    if booking.status == Booking.Status.PENDING:
        tell_customers(Kind.PAYMENT_FAILED, [booking])


def tell_of_returned_payment(payment: Payment, booking: Booking) -> None:
    """Money came that the booking has no use for, and goes back."""
    refund = formatted(payment.amount, payment.currency)
    tell_customers(
        Kind.PAYMENT_RETURNED, [booking], about=payment.pk, refund=refund, status=booking.status
    )


def write_reminders() -> None:
    """Queue the reminders whose time has come, of bookings that were confirmed before it."""
    now = timezone.now()
    for kind, ahead in REMINDERS.items():
        # Too late for one is when the next would come, or the show begins.
        until = max((other for other in REMINDERS.values() if other < ahead), default=timedelta())
        shows = Show.objects.filter(
            status=Show.Status.SCHEDULED,
            start_time__gt=now + until,
            start_time__lte=now + ahead,
        )
        for show in shows:
            since = show.start_time.isoformat()
            bookings = _confirmed(show, before=show.start_time - ahead)
            known = Message.objects.filter(booking=OuterRef("pk"), kind=kind, facts__start=since)
            tell_customers(kind, bookings.exclude(Exists(known)), about=since, start=since)


def write_show_changes(*, since: datetime | None) -> None:
    """
    Queue messages for shows whose start or hall changed since then, for those who booked before.

    It reads the history of the shows, which whoever changes one writes: the API, the staff's
    pages and imports. Only the last change of several is told.
    """
    history = Show.history.model.objects
    changes = history.filter(
        history_type="~",
        status=Show.Status.SCHEDULED,
        history_date__gt=(since or timezone.now()) - OVERLAP,
        start_time__gt=timezone.now(),
    )
    for change in changes.order_by("history_id"):
        before = (
            history.filter(id=change.id, history_id__lt=change.history_id)
            .order_by("history_id")
            .last()
        )
        if before is None or _place(before) == _place(change):
            continue
        show = Show.objects.filter(pk=change.id).first()
        # It may have been deleted since, as nobody had booked it.
        if show is None or _place(show) != _place(change):
            continue
        bookings = _confirmed(show).filter(booked_at__lte=change.history_date)
        key = f"change {change.history_id}"
        known = Message.objects.filter(
            booking=OuterRef("pk"), kind=Kind.SHOW_CHANGED, facts__change=change.history_id
        )
        tell_customers(
            Kind.SHOW_CHANGED,
            bookings.exclude(Exists(known)),
            about=key,
            change=change.history_id,
            old_start=before.start_time.isoformat(),
        )


def _place(show: Any) -> tuple[datetime, int]:
    return show.start_time, show.screen_id


def _confirmed(show: Show, *, before: datetime | None = None) -> QuerySet[Booking]:
    bookings = Booking.objects.filter(show=show, status=Booking.Status.CONFIRMED)
    if before is not None:
        confirmed = BookingTransition.objects.filter(
            booking=OuterRef("pk"), to_status=Booking.Status.CONFIRMED, at__lte=before
        )
        bookings = bookings.filter(Exists(confirmed))
    return bookings.select_related("user")


# ---- Partners


def tell_partners(event: Event, bookings: Sequence[Booking], **data: Any) -> None:
    """Queue an event about each of these bookings for every partner who wants to hear of it."""
    subscriptions = _subscriptions(event)
    if not subscriptions or not bookings:
        return
    seats: dict[int, list[int]] = {}
    lines = BookedSeat.objects.filter(booking__in=[booking.pk for booking in bookings])
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


def tell_of_admissions(scans: Sequence[TicketScan]) -> None:
    """Somebody came in with each of these tickets."""
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
        _publish(Event.TICKET_CHECKED_IN, data)


def _publish(event: Event, data: dict[str, dict[str, Any]]) -> None:
    """Queue an event for what each key names."""
    _write_deliveries(event, data, _subscriptions(event))


def _subscriptions(event: Event) -> list[WebhookSubscription]:
    # There are a few of them at the most, and not every database can look into a list.
    active = WebhookSubscription.objects.filter(is_active=True)
    return [subscription for subscription in active if event in subscription.events]


def _write_deliveries(
    event: Event, data: dict[str, dict[str, Any]], subscriptions: Sequence[WebhookSubscription]
) -> None:
    now = timezone.now()
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(
                subscription=subscription,
                event=event,
                body=json.dumps({"type": event, "timestamp": now.isoformat(), "data": members}),
                dedupe_key=f"{event}:{key}:{subscription.pk}",
                due_at=now,
                give_up_at=now + WEBHOOKS_TRIED_FOR,
            )
            for subscription in subscriptions
            for key, members in data.items()
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )
