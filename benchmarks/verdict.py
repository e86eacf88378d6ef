"""
The verdict on a history.

It compares the answers of the clients with the database. It knows nothing of the system's code. A
history is the record of every request and the bookings as they are in the end; a fault has a kind
and a sentence that names them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple, Self

# Clocks are the database's, but the worker that ends holds is not always there at once.
TIDY_SECONDS = 60.0


class Fault(NamedTuple):
    kind: str
    said: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.said}"


@dataclass(frozen=True)
class Operation:
    """One request of a client, and its answer. The status is None if no answer came."""

    kind: str  # hold, pay, cancel, or event, which the provider sends
    customer: int
    key: str
    show: int = 0
    seats: frozenset[int] = frozenset()
    booking: int = 0
    # Whether the provider may have taken the booking's whole amount for this request.
    covers: bool = False
    status: int | None = None
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def is_acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_refused(self) -> bool:
        """Whether the answer is a final refusal."""
        may_come_again = self.answer.get("code") == "idempotency_in_flight" or self.status == 429
        return self.status is not None and 400 <= self.status < 500 and not may_come_again


@dataclass(frozen=True)
class Stored:
    """A booking in the end. Times are seconds of the database's clock."""

    id: int
    customer: int
    show: int
    seats: frozenset[int]
    status: str
    total: Decimal
    booked_at: float
    expires_at: float
    confirmed_at: float | None = None
    ended_at: float | None = None
    tickets: int = 0
    confirmations: int = 0
    paid: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)

    @classmethod
    def read(cls, row: dict[str, Any]) -> Self:
        """Read a booking from JSON."""
        amounts = {name: Decimal(row[name]) for name in ("total", "paid", "refunded")}
        return cls(**{**row, "seats": frozenset(row["seats"]), **amounts})

    @property
    def held(self) -> Iterator[tuple[float, float]]:
        """Yield the spans in which the booking has its seats."""
        end = inf if self.ended_at is None else self.ended_at
        if self.confirmed_at is None:
            yield self.booked_at, min(self.expires_at, end)
        elif self.confirmed_at <= self.expires_at:
            yield self.booked_at, end
        else:  # Paid late: the seats were free for a while.
            yield self.booked_at, self.expires_at
            yield self.confirmed_at, end


def judge(
    operations: Sequence[Operation], bookings: Sequence[Stored], *, now: float
) -> list[Fault]:
    """Return the faults of a history, none if it is right. `now` is when it was read."""
    found = {
        "error": _errors(operations),
        "overlap": _overlaps(bookings),
        "lost": _lost(operations, bookings),
        "unasked": _unasked(operations, bookings),
        "key": _keys(operations),
        "money": _money(bookings),
        "amount": _amounts(operations, bookings),
        "tickets": _tickets(bookings),
        "message": _messages(bookings),
        "overdue": _overdue(bookings, now),
    }
    return [Fault(kind, said) for kind, sentences in found.items() for said in sentences]


def _errors(operations: Iterable[Operation]) -> Iterator[str]:
    """Yield a fault for each 500. The only answer to a broken part is a 503, or none."""
    for each in operations:
        if each.status is not None and each.status >= 500 and each.status != 503:
            yield f"{each.kind} {each.key} was answered {each.status}"


def _overlaps(bookings: Iterable[Stored]) -> Iterator[str]:
    spans = defaultdict(list)
    for booking in bookings:
        for start, end in booking.held:
            for seat in booking.seats:
                spans[booking.show, seat].append((start, end, booking.id))
    for (show, seat), of_seat in spans.items():
        for (_, end, first), (start, _, second) in pairwise(sorted(of_seat)):
            if start < end:
                yield f"seat {seat} of show {show} was in bookings {first} and {second} at once"


