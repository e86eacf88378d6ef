"""
The statement that locks and reads everything a hold needs.

On PostgreSQL the BEGIN, the locks and the read are one round trip. The read is a statement of its
own, so that it sees the rows as they are after the locks were acquired.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from django.db.models import F, Func, QuerySet
from django.db.models.fields import BigIntegerField

from bookings.models import Booking
from bookings.services.hold_limits import recent_holds, recent_holds_of_guest
from bookings.services.holding.requests import Caller
from eventbooking_system.db.compiled import Clock, CompiledQuery, JoinedQuery
from eventbooking_system.db.prepared import Command
from shows.halls import VERSION, cached_hall
from shows.models import Show, ShowSeat
from shows.querysets import ShowQuerySet, ShowSeatQuerySet
from shows.seating import Hall
from shows.selectors import RULES, split_ids
from shows.services import CHOICE_QUEUE
from users.errors import TokenInvalid
from users.models import LoginSession, User


@dataclass
class Stock:
    """The rows read for a hold, unchanged until the transaction ends."""

    show: Show | None
    is_staff: bool = False
    is_confirmed: bool = False
    pending: int = 0
    given_up: int = 0
    seats: list[ShowSeat] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The database's clock, read under the locks."""
        return self.show.clock


class _NextBookingId(Func):
    """
    The id of the next booking.

    It is read early, so that the write need not return it. SQLite has no sequence, so there the
    write sets the id.
    """

    template = "NULL"
    output_field = BigIntegerField()

    def as_postgresql(self, compiler, connection, **context):
        template = f"nextval('{Booking._meta.db_table}_id_seq')"
        return self.as_sql(compiler, connection, template=template, **context)


@CompiledQuery
def _lock(show_id: int, seat_ids: list[int]) -> ShowSeatQuerySet:
    return ShowSeat.objects.of_show(show_id, seat_ids).locked().values_list("pk")


@CompiledQuery
def _lock_without_waiting(show_id: int, seat_ids: list[int]) -> ShowSeatQuerySet:
    """Select the seats that no other transaction has locked."""
    return ShowSeat.objects.of_show(show_id, seat_ids).to_sell().locked(skip_locked=True)


@CompiledQuery
def _seats(show_id: int, seat_ids: list[int]) -> ShowSeatQuerySet:
    return ShowSeat.objects.of_show(show_id, seat_ids).to_sell().order_by()


@CompiledQuery
def _login(session_id: uuid.UUID, user_id: int) -> QuerySet[LoginSession]:
    """Select the caller, if the login is live."""
    logins = LoginSession.objects.live().filter(pk=session_id, user=user_id)
    return logins.order_by().values_list("user__is_staff", "user__email_verified_at")


@CompiledQuery
def _account(user_id: int) -> QuerySet[User]:
    """Select the caller, if the account is active."""
    users = User.objects.filter(pk=user_id, is_active=True).order_by()
    return users.values_list("is_staff", "email_verified_at")


def terms(show_id: int) -> ShowQuerySet:
    """Select the show with its terms of sale and the database's time."""
    return (
        Show.objects.filter(pk=show_id)
        .order_by()
        .only(
            "event", "status", "start_time", "end_time", "sales_open_at",
            "sales_close_at", "max_seats_per_booking", "single_seat_rule", "currency",
            "needs_confirmed_account", "publication", "publish_at", "early_bird_percent", "early_bird_until",
            "fee_per_ticket", "fee_per_booking", "tax_rate", "tax_inclusive",
            "refund_rules", "refund_cutoff_hours", "refund_percent", "fees_refundable",
            "exchange_cutoff_minutes",
        )
        .annotate(is_published=F("event__is_published"), clock=Clock(), ticket_rules=RULES)
    )  # fmt: skip


@CompiledQuery
def _show(show_id: int) -> ShowQuerySet:
    return terms(show_id).annotate(booking_id=_NextBookingId())


