"""The messages and events for each change of a booking."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from bookings.models import (
    BookedSeat,
    Booking,
    Dispute,
    Message,
    Payment,
    Refund,
    Ticket,
    WebhookSubscription,
)
from bookings.services.outbox.customers import new_messages, queue_for_customers, queue_for_staff
from bookings.services.outbox.partners import publish, queue_for_partners, queue_refund
from eventbooking_system.money import formatted
from shows.models import Show

# A refund that took longer than this is told to the customer once more.
PROMPT = timedelta(hours=1)
Kind = Message.Kind
Event = WebhookSubscription.Event


def queue_confirmation(booking: Booking) -> None:
    """Queue the news that a booking is confirmed."""
    queue_for_customers(Kind.CONFIRMED, [booking])
    queue_for_partners(Event.BOOKING_CONFIRMED, [booking])


def new_confirmation(booking: Booking, *, now: datetime) -> list[Message]:
    """Make the unsaved messages of a confirmation that concerns no partner."""
    return new_messages(Kind.CONFIRMED, booking, facts={}, now=now)


def queue_staff_hold(booking: Booking) -> None:
    """Queue the news that staff hold seats until they are paid."""
    queue_for_customers(Kind.RESERVED, [booking])


def queue_cancellation(booking: Booking, *, given_back: Decimal) -> None:
    """
    Queue the news that a confirmed booking was cancelled.

    Partners do not get the reason, because it may name people.
    """
    queue_for_customers(Kind.CANCELLED, [booking], refund=formatted(given_back, booking.currency))
    queue_for_partners(Event.BOOKING_CANCELLED, [booking])


def queue_part_cancellation(
    booking: Booking, *, lines: Sequence[BookedSeat], given_back: Decimal
) -> None:
    """Queue the news that some tickets of a booking were cancelled. The others stay valid."""
    queue_for_customers(
        Kind.PART_CANCELLED,
        [booking],
        about=lines[0].pk,
        refund=formatted(given_back, booking.currency),
        cancelled_seats=[str(line.show_seat.seat) for line in lines],
    )


def queue_exchange(
    older: Booking, newer: Booking, *, lines: Sequence[BookedSeat], given_back: Decimal
) -> None:
    """Queue the news that tickets were exchanged for another booking."""
    queue_for_customers(
        Kind.EXCHANGED,
        [newer],
        refund=formatted(given_back, newer.currency),
        exchanged_from=older.reference,
        cancelled_seats=[str(line.show_seat.seat) for line in lines],
    )
    queue_for_partners(Event.BOOKING_CONFIRMED, [newer])
    queue_for_partners(
        Event.BOOKING_EXCHANGED,
        [newer],
        exchanged_from=older.pk,
        exchanged_seat_ids=[line.show_seat.seat_id for line in lines],
    )


def queue_cancelled_show(show: Show) -> None:
    """Queue the news of a cancelled show for partners, without reason."""
    publish(Event.SHOW_CANCELLED, {f"{show.pk}": {"show": show.pk}})


def queue_cancelled_bookings(
    bookings: Sequence[Booking], *, given_back: Mapping[int, Decimal]
) -> None:
    """
    Queue the news that bookings were cancelled with their show.

    Each booking must still have the status that it had before.
    """
    paid = [booking for booking in bookings if booking.status == Booking.Status.CONFIRMED]
    refunds = {
        booking.pk: {"refund": formatted(given_back.get(booking.pk, Decimal(0)), booking.currency)}
        for booking in bookings
    }
    queue_for_customers(Kind.SHOW_CANCELLED, bookings, facts_of=refunds)
    queue_for_partners(Event.BOOKING_CANCELLED, paid)


def queue_other_seats(
    bookings: Sequence[Booking], tickets: Sequence[Ticket], *, refund: Decimal = Decimal(0)
) -> None:
    """Queue the news that staff gave tickets of bookings other seats."""
    about = ":".join(f"{ticket.pk}.{ticket.version}" for ticket in tickets)
    facts = {booking.pk: {"refund": formatted(refund, booking.currency)} for booking in bookings}
    queue_for_customers(Kind.RESEATED, bookings, about=about, facts_of=facts)


def queue_failed_payment(booking: Booking) -> None:
    """Queue the news of a failed payment, once for each booking."""
    if booking.status == Booking.Status.PENDING:
        queue_for_customers(Kind.PAYMENT_FAILED, [booking])


def queue_returned_payment(
    payment: Payment, booking: Booking, *, is_exchange_over: bool = False
) -> None:
    """Queue the news that an unusable payment is sent back."""
    refund = formatted(payment.amount, payment.currency)
    status = "exchange_over" if is_exchange_over else booking.status
    queue_for_customers(
        Kind.PAYMENT_RETURNED, [booking], about=payment.pk, refund=refund, status=status
    )


def queue_expiry(bookings: Sequence[Booking], *, by_mail: bool = True) -> None:
    """
    Queue the news that bookings were not paid in time.

    Customers saw the end of their hold on the page. A mail goes to customers for whom staff held
    the seats.
    """
    held = [each for each in bookings if each.sales_channel == Booking.Channel.BOX_OFFICE]
    queue_for_customers(Kind.EXPIRED, held if by_mail else [])
    queue_for_partners(Event.BOOKING_EXPIRED, bookings)


def queue_sent_refund(refund: Refund, payment: Payment) -> None:
    """
    Queue the news that a refund was carried out.

    The customer read of it when it was queued, and gets a mail only if it took long.
    """
    sent = f"{refund.pk}:{refund.refusals}"
    booking = refund.booking
    if timezone.now() - refund.created_at > PROMPT:
        amount = formatted(refund.amount, payment.currency)
        queue_for_customers(Kind.REFUNDED, [booking], about=sent, refund=amount)
    queue_refund(refund, payment, key=sent)


def queue_dispute_for_staff(dispute: Dispute, payment: Payment) -> None:
    """Queue a dispute's state for staff, except while it is under review."""
    if dispute.state != Dispute.State.UNDER_REVIEW:
        about = f"{dispute.pk}:{dispute.state}"
        facts = {"dispute": dispute.pk, "state": dispute.state}
        queue_for_staff(Kind.DISPUTE, payment.booking_id, about=about, facts=facts)
