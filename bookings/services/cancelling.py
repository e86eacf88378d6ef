"""Cancelling a booking."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext

from audit.recording import record
from bookings.errors import InvalidTransition
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import Booking
from bookings.pricing import refundable
from bookings.services.outbox import tell_of_cancellation
from bookings.services.ticketing import void_tickets
from bookings.services.transitions import give_back, lock_booking, move
from shows.models import Show
from shows.services import stock
from users.models import User

Status = Booking.Status


@transaction.atomic(durable=True)
def cancel_booking(
    *,
    booking_id: int,
    cancelled_by: User,
    reason: str = "",
    in_full: bool = False,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Cancel a booking, release its seats and refund it by the show's policy.

    Refunds are only queued; `bookings.checkout` sends them after the commit. Earlier refunds count
    towards the policy's amount. With `in_full`, staff refund all that is left, even past the cutoff
    or after a check-in; so does a cancelled show. Raises InvalidTransition.
    """
    request = request or without_key()
    request.claim()
    booking, _ = lock_booking(booking_id)
    status_before = booking.status
    in_full = in_full or booking.show.status == Show.Status.CANCELLED
    _check_can_cancel(booking, in_full=in_full)
    if booking.status == Status.CONFIRMED:
        by_policy = None if in_full else refundable(show=booking.show, total=booking.total)
        given_back = give_back([booking], in_all=by_policy, reason="booking cancelled")
        void_tickets([booking], at=booking.clock)
        _check_unused(booking, in_full=in_full)
        tell_of_cancellation(booking, given_back=given_back[booking.pk])
    stock.release(show_id=booking.show_id, booking_id=booking.pk)
    move(booking, Status.CANCELLED, at=booking.clock, by=cancelled_by, reason=reason)
    changes = {"status": [status_before, Status.CANCELLED], "in_full": in_full}
    record("bookings.cancel", booking, changes=changes)
    request.complete(booking)
    return booking


def _check_can_cancel(booking: Booking, *, in_full: bool) -> None:
    if booking.status == Status.PENDING and booking.expires_at <= booking.clock:
        raise InvalidTransition(gettext("The booking has expired."), booking_status=Status.EXPIRED)
    if booking.status not in (Status.PENDING, Status.CONFIRMED):
        raise InvalidTransition(
            gettext("The booking is %(status)s already.") % {"status": booking.status},
            booking_status=booking.status,
        )
    hours = booking.show.refund_cutoff_hours
    cutoff = booking.show.start_time - timedelta(hours=hours)
    if booking.status == Status.CONFIRMED and booking.clock > cutoff and not in_full:
        raise InvalidTransition(
            gettext("Bookings can be cancelled until %(hours)d hours before the start.")
            % {"hours": hours},
            booking_status=booking.status,
        )


def _check_unused(booking: Booking, *, in_full: bool) -> None:
    """
    Refuse a booking with a ticket that has been checked in. Raises InvalidTransition.

    Expects that this transaction has updated the tickets, so that no check-in can follow.
    """
    if not in_full and booking.tickets.exclude(checked_in_at=None).exists():
        raise InvalidTransition(
            gettext("Somebody came in with a ticket of this booking."),
            booking_status=booking.status,
        )
