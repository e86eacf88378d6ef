"""The verdict on correct histories, and on each kind of fault."""

from dataclasses import replace
from decimal import Decimal

import pytest

from benchmarks.verdict import Operation, Stored, judge

NOW = 1000.0
HOLD = Operation("hold", 1, "k1", show=1, seats=frozenset({1, 2}), status=201, answer={"id": 7})
PAY = Operation("pay", 1, "k2", booking=7, covers=True, status=201, answer={"status": "succeeded"})
EVENT = Operation("event", 1, "k4", booking=7, status=200)
BOOKING = Stored(
    id=7, customer=1, show=1, seats=frozenset({1, 2}), status="confirmed", total=Decimal(500),
    booked_at=100, expires_at=700, confirmed_at=200, tickets=2, confirmations=1, paid=Decimal(500),
)  # fmt: skip
EXPIRED = replace(
    BOOKING, id=6, status="expired", confirmed_at=None, booked_at=10, expires_at=99, ended_at=99,
    tickets=0, confirmations=0, paid=Decimal(0),
)  # fmt: skip
CANCELLED = replace(
    BOOKING, status="cancelled", ended_at=300, tickets=0, refunded=Decimal(500)
)  # fmt: skip
ASKED_BEFORE = replace(HOLD, key="k0", answer={"id": 6})


@pytest.mark.parametrize(
    ("operations", "bookings"),
    [
        ([HOLD, PAY], [BOOKING]),
        ([HOLD, HOLD, PAY], [BOOKING]),
        ([ASKED_BEFORE, HOLD, PAY], [EXPIRED, BOOKING]),
        ([HOLD, PAY, Operation("cancel", 1, "k3", booking=7, status=200)], [CANCELLED]),
        ([replace(HOLD, status=None, answer={}), PAY], [BOOKING]),
        ([replace(HOLD, status=409, answer={})], []),
        ([replace(HOLD, status=503, answer={}), HOLD, PAY], [BOOKING]),
        ([HOLD, replace(EVENT, covers=True)], [BOOKING]),
        (
            [HOLD, replace(HOLD, status=409, answer={"code": "idempotency_in_flight"}), PAY],
            [BOOKING],
        ),
    ],
)
def test_a_right_history_has_no_faults(operations, bookings):
    assert judge(operations, bookings, now=NOW) == []


@pytest.mark.parametrize(
    ("operations", "bookings", "kind", "said"),
    [
        ([ASKED_BEFORE, HOLD, PAY], [replace(EXPIRED, expires_at=101, ended_at=101), BOOKING], "overlap", "at once"),
        ([replace(HOLD, status=500, answer={}), HOLD, PAY], [BOOKING], "error", "hold k1 was answered 500"),
        ([HOLD, replace(EVENT, status=502), PAY], [BOOKING], "error", "event k4 was answered 502"),
        ([HOLD], [], "lost", "no such booking"),
        ([HOLD, PAY], [replace(BOOKING, seats=frozenset({1, 3}))], "lost", "other seats"),
        ([HOLD, Operation("cancel", 1, "k3", booking=7, status=200)], [BOOKING], "lost", "was cancelled, but"),
        ([HOLD, PAY], [EXPIRED, BOOKING], "unasked", "asked for 1"),
        ([], [BOOKING], "unasked", "asked for 0"),
        ([HOLD, replace(HOLD, answer={"id": 6})], [EXPIRED, BOOKING], "key", "made the bookings"),
        ([HOLD, replace(HOLD, status=409, answer={}), PAY], [BOOKING], "key", "was refused 409"),
        ([HOLD, EVENT], [BOOKING], "amount", "never taken"),
        ([HOLD, PAY], [replace(BOOKING, paid=Decimal(400))], "money", "400 was paid"),
        ([HOLD, PAY], [replace(BOOKING, paid=Decimal(0))], "lost", "acknowledged, but is not there"),
        ([HOLD], [replace(EXPIRED, id=7, paid=Decimal(500))], "money", "500 was kept"),
        ([HOLD, PAY], [replace(BOOKING, tickets=1)], "tickets", "has 1 tickets"),
        ([HOLD, PAY], [replace(BOOKING, confirmations=0)], "message", "told 0"),
        ([HOLD], [replace(EXPIRED, id=7, confirmations=1)], "message", "told 1"),
        ([HOLD], [replace(EXPIRED, id=7, status="pending", ended_at=None)], "overdue", "after its time"),
    ],
)  # fmt: skip
def test_each_kind_of_fault_is_found(operations, bookings, kind, said):
    faults = judge(operations, bookings, now=NOW)
    assert any(fault.kind == kind and said in fault.said for fault in faults)
