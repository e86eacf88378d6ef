"""
Free seats taken in one statement, on PostgreSQL.

Nearly every hold is of the plainest kind: named seats that are free, at their default ticket types,
without a promo code. For those the statement below does, in one round trip, what
`bookings.services.holding` does in six: it locks the seats in the order of their keys, checks what
there is to check, and writes the booking, its lines, the seats and the idempotency key, or nothing.

It decides nothing by itself. Wherever the answer might be no, or needs more thought, it takes
nothing, and `holding` says why, or does it. What is free, on sale and within limits is asked by the
querysets that `holding` asks, too; what it costs is `bookings.pricing` in SQL.
"""

import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from bookings.idempotency import KeyedRequest, KeyTaken
from bookings.models import Booking
from bookings.pricing import AMOUNTS_IN_SQL
from bookings.services.hoarding import with_recent_holds
from eventbooking_system.compiled import CompiledQuery, CompiledSQL
from eventbooking_system.prepared import Statement
from shows.models import Show, ShowSeat
from shows.querysets import ShowSeatQuerySet, on_sale
from shows.stock import stock_changed
from users.models import User

# Without 0, 1, I and O, which people mix up.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

# Rows that refer to a locked one can still be inserted; `LockingQuerySet.locked` does the same.
LOCK = "FOR NO KEY UPDATE OF shows_showseat"

_TAKE = """
WITH seat (
    id, seat_id, price, ticket_type, section, row, number, category,
    clock, pending, given_up,
    max_seats, currency, fee_per_ticket, fee_per_booking, tax_rate, tax_inclusive
) AS MATERIALIZED (
    {seats} {lock}
),
bill AS (
    {amounts}
),
booking AS (
    INSERT INTO bookings_booking (
        reference, user_id, show_id, status, booked_at, expires_at,
        currency, subtotal, discount, fees, tax, total
    )
    SELECT %s, %s::bigint, %s::bigint, 'pending', clock, clock + %s::int * interval '1 second',
        currency, subtotal, 0, fees, tax, total
    FROM bill
    WHERE seats = %s::int AND seats <= coalesce(max_seats, %s::int)
        AND pending < %s::int AND given_up < %s::int AND total > 0
    RETURNING id, booked_at, expires_at, currency, subtotal, fees, tax, total
),
line AS (
    INSERT INTO bookings_bookedseat (booking_id, show_seat_id, ticket_type, price)
    SELECT booking.id, seat.id, seat.ticket_type, seat.price FROM booking, seat ORDER BY seat.id
),
held AS (
    UPDATE shows_showseat
    SET status = 'held', booking_id = booking.id, held_until = booking.expires_at,
        block_reason = '', block_owner = '', released_at = NULL
    FROM booking, seat
    WHERE shows_showseat.id = seat.id
),
request AS (
    INSERT INTO bookings_idempotencykey (
        user_id, path, key, fingerprint, status, body, created_at, booking_id
    )
    SELECT sent.user_id, sent.path, sent.key, sent.fingerprint, 201, '', booking.booked_at, booking.id
    FROM booking,
        (SELECT %s::bigint, %s::text, %s::text, %s::text) AS sent (user_id, path, key, fingerprint)
    WHERE sent.key IS NOT NULL
)
SELECT booking.*, seat.seat_id, seat.price, seat.ticket_type,
    seat.section, seat.row, seat.number, seat.category
FROM booking, seat
ORDER BY seat.id
"""


