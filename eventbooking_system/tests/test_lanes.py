"""Tests of lanes, which limit the concurrent requests for one show."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from eventbooking_system.db import lanes
from eventbooking_system.db.lanes import Lanes
from eventbooking_system.errors import Busy


@pytest.fixture
def lane(request) -> Lanes:
    found = Lanes(wait_seconds=getattr(request, "param", 0.05), slow_seconds=0.2)
    found.limit(3)
    return found


@pytest.fixture
def inside(lane) -> Iterator[threading.Event]:
    """Keep three requests in show 7's lane until the event is set."""
    leave, entered = threading.Event(), threading.Barrier(4)

    def stay() -> None:
        with lane.enter(7):
            entered.wait(timeout=10)
            leave.wait(timeout=10)

    threads = [threading.Thread(target=stay) for _ in range(3)]
    for thread in threads:
        thread.start()
    entered.wait(timeout=10)
    yield leave
    leave.set()
    for thread in threads:
        thread.join()


def enter(lane: Lanes, key: int) -> None:
    with lane.enter(key):
        pass


def time_out(lane: Lanes, key: int) -> None:
    with pytest.raises(OperationalError), lane.enter(key):
        raise OperationalError("database is locked")


def test_a_full_lane_refuses_after_a_short_wait_and_others_enter(lane, inside) -> None:
    with pytest.raises(Busy):
        enter(lane, 7)
    enter(lane, 8)


def test_a_request_enters_once_another_leaves(lane, inside) -> None:
    threading.Timer(0.01, inside.set).start()
    enter(lane, 7)


@pytest.mark.parametrize("lane", [8], indirect=True)
def test_a_lane_in_which_a_request_waits_for_long_refuses_at_once(lane, inside) -> None:
    time.sleep(0.25)
    started = time.monotonic()
    with pytest.raises(Busy):
        enter(lane, 7)
    assert time.monotonic() - started < 4


def test_after_a_time_out_a_lane_admits_one_request_at_a_time(lane, monkeypatch) -> None:
    time_out(lane, 7)
    with lane.enter(7):
        with pytest.raises(Busy):
            enter(lane, 7)
        enter(lane, 8)
    monkeypatch.setattr(lanes, "COOL_DOWN_SECONDS", 0)
    with lane.enter(7):
        enter(lane, 7)


def test_another_error_does_not_slow_a_lane(lane) -> None:
    with pytest.raises(ValueError, match="x"), lane.enter(7):
        raise ValueError("x")
    with lane.enter(7):
        enter(lane, 7)


def test_lanes_without_a_limit_admit_every_request() -> None:
    free = Lanes(wait_seconds=0, slow_seconds=0)
    with free.enter(7), free.enter(7), free.enter(7):
        time_out(free, 7)
        enter(free, 7)


def test_lanes_without_requests_are_dropped(lane, monkeypatch) -> None:
    monkeypatch.setattr(lanes, "COOL_DOWN_SECONDS", 0)
    for key in range(100):
        time_out(lane, key)
    enter(lane, 0)
    assert len(lane) == 0
