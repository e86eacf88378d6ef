"""
The confirmation of a paid booking, in one statement.

Nearly all payments confirm a pending booking that still has its seats. On PostgreSQL their rows are
written at once; all other cases, and SQLite, go through the steps of `apply_status`. Both make the
rows by the same functions.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from bookings.idempotency.requests import IdempotentRequest
from bookings.models import (
    Booking,
    BookingTransition,
    IdempotencyKey,
    LedgerEntry,
    Message,
    Payment,
    Ticket,
)
from bookings.services.ledger import new_capture, new_sale
from bookings.services.outbox import new_confirmation
from bookings.services.paying.steps import is_to_come, paid_by
from bookings.services.ticketing import new_tickets
from bookings.services.transitions import confirm_sql
from eventbooking_system.db.compiled import Parameter, update_sql
from eventbooking_system.db.prepared import Statement
from eventbooking_system.db.rows import Rows
from shows.models import ShowSeat
from shows.services import stock

Status = Booking.Status

_TRANSITIONS = Rows("transition", BookingTransition)
_ENTRIES = Rows("entry", LedgerEntry)
_TICKETS = Rows("ticket", Ticket)
_MESSAGES = Rows("message", Message, skips_conflicts=True)

_WRITE = """
WITH booked AS ({book} RETURNING 1),
confirmed AS ({confirm} RETURNING 1),
paid AS ({pay} RETURNING 1),
transition AS ({transition}),
entry AS ({entry}),
ticket AS ({ticket}),
message AS ({message}),
answered AS (
    UPDATE {key} SET status = 201, body = %(body)s
    WHERE user_id = %(user_id)s AND path = %(path)s AND key = %(key)s
)
SELECT (SELECT count(*) FROM booked), (SELECT count(*) FROM confirmed), (SELECT count(*) FROM paid)
"""


def is_plain(payment: Payment, booking: Booking, seats: Sequence[ShowSeat]) -> bool:
    """Tell whether a succeeded payment only confirms its booking."""
    return (
        connections[DEFAULT_DB_ALIAS].vendor == "postgresql"
        and payment.status in Payment.OPEN
        and booking.status == Status.PENDING
        and booking.exchanged_from_id is None
        and not booking.has_partners
        and is_to_come(booking)
        and all(seat.booking_id == booking.pk for seat in seats)
    )


def confirm_at_once(
    payment: Payment, booking: Booking, seats: Sequence[ShowSeat], request: IdempotentRequest
) -> None:
    """Write a payment that succeeded and all that follows. Expects the locks of `lock_payment`."""
    payment.status, payment.failure = Payment.Status.SUCCEEDED, ""
    payment.updated_at = timezone.now()
    booking.status = booking.live_status = Status.CONFIRMED
    request.set_response(payment)
    user_id, path, key, _ = request.row
    transition = BookingTransition(
        booking=booking,
        from_status=Status.PENDING,
        to_status=Status.CONFIRMED,
        at=booking.clock,
        reason=paid_by(payment),
    )
    values = {
        **{name: getattr(payment, name) for name in _PAID},
        "booking_id": booking.pk,
        "payment_id": payment.pk,
        "user_id": user_id,
        "path": path,
        "key": key,
        "body": request.answer.body,
        **_TRANSITIONS.values([transition]),
        **_ENTRIES.values([new_capture(payment), *new_sale(booking)]),
        **_TICKETS.values(
            new_tickets(booking.pk, [seat.line_id for seat in seats], at=booking.clock)
        ),
        **_MESSAGES.values(new_confirmation(booking, now=booking.clock)),
    }
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        cursor.execute(_statement().on(connection), values)
        [(booked, confirmed, paid)] = cursor.fetchall()
    stock.check_booked(show_id=booking.show_id, written=booked, count=len(seats))
    if (confirmed, paid) != (1, 1):
        raise RuntimeError(f"Booking {booking.pk} changed under its lock.")


# The columns of a payment that the provider's answer sets.
_PAID: dict[str, type] = {
    "provider_id": str,
    "client_secret": str,
    "action_url": str,
    "updated_at": datetime,
}


@cache
def _statement() -> Statement:
    paid: dict[str, Any] = {name: Parameter(name, kind) for name, kind in _PAID.items()}
    paid |= {
        "status": Payment.Status.SUCCEEDED,
        "failure": "",
        "reported_status": "",
        "asked_until": None,
    }
    unpaid = Payment.objects.filter(pk=Parameter("payment_id", int), status__in=Payment.OPEN)
    return Statement(
        _WRITE.format(
            book=stock.book_sql(),
            confirm=confirm_sql(),
            pay=update_sql(unpaid, paid),
            transition=_TRANSITIONS.sql,
            entry=_ENTRIES.sql,
            ticket=_TICKETS.sql,
            message=_MESSAGES.sql,
            key=IdempotencyKey._meta.db_table,
        )
    )
