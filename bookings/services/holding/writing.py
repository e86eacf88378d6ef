"""
The statement that writes a hold with all of its rows.

These are the booking, its lines, its seats and the idempotency key. On PostgreSQL it is sent with
the COMMIT. SQLite writes the same rows through the ORM.
"""

import secrets
from functools import cache

import orjson
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from bookings.idempotency.requests import IdempotentRequest, KeyTaken
from bookings.models import BookedSeat, Booking, IdempotencyKey
from eventbooking_system.db.prepared import Statement
from shows.errors import SeatsContended
from shows.services import stock
from shows.stock_version import invalidate_stock

# A letter for each value of a byte, without 0, 1, I and O, which people mix up.
_LETTERS = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ" * 8

# If fewer seats are held than wanted, the booking is not inserted. Its lines then violate their
# foreign key, so that the COMMIT fails.
_WRITE = """
WITH held AS (
    {hold} RETURNING 1
),
booking AS (
    INSERT INTO {booking} ({columns})
    SELECT {values} FROM (SELECT count(*) AS seats FROM held) AS counted
    WHERE seats = cardinality(%(seats)s::bigint[])
),
line AS (
    INSERT INTO {line} (booking_id, show_seat_id, ticket_type, price, discount, replaces_id)
    SELECT %(id)s::bigint, line.*
    FROM unnest(
        %(seats)s::bigint[], %(ticket_types)s::text[], %(prices)s::numeric[],
        %(discounts)s::numeric[], %(replaced)s::bigint[]
    ) AS line
)
INSERT INTO {key} (user_id, path, key, fingerprint, status, body, created_at, booking_id)
SELECT %(key_user_id)s, %(path)s, %(key)s::text, %(fingerprint)s, 201, %(body)s, %(booked_at)s,
    %(kept_booking_id)s::bigint
WHERE %(key)s::text IS NOT NULL
"""


def new_reference() -> str:
    """
    Return a random reference of 40 bits.

    A unique constraint refuses a repeated one.
    """
    code = secrets.token_bytes(8).translate(_LETTERS).decode()
    return f"{code[:4]}-{code[4:]}"


def write(booking: Booking, request: IdempotentRequest, *, is_last: bool) -> None:
    """
    Write a booking with its lines, seats and key.

    If this is the last step of the transaction, COMMIT is sent with it. Expects the seats' locks.
    Raises KeyTaken, and SeatsContended for a reference that exists.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        if connection.vendor == "postgresql":
            _write_at_once(connection, booking, request, is_last=is_last)
        else:
            _write_by_orm(booking, request)
    except IntegrityError as error:
        if IdempotencyKey._meta.db_table in str(error):
            raise KeyTaken from error
        if "reference" in str(error):
            raise SeatsContended from error
        raise


def _keeps_body(booking: Booking) -> bool:
    """
    Tell whether the answer is stored as text.

    The answer to a pending booking without a promo code never changes, so it can be made again.
    """
    return not booking.price_to_pay or booking.promo_code_id is not None


def _write_by_orm(booking: Booking, request: IdempotentRequest) -> None:
    booking.save(force_insert=True)
    for line in booking.lines:
        line.booking = booking
    BookedSeat.objects.bulk_create(booking.lines)
    stock.hold(
        show_id=booking.show_id,
        seats=[line.show_seat_id for line in booking.lines],
        booking_id=booking.pk,
        held_until=booking.expires_at,
    )
    # Rendered after the insert, which sets the id.
    request.set_response(booking)
    user_id, path, key, fingerprint = request.row
    if key is not None:
        keeps_body = _keeps_body(booking)
        IdempotencyKey.objects.create(
            user_id=user_id,
            path=path,
            key=key,
            fingerprint=fingerprint,
            status=201,
            body=request.answer.body if keeps_body else "",
            booking_id=None if keeps_body else booking.pk,
            created_at=booking.booked_at,
        )


def _write_at_once(
    connection: BaseDatabaseWrapper, booking: Booking, request: IdempotentRequest, *, is_last: bool
) -> None:
    request.set_response(booking)
    key_user_id, path, key, fingerprint = request.row
    keeps_body, lines = _keeps_body(booking), booking.lines
    values = {
        **vars(booking),
        "booking_id": booking.pk,
        "held_until": booking.expires_at,
        "seats": [line.show_seat_id for line in lines],
        "ticket_types": [line.ticket_type for line in lines],
        "prices": [line.price for line in lines],
        "discounts": [line.discount for line in lines],
        "replaced": [line.replaces_id for line in lines],
        "key_user_id": key_user_id,
        "refund_rules": orjson.dumps(booking.refund_rules).decode(),
        "path": path,
        "key": key,
        "fingerprint": fingerprint,
        "body": request.answer.body if keeps_body else "",
        "kept_booking_id": None if keeps_body else booking.pk,
    }
    sql = _statement().on(connection)
    if is_last:
        connection.commit_with(sql, values)
    else:
        connection.rows(sql, values)
    invalidate_stock(booking.show_id)


@cache
def _statement() -> Statement:
    fields = Booking._meta.concrete_fields
    return Statement(
        _WRITE.format(
            hold=stock.hold_sql(),
            booking=Booking._meta.db_table,
            columns=", ".join(field.column for field in fields),
            values=", ".join(f"%({field.attname})s" for field in fields),
            line=BookedSeat._meta.db_table,
            key=IdempotencyKey._meta.db_table,
        )
    )
