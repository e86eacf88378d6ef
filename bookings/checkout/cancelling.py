"""Cancellation, exchange and expiry, followed by their network calls."""

import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bookings import services
from bookings.checkout import payments, refunds
from bookings.idempotency.requests import IdempotentRequest
from bookings.models import Booking
from eventbooking_system.db.contention import left_to_jobs
from users.models import User

PATIENCE = 10
"""Seconds for which a request waits for a show's refunds."""


def cancel(
    *,
    booking_id: int,
    cancelled_by: User,
    ticket_ids: Sequence[int] | None = None,
    reason: str = "",
    in_full: bool = False,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Cancel a booking or some of its tickets.

    Its open payment and a pending exchange of its tickets are ended, and its refunds are sent. Raises
    InvalidTransition, AlreadyCheckedIn and InvalidField.
    """
    booking = services.cancel_booking(
        booking_id=booking_id,
        cancelled_by=cancelled_by,
        ticket_ids=ticket_ids,
        reason=reason,
        in_full=in_full,
        request=request,
    )
    with left_to_jobs():
        payments.end_open_payments(booking=booking_id)
        refunds.send_refunds(booking=booking_id)
        end_impossible_exchanges(exchanged_from=booking_id)
    return booking


def cancel_show(*, show_id: int, cancelled_by: User, reason: str = "") -> services.ShowCancellation:
    """
    Cancel a show with its bookings, and send their refunds.

    Refunds that are not sent within PATIENCE are left to the periodic jobs.
    """
    cancellation = services.cancel_show(show_id=show_id, cancelled_by=cancelled_by, reason=reason)
    until = time.monotonic() + PATIENCE
    with left_to_jobs():
        payments.end_open_payments(booking__show=show_id, until=until)
        refunds.send_refunds(booking__show=show_id, until=until)
        end_impossible_exchanges(exchanged_from__show=show_id)
    return cancellation


def finish_show_cancellations() -> None:
    """Continue cancellations of shows that were cut off. A job sends their refunds."""
    for show_id in services.unfinished_show_cancellations():
        services.finish_show_cancellation(show_id=show_id, cancelled_by=None)
        payments.end_open_payments(booking__show=show_id)


def preview_show_cancellation(*, show_id: int, **_: Any) -> services.ShowCancellation:
    """Count what `cancel_show` would do, without changing anything."""
    return services.preview_cancellation(show_id=show_id)


def exchange(
    *,
    caller: services.Caller,
    exchange: services.Exchange,
    wanted: services.SeatRequest,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Hold the seats of an exchange, and send back any rest.

    Raises as `services.hold` does.
    """
    booking = services.hold(caller=caller, wanted=wanted, request=request, exchange=exchange)
    if not booking.price_to_pay:
        with left_to_jobs():
            refunds.send_refunds(booking=exchange.booking_id)
    return booking


def end_impossible_exchanges(**which: object) -> None:
    """
    End pending exchanges that can no longer be completed, and their payments.

    A check-in locks tickets only, so it cannot release the seats of the exchange itself.
    """
    for booking_id in services.impossible_exchanges(**which):
        with left_to_jobs():
            services.end_exchange(booking_id=booking_id)
            payments.end_open_payments(booking=booking_id)


def refund_amount(*, booking_id: int, amount: Decimal, reason: str, by: User) -> None:
    """Refund an amount of a booking for staff. Raises InvalidTransition and InvalidField."""
    services.refund_amount(booking_id=booking_id, amount=amount, reason=reason, by=by)
    with left_to_jobs():
        refunds.send_refunds(booking=booking_id)


def expire() -> int:
    """
    Expire bookings that were not paid in time.

    Return their number. First the provider is asked about payments whose answer was lost, and to
    end open payments. A payment that went through confirms its booking. Exchanges that can no longer
    be completed end as well.
    """
    payments.record_reports()
    end_impossible_exchanges()
    payments.find_lost_payments(booking__in=Booking.objects.past_expiry())
    payments.end_open_payments(booking__in=Booking.objects.past_expiry())
    return services.expire_bookings()