def take_free_seats(
    *, customer: User, show_id: int, seat_ids: Sequence[int], request: KeyedRequest
) -> Booking | None:
    """
    Hold seats that nothing speaks against; None, and nothing done, where something might.

    Raises KeyTaken. The booking's `lines` have what its answer says of them.
    """
    if connection.vendor != "postgresql":
        return None
    statement, query = _statement(len(seat_ids))
    reference = new_reference()
    parameters = (
        *query.bind((show_id, list(seat_ids), customer.pk)),
        reference, customer.pk, show_id, settings.BOOKINGS_HOLD_SECONDS,
        len(seat_ids), settings.BOOKINGS_MAX_SEATS,
        settings.BOOKINGS_MAX_PENDING, settings.BOOKINGS_MAX_GIVEN_UP,
        *request.row,
    )  # fmt: skip
    try:
        with _transaction(), connection.cursor() as cursor:
            cursor.execute(statement.on(connection), parameters)
            rows = cursor.fetchall()
    except IntegrityError as error:
        if "bookings_idempotencykey_unique_key" in str(error):
            raise KeyTaken from error
        return None
    if not rows:
        return None
    stock_changed(show_id)
    return _booking(customer, show_id, reference, rows)


def _transaction() -> AbstractContextManager[None]:
    """A statement is a transaction of its own; inside of another one it is refused, but by tests."""
    return transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()


def new_reference() -> str:
    """40 bits that nobody guesses; that two are equal is refused by the database."""
    number = secrets.randbits(40)
    code = "".join(_LETTERS[number >> shift & 31] for shift in range(0, 40, 5))
    return f"{code[:4]}-{code[4:]}"


@CompiledQuery
def _free_seats(show_id: int, seat_ids: list[int], customer_id: int) -> ShowSeatQuerySet:
    """
    Those of the seats that are free, on sale and sold one by one, as the statement's `seat` has them.
    """
    seats = ShowSeat.objects.free().to_sell(show_id=show_id, seat_ids=seat_ids)
    return (
        with_recent_holds(seats, show_id, customer_id)
        .filter(
            on_sale("show__"),
            show__single_seat_rule=Show.SingleSeatRule.OFF,
            seat__area="",
            seat__couple="",
        )
        .order_by("pk")
        .values_list(
            "pk", "seat_id", "price", "ticket_type",
            "seat__section", "seat__row", "seat__number", "seat__category__name",
            "clock", "pending", "given_up",
            "show__max_seats_per_booking", "show__currency", "show__fee_per_ticket",
            "show__fee_per_booking", "show__tax_rate", "show__tax_inclusive",
        )
    )  # fmt: skip


@cache
def _statement(count: int) -> tuple[Statement, CompiledSQL]:
    """For so many seats."""
    query = _free_seats.sql(0, [0] * count, 0)
    return Statement(_TAKE.format(seats=query.sql, lock=LOCK, amounts=AMOUNTS_IN_SQL)), query


@dataclass(frozen=True, slots=True)
class Place:
    """A seat of the hall, as far as a booking's answer names it."""

    section: str
    row: str
    printed_number: str
    category: "Category"


@dataclass(frozen=True, slots=True)
class Category:
    name: str


@dataclass(frozen=True, slots=True)
class Stock:
    seat_id: int
    seat: Place


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the booking, as `BookedSeat` would have it."""

    booking: Booking
    show_seat: Stock
    ticket_type: str
    price: Decimal


def _booking(customer: User, show_id: int, reference: str, rows: list[tuple[Any, ...]]) -> Booking:
    pk, booked_at, expires_at, currency, subtotal, fees, tax, total = rows[0][:8]
    booking = Booking(
        id=pk,
        reference=reference,
        user=customer,
        show_id=show_id,
        booked_at=booked_at,
        expires_at=expires_at,
        currency=currency,
        subtotal=subtotal,
        discount=Decimal(0),
        fees=fees,
        tax=tax,
        total=total,
    )
    booking._state.adding, booking._state.db = False, connection.alias
    lines = [
        Line(booking, Stock(seat_id, Place(*place, Category(category))), ticket_type, price)
        for _, _, _, _, _, _, _, _, seat_id, price, ticket_type, *place, category in rows
    ]
    vars(booking).update(lines=lines, live_status=booking.status, amount_refunded=Decimal(0))
    return booking
