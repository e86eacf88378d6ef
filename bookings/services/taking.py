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
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.functions import Now

from bookings.idempotency.requests import IdempotentRequest, KeyTaken
from bookings.models import Booking
from bookings.pricing import AMOUNTS_IN_SQL
from bookings.services.hold_limits import recent_holds
from eventbooking_system.db.compiled import CompiledQuery
from eventbooking_system.db.prepared import Statement
from shows.models import Show, ShowSeat
from shows.querysets import IS_ON_SALE
from shows.stock_version import invalidate_stock
from users.models import LoginSession
from users.tokens import Bearer

# One for each value of a byte; without 0, 1, I and O, which people mix up.
_LETTERS = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ" * 8

# Rows that refer to a locked one can still be inserted; `LockingQuerySet.locked` does the same.
LOCK = "FOR NO KEY UPDATE OF shows_showseat"

_TAKE = """
WITH login AS (
    {login}
),
terms (
    clock, max_seats, currency, fee_per_ticket, fee_per_booking, tax_rate, tax_inclusive
) AS (
    {terms}
),
recent (pending, given_up) AS (
    {recent}
),
seat (id, seat_id, price, ticket_type, section, row, number, category) AS MATERIALIZED (
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
    SELECT %(reference)s, %(customer_id)s, %(show_id)s, 'pending',
        clock, clock + {limits.hold_seconds} * interval '1 second',
        currency, subtotal, 0, fees, tax, total
    FROM bill CROSS JOIN login LEFT JOIN recent ON true
    WHERE seats = {count} AND seats <= coalesce(max_seats, {limits.max_seats}) AND subtotal > 0
        AND coalesce(pending < {limits.max_pending} AND given_up < {limits.max_given_up}, true)
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
    SELECT %(customer_id)s, %(path)s, %(key)s::text, %(fingerprint)s, 201, '', booked_at, id
    FROM booking
    WHERE %(key)s::text IS NOT NULL
)
SELECT seat.id, booking.*, seat.seat_id, seat.price, seat.ticket_type,
    seat.section, seat.row, seat.number, seat.category
FROM booking, seat
"""


def take_free_seats(
    *, bearer: Bearer, show_id: int, seat_ids: Sequence[int], request: IdempotentRequest
) -> "Held | None":
    """
    Hold seats that nothing speaks against; None, and nothing done, where something might: be it
    that the login has ended.

    Raises KeyTaken.
    """
    connection, limits = connections[DEFAULT_DB_ALIAS], Limits.now()
    # Each number of seats is a statement that connections keep.
    if connection.vendor != "postgresql" or len(seat_ids) > limits.max_seats:
        return None
    statement = _statement(len(seat_ids), limits)
    reference = new_reference()
    _, path, key, fingerprint = request.row
    parameters = {
        "session_id": bearer.session_id.hex,
        "customer_id": bearer.pk,
        "show_id": show_id,
        "reference": reference,
        "path": path,
        "key": key,
        "fingerprint": fingerprint,
        **dict(zip(_names_of_seats(len(seat_ids)), seat_ids, strict=True)),
    }
    try:
        with _transaction(connection), connection.cursor() as cursor:
            cursor.execute(statement.on(connection), parameters)
            rows = cursor.fetchall()
    except IntegrityError as error:
        if "bookings_idempotencykey_unique_key" in str(error):
            raise KeyTaken from error
        return None
    if not rows:
        return None
    invalidate_stock(show_id)
    return _held(bearer.pk, show_id, reference, sorted(rows))


def _transaction(connection: BaseDatabaseWrapper) -> AbstractContextManager[None]:
    """A statement is a transaction of its own; inside of another one it is refused, but by tests."""
    return transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()


def new_reference() -> str:
    """40 bits that nobody guesses; that two are equal is refused by the database."""
    code = secrets.token_bytes(8).translate(_LETTERS).decode()
    return f"{code[:4]}-{code[4:]}"


