"""
Payments and refunds at a counter, as steps of a sale's transaction.

They open no transaction: each expects the locks of the booking's seats and of the booking.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext

from bookings.models import Booking, Payment, Refund
from bookings.refund_shares import HUNDRED, Division, divide
from bookings.services.ledger import note_capture
from bookings.services.outbox import queue_cancellation
from bookings.services.owing import give_back
from bookings.services.refunding import mark_succeeded
from bookings.services.returning import active_lines, chosen_lines
from bookings.services.ticketing import void_tickets
from bookings.services.transitions import confirm, move
from eventbooking_system.errors import InvalidField
from shows.services import stock
from users.models import User

_CARD_TERMINAL = "card_terminal"


def take_payment(
    booking: Booking, *, provider: str, reference: str, by: User, at: datetime, attempt: int = 1
) -> Payment:
    """
    Record that a booking was paid at the counter, and confirm it.

    `provider` is one of `Payment.COUNTER`. The receipt of a card terminal counts once: raises
    InvalidField for one that was entered for another booking.
    """
    check_receipt(provider=provider, receipt=reference)
    payment = Payment.objects.create(
        booking_id=booking.pk,
        attempt=attempt,
        provider=provider,
        provider_id=reference if provider == _CARD_TERMINAL else "",
        payment_method=reference,
        status=Payment.Status.SUCCEEDED,
        amount=booking.price_to_pay,
        currency=booking.currency,
    )
    note_capture(payment)
    confirm(booking, at=at, by=by, reason=f"paid at the counter, {provider}")
    return payment


def confirm_unpaid(booking: Booking, *, by: User, at: datetime) -> None:
    """Confirm a booking of no cost that staff made."""
    reason = booking.complimentary_reason or "free of charge"
    confirm(booking, at=at, by=by, reason=reason)


def hand_over_refunds(booking: Booking) -> list[Refund]:
    """
    Mark refunds that wait at the counter as given back.

    Return them. Refunds of online payments are left to their provider.
    """
    waiting = Refund.objects.locked().filter(
        booking=booking, status=Refund.Status.PENDING, payment__provider__in=Payment.COUNTER
    )
    refunds = list(waiting.select_related("payment"))
    for refund in refunds:
        mark_succeeded(refund, refund.payment)
    return refunds


def cancel_and_give_back(booking: Booking, *, by: User, reason: str) -> None:
    """
    Cancel a confirmed booking at the counter, and refund its payments.

    The rest of the money goes back, and the seats are on sale again. Expects the locks of
    `lock_booking`.
    """
    given_back = give_back([booking], reason=reason)
    void_tickets([booking], at=booking.clock)
    stock.release(show_id=booking.show_id, booking_id=booking.pk)
    move(booking, Booking.Status.CANCELLED, at=booking.clock, by=by, reason=reason)
    queue_cancellation(booking, given_back=given_back[booking.pk])


def divide_in_full(booking: Booking, ticket_ids: Sequence[int]) -> Division:
    """
    Return what was paid for these tickets.

    The counter refunds it in full, even if the rules refund less. Raises InvalidField for tickets
    of other bookings. Expects the locks of `lock_booking`.
    """
    active = active_lines(booking)
    chosen = chosen_lines(active, ticket_ids)
    return divide(booking, active, chosen, percent=HUNDRED, with_fees=True)


def check_receipt(*, provider: str, receipt: str) -> None:
    """Raise InvalidField if a payment has this receipt of a card terminal."""
    if provider != _CARD_TERMINAL or not receipt:
        return
    known = Payment.objects.filter(provider=provider, provider_id=receipt).select_related("booking")
    if payment := known.first():
        raise InvalidField(
            "tender.reference",
            gettext("This receipt was entered before, for booking %(reference)s.")
            % {"reference": payment.booking.reference},
            "unique",
        )
