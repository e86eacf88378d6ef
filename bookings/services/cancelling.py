"""Cancelling a booking, or some of its tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext

from audit.recording import record
from bookings.errors import InvalidTransition
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import BookedSeat, Booking, Ticket
from bookings.refund_shares import HUNDRED, Division, divide
from bookings.selectors import give_back_deadline
from bookings.services.outbox import queue_cancellation, queue_part_cancellation
from bookings.services.owing import give_back, left_of, refund_part
from bookings.services.returning import active_lines, amount_of_lines, chosen_lines, end_lines
from bookings.services.ticketing import refuse_transferred, void_tickets
from bookings.services.transitions import lock_booking, move, read_booking
from eventbooking_system.errors import InvalidField
from shows.models import Show
from shows.services import stock
from users.models import User
from venues.refund_rules import percent_at

Status = Booking.Status


@dataclass(frozen=True)
class Cancellation:
    """
    The effects of cancelling a booking, or some of its tickets.

    `refund` is what comes back in all. It is less than the lines and fees say if an earlier refund
    of the booking counts towards it.
    """

    booking: Booking
    percent: Decimal
    lines: list[tuple[BookedSeat, Decimal, Decimal]]
    fees: Decimal
    discount_kept: Decimal
    refund: Decimal

    @property
    def currency(self) -> str:
        return self.booking.currency

    @property
    def give_back_until(self) -> datetime | None:
        """The end of the full refund after a move, or None."""
        return give_back_deadline(self.booking) if _is_moved(self.booking) else None


@transaction.atomic(durable=True)
def cancel_booking(
    *,
    booking_id: int,
    cancelled_by: User,
    ticket_ids: Sequence[int] | None = None,
    reason: str = "",
    in_full: bool = False,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Cancel a booking or some of its tickets, by the booking's rules.

    The seats go back on sale. Refunds are only queued; `bookings.checkout` sends them after the
    commit. With `in_full`, staff refund all that was paid, even after the last rule or a check-in;
    so does a cancelled show. Raises InvalidTransition, AlreadyCheckedIn, and InvalidField for
    tickets that the booking has not.
    """
    request = request or without_key()
    request.claim()
    booking, _ = lock_booking(booking_id)
    status_before = booking.status
    in_full = in_full or booking.show.status == Show.Status.CANCELLED
    division = _divided(booking, ticket_ids, in_full=in_full)
    if division is None or division.is_all:
        _cancel_whole(booking, division, by=cancelled_by, reason=reason, in_full=in_full)
    else:
        cancel_part(booking, division, reason="tickets cancelled")
    if not in_full:
        voided = Ticket.objects.filter(booking=booking, voided_at=booking.clock)
        refuse_transferred(booking, voided, by=cancelled_by)
    changes = {"status": [status_before, booking.status], "in_full": in_full}
    if ticket_ids is not None:
        changes["tickets"] = sorted(ticket_ids)
    record("bookings.cancel", booking, changes=changes)
    request.complete(booking)
    return booking


def preview_booking_cancellation(
    *,
    booking_id: int,
    cancelled_by: User,
    ticket_ids: Sequence[int] | None = None,
    in_full: bool = False,
) -> Cancellation:
    """
    Return what `cancel_booking` would give back now; nothing is changed.

    Raises the same errors.
    """
    booking = read_booking(booking_id)
    in_full = in_full or booking.show.status == Show.Status.CANCELLED
    division = _divided(booking, ticket_ids, in_full=in_full)
    if division is None:
        lines = [(line, Decimal(0), Decimal(0)) for line in active_lines(booking)]
        return Cancellation(booking, Decimal(0), lines, *[Decimal(0)] * 3)
    _check_unused(booking, division, in_full=in_full)
    if not in_full:
        chosen = Ticket.objects.filter(booked_seat__in=[share.line for share in division.lines])
        refuse_transferred(booking, chosen, by=cancelled_by)
    return Cancellation(
        booking=booking,
        percent=division.percent,
        lines=[(share.line, share.paid, share.refund) for share in division.lines],
        fees=division.fees,
        discount_kept=division.discount_kept,
        refund=_due(booking, division, in_full=in_full),
    )