@CompiledQuery
def _recent(show_id: int, user_id: int) -> QuerySet[Booking]:
    return recent_holds(show_id, user_id).values_list("pending", "given_up")


@CompiledQuery
def _recent_of_guest(show_id: int, user_id: int) -> QuerySet[Booking]:
    return recent_holds_of_guest(show_id, user_id).values_list("pending", "given_up")


@CompiledQuery
def _version(show_id: int) -> QuerySet[Show]:
    return Show.objects.filter(pk=show_id).order_by().values_list("pk", *VERSION)


@CompiledQuery
def _free(show_id: int, first_id: int, last_id: int) -> QuerySet[ShowSeat]:
    seats = ShowSeat.objects.filter(show=show_id, seat_id__gte=first_id, seat_id__lte=last_id)
    return seats.free().joined_seat_ids()


# A plan lasts as long as its connection. One that was made while a table was empty reads all of it,
# also when the foreign keys of the hold are checked. So a hold uses indexes wherever there is one.
_BY_INDEX = Command("SET LOCAL enable_seqscan = off")


def _for_caller(**parts: CompiledQuery) -> dict[tuple[bool, bool], JoinedQuery]:
    """Build the query for each `Caller.kind`."""
    return {
        (has_login, is_guest): JoinedQuery(
            caller=_login if has_login else _account,
            show=_show,
            recent=_recent_of_guest if is_guest else _recent,
            **parts,
        )
        for has_login in (True, False)
        for is_guest in (True, False)
    }


_STOCK = _for_caller(seats=_seats)
_CHOICE = _for_caller(version=_version, free=_free)


def lock_stock(caller: Caller, *, show_id: int, seat_ids: Sequence[int]) -> Stock:
    """
    Lock these seats in key order, and read the stock.

    Expects an open transaction. Raises TokenInvalid.
    """
    found = _STOCK[caller.kind](
        after=[_BY_INDEX, _lock] if seat_ids else [_BY_INDEX],
        show_id=show_id,
        seat_ids=list(seat_ids),
        **vars(caller),
    )
    stock = _stock(found)
    stock.seats = _in_order(found["seats"])
    return stock


def queue_and_read(
    caller: Caller, *, show_id: int, seen: range
) -> tuple[Stock, Hall | None, set[int]]:
    """
    Queue for choosing, and read the stock.

    The result says which of the `seen` seats are free. No seat is locked yet. Expects an open
    transaction. Raises TokenInvalid.
    """
    found = _CHOICE[caller.kind](
        after=[_BY_INDEX, CHOICE_QUEUE],
        show_id=show_id,
        first_id=seen[0],
        last_id=seen[-1],
        **vars(caller),
    )
    stock = _stock(found)
    if stock.show is None:
        return stock, None, set()
    [(_, *version)] = found["version"]
    hall = cached_hall(show_id, version)
    free = split_ids(found["free"][0][0]) & hall.seat_ids if found["free"] else set()
    return stock, hall, free


def lock_chosen(*, show_id: int, seat_ids: Sequence[int]) -> list[ShowSeat]:
    """Lock the seats that no other transaction has locked, without waiting."""
    return _lock_without_waiting(show_id, list(seat_ids))


def read_seats(*, show_id: int, seat_ids: Sequence[int]) -> list[ShowSeat]:
    """Read seats for a quote, locking nothing."""
    return _in_order(_seats(show_id, list(seat_ids)))


def _in_order(seats: list[ShowSeat]) -> list[ShowSeat]:
    return sorted(seats, key=attrgetter("id"))


def _stock(found: dict[str, list]) -> Stock:
    if not found["caller"]:
        raise TokenInvalid
    [(is_staff, email_verified_at)] = found["caller"]
    show, is_confirmed = next(iter(found["show"]), None), email_verified_at is not None
    stock = Stock(show=show, is_staff=is_staff, is_confirmed=is_confirmed)
    if found["recent"]:
        [(stock.pending, stock.given_up)] = found["recent"]
    return stock
