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
from bookings.services.outbox.customers import new_messages, tell_customers, tell_staff
from bookings.services.outbox.partners import publish, tell_of_refund, tell_partners
from eventbooking_system.money import formatted
from shows.models import Show

# A refund that took longer than this is told to the customer once more.
PROMPT = timedelta(hours=1)
Kind = Message.Kind
Event = WebhookSubscription.Event


def tell_of_confirmation(booking: Booking) -> None:
    """Queue the news that a booking is confirmed."""
    tell_customers(Kind.CONFIRMED, [booking])
    tell_partners(Event.BOOKING_CONFIRMED, [booking])


def new_confirmation(booking: Booking, *, now: datetime) -> list[Message]:
    """Make the unsaved messages of a confirmation that concerns no partner."""
    return new_messages(Kind.CONFIRMED, booking, facts={}, now=now)


def tell_of_reservation(booking: Booking) -> None:
    """Staff reserved seats, and the customer is to pay for them later."""
    tell_customers(Kind.RESERVED, [booking])


def tell_of_cancellation(booking: Booking, *, given_back: Decimal) -> None:
    """
    Queue the news that a confirmed booking was cancelled.

    Partners do not get the reason, because it may name people.
    """
    tell_customers(Kind.CANCELLED, [booking], refund=formatted(given_back, booking.currency))
    tell_partners(Event.BOOKING_CANCELLED, [booking])


def tell_of_part_cancellation(
    booking: Booking, *, lines: Sequence[BookedSeat], given_back: Decimal
) -> None:
    """Queue the news that some tickets of a booking were cancelled. The others stay valid."""
    tell_customers(
        Kind.PART_CANCELLED,
        [booking],
        about=lines[0].pk,
        refund=formatted(given_back, booking.currency),
        cancelled_seats=[str(line.show_seat.seat) for line in lines],
    )


def tell_of_exchange(
    older: Booking, newer: Booking, *, lines: Sequence[BookedSeat], given_back: Decimal
) -> None:
    """Queue the news that tickets were exchanged for another booking."""
    tell_customers(
        Kind.EXCHANGED,
        [newer],
        refund=formatted(given_back, newer.currency),
        exchanged_from=older.reference,
        cancelled_seats=[str(line.show_seat.seat) for line in lines],
    )
    tell_partners(Event.BOOKING_CONFIRMED, [newer])
    tell_partners(
        Event.BOOKING_EXCHANGED,
        [newer],
        exchanged_from=older.pk,
        exchanged_seat_ids=[line.show_seat.seat_id for line in lines],
    )


def tell_of_cancelled_show(show: Show) -> None:
    """Queue the news of a cancelled show for partners, without reason."""
    publish(Event.SHOW_CANCELLED, {f"{show.pk}": {"show": show.pk}})


def tell_of_cancelled_bookings(
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
    tell_customers(Kind.SHOW_CANCELLED, bookings, facts_of=refunds)
    tell_partners(Event.BOOKING_CANCELLED, paid)


def tell_of_other_seats(
    bookings: Sequence[Booking], tickets: Sequence[Ticket], *, refund: Decimal = Decimal(0)
) -> None:
    """Queue the news that staff gave tickets of bookings other seats."""
    about = ":".join(f"{ticket.pk}.{ticket.version}" for ticket in tickets)
    facts = {booking.pk: {"refund": formatted(refund, booking.currency)} for booking in bookings}
    tell_customers(Kind.RESEATED, bookings, about=about, facts_of=facts)


def tell_of_failed_payment(booking: Booking) -> None:
    """Queue the news of a failed payment, once for each booking."""
    if booking.status == Booking.Status.PENDING:
        tell_customers(Kind.PAYMENT_FAILED, [booking])


def tell_of_returned_payment(
    payment: Payment, booking: Booking, *, is_exchange_over: bool = False
) -> None:
    """Queue the news that an unusable payment is sent back."""
    refund = formatted(payment.amount, payment.currency)
    status = "exchange_over" if is_exchange_over else booking.status
    tell_customers(Kind.PAYMENT_RETURNED, [booking], about=payment.pk, refund=refund, status=status)


def tell_of_expiry(bookings: Sequence[Booking], *, by_mail: bool = True) -> None:
    """
    Queue the news that bookings were not paid in time.

    Customers saw the end of their hold on the page. A mail goes to customers for whom staff had
    reserved the seats.
    """
    reserved = [each for each in bookings if each.sales_channel == Booking.Channel.BOX_OFFICE]
    tell_customers(Kind.EXPIRED, reserved if by_mail else [])
    tell_partners(Event.BOOKING_EXPIRED, bookings)


def tell_of_sent_refund(refund: Refund, payment: Payment) -> None:
    """
    Queue the news that a refund was carried out.

    The customer read of it when it was queued, and gets a mail only if it took long.
    """
    sent = f"{refund.pk}:{refund.refusals}"
    booking = refund.booking
    if timezone.now() - refund.created_at > PROMPT:
        amount = formatted(refund.amount, payment.currency)
        tell_customers(Kind.REFUNDED, [booking], about=sent, refund=amount)
    tell_of_refund(refund, payment, key=sent)


def tell_staff_of_dispute(dispute: Dispute, payment: Payment) -> None:
    """Queue a dispute's state for staff, except while it is under review."""
    if dispute.state != Dispute.State.UNDER_REVIEW:
        about = f"{dispute.pk}:{dispute.state}"
        facts = {"dispute": dispute.pk, "state": dispute.state}
        tell_staff(Kind.DISPUTE, payment.booking_id, about=about, facts=facts)