def _lost(operations: Iterable[Operation], bookings: Iterable[Stored]) -> Iterator[str]:
    stored = {booking.id: booking for booking in bookings}
    for each in operations:
        if not each.is_acknowledged:
            continue
        booking = stored.get(each.answer.get("id", 0) if each.kind == "hold" else each.booking)
        if booking is None:
            yield f"{each.kind} {each.key} was acknowledged, but there is no such booking"
        elif each.kind == "hold" and booking.seats != each.seats:
            yield f"booking {booking.id} has other seats than were acknowledged"
        elif each.kind == "cancel" and booking.status != "cancelled":
            yield f"booking {booking.id} was cancelled, but is {booking.status}"
        elif each.kind == "pay" and each.answer.get("status") == "succeeded" and not booking.paid:
            yield f"the payment of booking {booking.id} was acknowledged, but is not there"


def _unasked(operations: Iterable[Operation], bookings: Iterable[Stored]) -> Iterator[str]:
    """
    Yield a fault where more bookings than keys ask for seats.

    A key makes one booking at most.
    """
    asked = {
        (each.key, (each.customer, each.show, each.seats))
        for each in operations
        if each.kind == "hold"
    }
    keys = Counter(wanted for _, wanted in asked)
    made = Counter((each.customer, each.show, each.seats) for each in bookings)
    for (customer, show, seats), count in made.items():
        if count > keys[customer, show, seats]:
            yield (
                f"customer {customer} has {count} bookings of seats {sorted(seats)} of show {show}, "
                f"and asked for {keys[customer, show, seats]}"
            )


def _keys(operations: Iterable[Operation]) -> Iterator[str]:
    """
    Yield a fault where a key has two different answers.

    A key makes one booking, and a repeated request is told of the same booking.
    """
    answers: dict[str, set[int]] = defaultdict(set)
    for each in operations:
        if each.kind != "hold":
            continue
        if each.is_acknowledged:
            answers[each.key].add(each.answer["id"])
        elif answers[each.key] and each.is_refused:
            yield f"the key {each.key} made a booking, and was refused {each.status} afterwards"
    for key, ids in answers.items():
        if len(ids) > 1:
            yield f"the key {key} made the bookings {sorted(ids)}"


def _money(bookings: Iterable[Stored]) -> Iterator[str]:
    for booking in bookings:
        kept = booking.paid - booking.refunded
        if booking.status == "confirmed" and kept != booking.total:
            yield f"booking {booking.id} is confirmed, costs {booking.total}, and {kept} was paid"
        if booking.status != "confirmed" and not 0 <= kept <= booking.total:
            yield f"booking {booking.id} is {booking.status}, and {kept} was kept"
        if booking.status in ("expired", "pending") and kept:
            yield f"booking {booking.id} is {booking.status}, and {kept} was kept"


def _amounts(operations: Iterable[Operation], bookings: Iterable[Stored]) -> Iterator[str]:
    covered = {each.booking for each in operations if each.covers}
    for booking in bookings:
        if booking.confirmed_at is not None and booking.id not in covered:
            yield f"booking {booking.id} was confirmed, but its whole amount was never taken"


def _tickets(bookings: Iterable[Stored]) -> Iterator[str]:
    for booking in bookings:
        expected = len(booking.seats) if booking.status == "confirmed" else 0
        if booking.tickets != expected:
            yield f"booking {booking.id} is {booking.status}, and has {booking.tickets} tickets"


def _messages(bookings: Iterable[Stored]) -> Iterator[str]:
    for booking in bookings:
        told = booking.confirmed_at is not None
        if booking.confirmations != told:
            yield f"booking {booking.id} was confirmed {told:d} times, told {booking.confirmations}"


def _overdue(bookings: Iterable[Stored], now: float) -> Iterator[str]:
    for booking in bookings:
        if booking.status == "pending" and booking.expires_at < now - TIDY_SECONDS:
            yield f"booking {booking.id} still holds its seats after its time"
        if booking.ended_at is None and booking.status in ("expired", "cancelled"):
            yield f"booking {booking.id} is {booking.status}, but nothing says when it ended"
