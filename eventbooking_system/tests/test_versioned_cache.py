"""Tests of the cache: computed once, and cached while true."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import transaction

from eventbooking_system.cache import versioned as caching
from eventbooking_system.cache.in_process import LocalCache
from eventbooking_system.cache.versioned import Versions, get_or_compute, invalidate
from eventbooking_system.db import replica
from eventbooking_system.testing.races import run_at_once
from eventbooking_system.tests.redis_server import NOBODY, THERE_IS_REDIS

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 200


@pytest.fixture
def clock() -> Iterator[Any]:
    """Replace the clock by one that the test moves."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def answer(clock) -> Callable[..., int]:
    """Return a function that asks for the answer. It returns how often the answer was computed."""
    computed = []

    def compute() -> list[int]:
        computed.append(1)
        return [len(computed)]

    def ask(versions: Versions | None = None, seconds: float = 60, **options: Any) -> int:
        versions = versions or Versions.now("a", "b")
        return get_or_compute("answer", compute, versions=versions, seconds=seconds, **options)[0]

    return ask


def test_an_answer_is_computed_once(answer) -> None:
    assert [answer() for _ in range(3)] == [1, 1, 1]


def test_simultaneous_requests_cause_one_computation(clock) -> None:
    computed = []
    versions = Versions.now("a")

    def ask() -> str:
        return get_or_compute("k", lambda: computed.append(1) or "v", versions=versions, seconds=60)

    assert run_at_once([ask] * CLIENTS) == ["v"] * CLIENTS
    assert len(computed) == 1


def test_control_without_the_flights_two_compute_at_once(clock, monkeypatch) -> None:
    monkeypatch.setattr(caching.single_flight, "join", lambda key, compute: compute())
    both, versions = threading.Barrier(2), Versions.now("a")

    def compute() -> str:
        both.wait(timeout=60)
        return "v"

    def ask() -> str:
        return get_or_compute("k", compute, versions=versions, seconds=60)

    assert run_at_once([ask] * 2) == ["v"] * 2


def test_answer_without_a_shared_cache_is_kept_for_a_second(answer, clock) -> None:
    assert answer() == 1
    clock.shift(0.9)
    assert answer() == 1
    clock.shift(0.1)
    assert answer() == 2


def test_a_change_is_seen_at_once(answer) -> None:
    assert answer() == 1
    invalidate("b")
    assert answer() == 2
    with transaction.atomic():
        invalidate("a")
    assert answer() == 3
    invalidate("c")
    assert answer() == 3


def test_rolled_back_transaction_invalidates_nothing(answer) -> None:
    assert answer() == 1
    with transaction.atomic():
        invalidate("a")
        transaction.set_rollback(True)
    assert answer() == 1


def test_answer_that_raced_a_change_is_never_used(answer) -> None:
    before = Versions.now("a", "b")
    invalidate("a")
    assert answer(before) == 1
    assert answer() == 2


def test_request_after_a_change_does_not_wait_for_one_before_it(clock) -> None:
    reading, go_on = threading.Event(), threading.Event()
    before = Versions.now("a")

    def slow() -> str:
        reading.set()
        assert go_on.wait(timeout=60)
        return "old"

    reader = threading.Thread(
        target=get_or_compute, args=("k", slow), kwargs={"versions": before, "seconds": 60}
    )
    reader.start()
    assert reading.wait(timeout=60)
    invalidate("a")
    now = Versions.now("a")
    assert get_or_compute("k", lambda: "new", versions=now, seconds=60) == "new"
    go_on.set()
    reader.join(timeout=60)
    assert get_or_compute("k", lambda: "new", versions=now, seconds=60) == "new"


def test_an_answer_is_not_kept_past_its_end(answer, clock) -> None:
    end = datetime.now(UTC).timestamp() + 0.5
    assert answer(until=lambda _: end) == 1
    clock.shift(0.4)
    assert answer() == 1
    clock.shift(0.2)
    assert answer() == 2


