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
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.functions import Now

from bookings.idempotency import KeyedRequest, KeyTaken
from bookings.models import Booking
from bookings.pricing import AMOUNTS_IN_SQL
from bookings.services.hoarding import recent_holds
from eventbooking_system.compiled import CompiledQuery, CompiledSQL
from eventbooking_system.prepared import Statement
from shows.models import Show, ShowSeat
from shows.querysets import IS_ON_SALE
from shows.stock import stock_changed
from users.models import LoginSession
from users.tokens import Bearer

# Without 0, 1, I and O, which people mix up.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

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
    SELECT %s, %s::bigint, %s::bigint, 'pending', clock, clock + %s::int * interval '1 second',
        currency, subtotal, 0, fees, tax, total
    FROM bill CROSS JOIN login LEFT JOIN recent ON true
    WHERE seats = %s::int AND seats <= coalesce(max_seats, %s::int) AND subtotal > 0
        AND coalesce(pending < %s::int AND given_up < %s::int, true)
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
SELECT seat.id, booking.*, seat.seat_id, seat.price, seat.ticket_type,
    seat.section, seat.row, seat.number, seat.category
FROM booking, seat
"""


def take_free_seats(
    *, bearer: Bearer, show_id: int, seat_ids: Sequence[int], request: KeyedRequest
) -> "Held | None":
    """
    Hold seats that nothing speaks against; None, and nothing done, where something might: be it
    that the login has ended.

    Raises KeyTaken.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return None
    statement, queries = _statement(len(seat_ids))
    reference = new_reference()
    parameters = (
        *queries.login.bind((bearer.session_id, bearer.pk)),
        *queries.terms.bind((show_id,)),
        *queries.recent.bind((show_id, bearer.pk)),
        *queries.seats.bind((show_id, list(seat_ids))),
        reference, bearer.pk, show_id, settings.BOOKINGS_HOLD_SECONDS,
        len(seat_ids), settings.BOOKINGS_MAX_SEATS,
        settings.BOOKINGS_MAX_PENDING, settings.BOOKINGS_MAX_GIVEN_UP,
        *request.row,
    )  # fmt: skip
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
    stock_changed(show_id)
    return _held(bearer.pk, show_id, reference, sorted(rows))


def _transaction(connection: BaseDatabaseWrapper) -> AbstractContextManager[None]:
    """A statement is a transaction of its own; inside of another one it is refused, but by tests."""
    return transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()


def new_reference() -> str:
    """40 bits that nobody guesses; that two are equal is refused by the database."""
    number = secrets.randbits(40)
    code = "".join(_LETTERS[number >> shift & 31] for shift in range(0, 40, 5))
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


class _Queries(NamedTuple):
    login: CompiledSQL
    terms: CompiledSQL
    recent: CompiledSQL
    seats: CompiledSQL


@cache
def _statement(count: int) -> tuple[Statement, _Queries]:
    """For so many seats."""
    queries = _Queries(
        _login.sql(uuid.uuid4(), 0),
        _terms.sql(0),
        _recent.sql(0, 0),
        _free_seats.sql(0, [0] * count),
    )
    parts = {name: query.sql for name, query in queries._asdict().items()}
    return Statement(_TAKE.format(**parts, lock=LOCK, amounts=AMOUNTS_IN_SQL)), queries


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
    show_seat: Stock
    ticket_type: str
    price: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Held:
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