def cancel_part(booking: Booking, division: Division, *, reason: str) -> Decimal:
    """
    End some lines of a confirmed booking, and store their refund.

    Expects the locks of `lock_booking`. Raises AlreadyCheckedIn. Return the amount.
    """
    end_lines(booking, division, at=booking.clock)
    of_lines = {share.line: share.refund for share in division.lines if share.refund}
    given_back = refund_part(booking, division.refund, reason=reason, of_lines=of_lines)
    queue_part_cancellation(
        booking, lines=[share.line for share in division.lines], given_back=given_back
    )
    return given_back


def _divided(
    booking: Booking, ticket_ids: Sequence[int] | None, *, in_full: bool
) -> Division | None:
    """Return the refund's division, or None for an unpaid booking. Raises InvalidTransition."""
    _check_status(booking)
    if booking.status == Status.PENDING:
        if ticket_ids is not None:
            detail = gettext("Only confirmed bookings have tickets.")
            raise InvalidField("ticket_ids", detail, "does_not_exist")
        return None
    in_full = in_full or _is_moved(booking)
    percent = percent_now(booking, in_full=in_full)
    active = active_lines(booking)
    return divide(
        booking,
        active,
        chosen_lines(active, ticket_ids),
        percent=percent,
        with_fees=in_full or booking.fees_refundable,
    )


def percent_now(booking: Booking, *, in_full: bool) -> Decimal:
    """Return the percentage that the booking's rules give now. Raises InvalidTransition."""
    if in_full:
        return HUNDRED
    percent = percent_at(booking.rules, start=booking.show.start_time, now=booking.clock)
    if percent is not None:
        return percent
    if not booking.rules:
        detail = gettext("By the terms of the show there is no refund.")
        raise InvalidTransition(detail, booking_status=booking.status)
    raise InvalidTransition(
        gettext("Bookings can be cancelled until %(hours)s hours before the start.")
        % {"hours": booking.rules[-1]["hours"]},
        booking_status=booking.status,
    )


def _is_moved(booking: Booking) -> bool:
    """Tell whether the show has moved, and all money still comes back."""
    deadline = give_back_deadline(booking)
    return deadline is not None and booking.clock <= deadline


def _due(booking: Booking, division: Division, *, in_full: bool) -> Decimal:
    """
    Return what comes back for a division.

    With the last lines, earlier refunds that were not for lines count towards the amount.
    """
    left = left_of([booking.pk])[booking.pk]
    if division.is_all and (in_full or _is_moved(booking)):
        return left
    due = division.refund
    if division.is_all:
        went_back = booking.refunds.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
        due -= max(Decimal(0), went_back - amount_of_lines(booking))
    return max(Decimal(0), min(left, due))


def _cancel_whole(
    booking: Booking, division: Division | None, *, by: User, reason: str, in_full: bool
) -> None:
    if division:
        due = {booking.pk: _due(booking, division, in_full=in_full)}
        given_back = give_back([booking], at_most=due, reason="booking cancelled")
        void_tickets([booking], at=booking.clock)
        # The tickets were updated by this transaction, so no check-in can follow.
        _check_unused(booking, division, in_full=in_full)
        queue_cancellation(booking, given_back=given_back[booking.pk])
    stock.release(show_id=booking.show_id, booking_id=booking.pk)
    move(booking, Status.CANCELLED, at=booking.clock, by=by, reason=reason)


def _check_status(booking: Booking) -> None:
    if booking.status == Status.PENDING and booking.expires_at <= booking.clock:
        raise InvalidTransition(gettext("The booking has expired."), booking_status=Status.EXPIRED)
    if booking.status not in (Status.PENDING, Status.CONFIRMED):
        raise InvalidTransition(
            gettext("The booking is %(status)s already.") % {"status": booking.status},
            booking_status=booking.status,
        )


def _check_unused(booking: Booking, division: Division, *, in_full: bool) -> None:
    """Refuse lines with a ticket that has been checked in. Raises InvalidTransition."""
    lines = [share.line for share in division.lines]
    used = booking.tickets.filter(booked_seat__in=lines).exclude(checked_in_at=None)
    if not in_full and used.exists():
        raise InvalidTransition(
            gettext("Somebody came in with a ticket of this booking."),
            booking_status=booking.status,
        )