def test_answers_read_inside_a_transaction_are_not_cached(answer) -> None:
    with transaction.atomic():
        assert [answer(), answer()] == [1, 2]
    assert [answer(), answer()] == [3, 3]
    with transaction.atomic():
        assert answer() == 4


def test_none_is_not_cached() -> None:
    computed = []
    for _ in range(2):
        found = get_or_compute(
            "k", lambda: computed.append(1), versions=Versions.now("a"), seconds=60
        )
        assert found is None
    assert len(computed) == 2


def test_an_error_is_everybody_s_and_is_not_kept(answer) -> None:
    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        get_or_compute("answer", fail, versions=Versions.now("a", "b"), seconds=60)
    assert answer() == 1


def test_local_cache_drops_the_least_recently_used_answer_first() -> None:
    local = LocalCache(max_bytes=25)
    local.put("x", 1, 10)
    local.put("y", 2, 10)
    assert local.get("x") == 1
    local.put("z", 3, 10)
    assert [local.get(key) for key in "xyz"] == [1, None, 3]


def test_local_cache_keeps_no_answer_larger_than_itself() -> None:
    local = LocalCache(max_bytes=25)
    local.put("x", 1, 10)
    local.put("y", 2, 26)
    assert [local.get(key) for key in "xy"] == [None, None]


def test_without_redis_what_was_computed_serves_for_a_second(use_cache, answer, clock) -> None:
    use_cache(NOBODY)
    assert not Versions.now("a").shared
    assert [answer(), answer()] == [1, 1]
    clock.shift(1)
    assert answer() == 2


def test_while_redis_is_down_nobody_believes_what_it_shared(answer, use_cache) -> None:
    shared = Versions({"a": None, "b": None}, shared=True)
    caching.local_cache.put("answer", caching.Kept([99], shared, float("inf")), 1)
    assert answer(shared) == 99
    use_cache(NOBODY)
    assert answer() == 1


@pytest.mark.parametrize(("seconds", "database"), [(9, "default"), (11, "replica")])
def test_a_replica_is_asked_once_it_has_the_last_change(clock, seconds, database) -> None:
    asked = []
    invalidate("a")
    clock.shift(seconds)
    with replica.scope():
        replica.let_reads_lag()
        get_or_compute(
            "k",
            lambda: asked.append(replica.ReplicaRouter().db_for_read(Group)) or "v",
            versions=Versions.now("a"),
            seconds=60,
        )
    assert asked == [database]


if THERE_IS_REDIS:

    @pytest.fixture
    def processes(use_cache, redis_url, monkeypatch) -> None:
        """Let each thread act as a process that shares only Redis."""
        use_cache(redis_url)
        monkeypatch.setattr(caching.single_flight, "join", lambda key, compute: compute())
        monkeypatch.setattr(caching.local_cache, "get", lambda key: None)

    def test_processes_that_ask_at_once_cause_one_computation(processes, clock) -> None:
        computed, versions = [], Versions.now("a")
        assert versions.shared

        def ask() -> str:
            return get_or_compute(
                "k", lambda: computed.append(1) or "v", versions=versions, seconds=60
            )

        assert run_at_once([ask] * 20) == ["v"] * 20
        assert len(computed) == 1

    def test_processes_tell_each_other_what_changed(processes, answer, clock) -> None:
        assert [answer(), answer()] == [1, 1]
        clock.shift(30)
        assert answer() == 1
        invalidate("a")
        assert [answer(), answer()] == [2, 2]

    def test_a_process_that_died_while_computing_keeps_nobody_waiting(
        processes, answer, monkeypatch
    ) -> None:
        monkeypatch.setattr(caching, "MAX_WAIT_SECONDS", 1)
        versions = Versions.now("a", "b")
        caching.cache.add(f"lock:answer:{versions}", 1, 60)
        assert answer(versions) == 1