@CompiledQuery
def _login(session_id: uuid.UUID, customer_id: int) -> QuerySet:
    return (
        LoginSession.objects.live().filter(pk=session_id, user=customer_id).order_by().values("pk")
    )


@CompiledQuery
def _terms(show_id: int) -> QuerySet:
    """Of a show that is on sale, and whose seats are sold one by one."""
    shows = Show.objects.filter(IS_ON_SALE, pk=show_id, single_seat_rule=Show.SingleSeatRule.OFF)
    return shows.order_by().values_list(
        Now(), "max_seats_per_booking", "currency", "fee_per_ticket", "fee_per_booking",
        "tax_rate", "tax_inclusive",
    )  # fmt: skip


@CompiledQuery
def _recent(show_id: int, customer_id: int) -> QuerySet:
    return recent_holds(show_id, customer_id).values_list("pending", "given_up")


@CompiledQuery
def _free_seats(show_id: int, seat_ids: list[int]) -> QuerySet:
    """Those of the seats that are free, and concern nobody else."""
    seats = ShowSeat.objects.free().to_sell(show_id=show_id, seat_ids=seat_ids)
    return (
        seats.filter(seat__area="", seat__couple="")
        .order_by("pk")
        .values_list(
            "pk", "seat_id", "price", "ticket_type",
            "seat__section", "seat__row", "seat__number", "seat__category__name",
        )
    )  # fmt: skip


class Limits(NamedTuple):
    """The settings that a hold obeys."""

    hold_seconds: int
    max_seats: int
    max_pending: int
    max_given_up: int

    @classmethod
    def now(cls) -> "Limits":
        return cls(
            settings.BOOKINGS_HOLD_SECONDS,
            settings.BOOKINGS_MAX_SEATS,
            settings.BOOKINGS_MAX_PENDING,
            settings.BOOKINGS_MAX_GIVEN_UP,
        )


@cache
def _statement(count: int, limits: Limits) -> Statement:
    """For so many seats."""
    return Statement(
        _TAKE.format(
            login=_login.sql(uuid.uuid4(), 0).named("session_id", "customer_id"),
            terms=_terms.sql(0).named("show_id"),
            recent=_recent.sql(0, 0).named("show_id", "customer_id"),
            seats=_free_seats.sql(0, [0] * count).named("show_id", *_names_of_seats(count)),
            lock=LOCK,
            amounts=AMOUNTS_IN_SQL,
            count=count,
            limits=limits,
        )
    )


@cache
def _names_of_seats(count: int) -> list[str]:
    return [f"seat_{index}" for index in range(count)]


class Place(NamedTuple):
    """A seat of the hall, as far as a booking's answer names it."""

    section: str
    row: str
    printed_number: str
    category: "Category"


class Category(NamedTuple):
    name: str


class Stock(NamedTuple):
    seat_id: int
    seat: Place


class Line(NamedTuple):
    show_seat: Stock
    ticket_type: str
    price: Decimal
    currency: str


class Held(NamedTuple):
    """A booking that was just taken, as far as its answer goes: what it says, a `Booking` does."""

    id: int
    booked_at: datetime
    expires_at: datetime
    currency: str
    subtotal: Decimal
    fees: Decimal
    tax: Decimal
    total: Decimal
    reference: str
    user_id: int
    show_id: int
    lines: list[Line]
    discount: Decimal = Decimal(0)
    amount_refunded: Decimal = Decimal(0)
    live_status: str = Booking.Status.PENDING.value
    promo_code: None = None


def _held(customer_id: int, show_id: int, reference: str, rows: list[tuple[Any, ...]]) -> Held:
    """Of rows in the order of their seats' keys, with which each begins."""
    booking = rows[0][1:9]
    currency = booking[3]
    lines = [
        Line(Stock(seat_id, Place(*place, Category(category))), ticket_type, price, currency)
        for seat_id, price, ticket_type, *place, category in (row[9:] for row in rows)
    ]
    return Held(*booking, reference, customer_id, show_id, lines)
