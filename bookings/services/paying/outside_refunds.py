"""
Refunds made at the provider itself, such as in its dashboard.

A refund of all that was paid cancels the booking and voids its tickets; a part keeps the booking.
The seats go back on sale if the show has not begun and nobody has come in with the tickets;
otherwise they are blocked. A refund that this system still owes is settled or reduced, so that a
later one sends only what is left. A refund that the provider may have stays as it is; so
`bookings.checkout` looks these up first. Staff get a line about each.
"""

from decimal import Decimal

from django.db.models.functions import Now

from bookings.models import Booking, Payment, Refund
from bookings.payments.states import RefundState
from bookings.services.ledger import note_cancellations, note_reduction
from bookings.services.outbox import queue_cancellation
from bookings.services.owing import left_of
from bookings.services.paying.strays import keep_line
from bookings.services.refunding import (
    UNKNOWN,
    apply_refund_state,
    carried_out,
    mark_succeeded,
)
from bookings.services.ticketing import void_tickets
from bookings.services.transitions import move
from eventbooking_system.errors import Busy
from shows.models import ShowSeat
from shows.services import stock

Status = Booking.Status
_TAKEN = (Payment.Status.SUCCEEDED, Payment.Status.REFUNDED)


def apply_refund(state: RefundState, payment: Payment, booking: Booking) -> str:
    """
    Apply the provider's report of a refund, and return the outcome.

    Raises Busy if it depends on a refund of ours that the provider may have. Expects the locks of
    `lock_payment`.
    """
    outcome = apply_refund_state(payment, state)
    if outcome != UNKNOWN or state.status != Refund.Status.SUCCEEDED:
        return outcome
    gone = sum(carried_out(payment).values_list("amount", flat=True), Decimal(0))
    if payment.status not in _TAKEN or state.amount > payment.amount - gone:
        return _keep_line_for_staff(state, payment, "more went back than was taken")
    return _book(state, payment, booking)


def _book(state: RefundState, payment: Payment, booking: Booking) -> str:
    rest = state.amount - _settle_waiting(state, payment)
    new = min(rest, payment.amount_left)
    instead = _reduce_owed(state, payment, rest - new)
    if new + instead:
        payment.amount_refunded += new
        payment.save(update_fields=["amount_refunded", "updated_at"])
        refund = Refund.objects.create(
            booking=booking,
            payment=payment,
            amount=new + instead,
            reason=Refund.OUTSIDE,
            provider_id=state.provider_id,
        )
        mark_succeeded(refund, payment)
    effect = _lower(booking, payment, new) if new else "an owed refund is settled"
    return _keep_line_for_staff(state, payment, f"{Refund.OUTSIDE}: {effect}")


def _settle_waiting(state: RefundState, payment: Payment) -> Decimal:
    """
    Settle owed refunds that the amount covers.

    A refund that is being sent is left alone. Return the sum of their amounts.
    """
    owed = Refund.objects.locked().annotate(clock=Now()).filter(payment=payment, asked_until=None)
    settled = Decimal(0)
    for refund in owed.filter(status__in=Refund.OWED):
        is_waiting = refund.next_try_at is not None and refund.next_try_at > refund.clock
        is_idle = is_waiting or refund.status == Refund.Status.FAILED
        if is_idle and refund.amount <= state.amount - settled:
            refund.provider_id = state.provider_id
            mark_succeeded(refund, payment)
            settled += refund.amount
    return settled


def _reduce_owed(state: RefundState, payment: Payment, amount: Decimal) -> Decimal:
    """
    Settle and reduce owed refunds by an amount that went back instead.

    Return the part that was taken off refunds which stay.
    """
    owed = Refund.objects.locked().filter(payment=payment, asked_until=None)
    reduced = Decimal(0)
    for refund in owed.filter(status__in=Refund.OWED):
        part = min(amount, refund.amount)
        amount -= part
        if part and part == refund.amount:
            refund.provider_id = state.provider_id
            mark_succeeded(refund, payment)
        elif part:
            # An earlier request of another amount may have had this key.
            refund.amount -= part
            refund.refusals += 1
            refund.save()
            reduced += part
    if amount:
        raise Busy("A refund of this payment is under way. Send the event again.")
    return reduced


def _lower(booking: Booking, payment: Payment, amount: Decimal) -> str:
    """Lower what the booking is worth; cancel it if nothing is left. Return the effect."""
    if booking.status != Status.CONFIRMED:
        note_cancellations([booking], {booking.pk: amount})
        return f"the booking is {booking.status}"
    if left_of([booking.pk])[booking.pk]:
        note_reduction(booking, amount)
        return "the booking is kept"
    note_cancellations([booking], {booking.pk: amount})
    void_tickets([booking], at=booking.clock)
    effect = _release_or_block(booking)
    move(booking, Status.CANCELLED, at=booking.clock, by=None, reason=Refund.OUTSIDE)
    queue_cancellation(booking, given_back=amount)
    return effect


def _release_or_block(booking: Booking) -> str:
    came_in = booking.tickets.exclude(checked_in_at=None).exists()
    if booking.clock < booking.show.start_time and not came_in:
        stock.release(show_id=booking.show_id, booking_id=booking.pk)
        return "the booking is cancelled"
    seats = ShowSeat.objects.filter(booking=booking)
    stock.block(
        seats,
        show_id=booking.show_id,
        count=seats.count(),
        reason=Refund.OUTSIDE,
        cancelled=[booking.pk],
    )
    return "the booking is cancelled, its seats are blocked"


def _keep_line_for_staff(state: RefundState, payment: Payment, reason: str) -> str:
    # The sandbox gives its refunds no ids.
    return keep_line(
        provider=payment.provider,
        provider_id=state.provider_id or payment.provider_id,
        payment=payment,
        status="refunded",
        amount=state.amount,
        currency=payment.currency,
        reason=reason,
    )
