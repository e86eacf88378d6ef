"""Answers that are kept: computed once, and never longer than they are true."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import transaction

from eventbooking_system import caching, replica
from eventbooking_system.caching import Marks, changed, remembered
from eventbooking_system.pytest_fixtures import run_at_once
from eventbooking_system.tests.redis_server import NOBODY, THERE_IS_REDIS

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 200


@pytest.fixture
def clock() -> Iterator[Any]:
    """A clock that stands still until it is moved: nothing depends on the machine's speed."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def answer(clock) -> Callable[..., int]:
    """`answer()`: how many times it was computed."""
    computed = []

    def compute() -> list[int]:
        computed.append(1)
        return [len(computed)]

    def ask(marks: Marks | None = None, seconds: float = 60, **options: Any) -> int:
        marks = marks or Marks.now("a", "b")
        return remembered("answer", compute, marks=marks, seconds=seconds, **options)[0]

    return ask


def test_an_answer_is_computed_once(answer) -> None:
    assert [answer() for _ in range(3)] == [1, 1, 1]


def test_those_who_ask_at_once_cause_one_computation(clock) -> None:
    computed = []
    marks = Marks.now("a")

    def ask() -> str:
        return remembered("k", lambda: computed.append(1) or "v", marks=marks, seconds=60)

    assert run_at_once([ask] * CLIENTS) == ["v"] * CLIENTS
    assert len(computed) == 1


def test_control_without_the_flights_two_compute_at_once(clock, monkeypatch) -> None:
    monkeypatch.setattr(caching._flights, "join", lambda key, compute: compute())
    both, marks = threading.Barrier(2), Marks.now("a")

    def compute() -> str:
        both.wait(timeout=60)
        return "v"

    def ask() -> str:
        return remembered("k", compute, marks=marks, seconds=60)

    assert run_at_once([ask] * 2) == ["v"] * 2


def test_what_others_cannot_be_told_of_is_kept_for_a_second(answer, clock) -> None:
    assert answer() == 1
    clock.shift(0.9)
    assert answer() == 1
    clock.shift(0.1)
    assert answer() == 2


def test_a_change_is_seen_at_once(answer) -> None:
    assert answer() == 1
    changed("b")
    assert answer() == 2
    with transaction.atomic():
        changed("a")
    assert answer() == 3
    changed("c")
    assert answer() == 3


def test_what_is_rolled_back_has_not_changed_anything(answer) -> None:
    assert answer() == 1
    with transaction.atomic():
        changed("a")
        transaction.set_rollback(True)
    assert answer() == 1


def test_who_raced_a_change_keeps_the_old_state_where_nobody_looks(answer) -> None:
    before = Marks.now("a", "b")
    changed("a")
    assert answer(before) == 1
    assert answer() == 2


def test_who_asks_after_a_change_does_not_wait_for_who_asked_before_it(clock) -> None:
    reading, go_on = threading.Event(), threading.Event()
    before = Marks.now("a")

    def slow() -> str:
        reading.set()
        assert go_on.wait(timeout=60)
        return "old"

    reader = threading.Thread(
        target=remembered, args=("k", slow), kwargs={"marks": before, "seconds": 60}
    )
    reader.start()
    assert reading.wait(timeout=60)
    changed("a")
    now = Marks.now("a")
    assert remembered("k", lambda: "new", marks=now, seconds=60) == "new"
    go_on.set()
    reader.join(timeout=60)
    assert remembered("k", lambda: "new", marks=now, seconds=60) == "new"


def test_an_answer_is_not_kept_past_its_end(answer, clock) -> None:
    end = datetime.now(UTC).timestamp() + 0.5
    assert answer(until=lambda _: end) == 1
    clock.shift(0.4)
    assert answer() == 1
    clock.shift(0.2)
    assert answer() == 2


def test_nothing_is_kept_of_what_a_transaction_sees(answer) -> None:
    with transaction.atomic():
        assert [answer(), answer()] == [1, 2]
    assert [answer(), answer()] == [3, 3]
    with transaction.atomic():
        assert answer() == 4


def test_none_is_no_answer() -> None:
    computed = []
    for _ in range(2):
        found = remembered("k", lambda: computed.append(1), marks=Marks.now("a"), seconds=60)
        assert found is None
    assert len(computed) == 2


def test_an_error_is_everybody_s_and_is_not_kept(answer) -> None:
    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        remembered("answer", fail, marks=Marks.now("a", "b"), seconds=60)
    assert answer() == 1


def test_a_process_keeps_so_much_and_no_more(monkeypatch, clock) -> None:
    monkeypatch.setattr(caching, "_MOST_BYTES", 25)
    marks, computed = Marks.now("a"), []

    def ask(key: str) -> None:
        remembered(key, lambda: computed.append(key) or "ten bytes!", marks=marks, seconds=60)

    for key in ("x", "y", "x", "z", "x", "y"):
        ask(key)
    assert computed == ["x", "y", "z", "y"]


def test_without_redis_what_was_computed_serves_for_a_second(use_cache, answer, clock) -> None:
    use_cache(NOBODY)
    assert not Marks.now("a").shared
    assert [answer(), answer()] == [1, 1]
    clock.shift(1)
    assert answer() == 2


def test_while_redis_is_down_nobody_believes_what_it_shared(answer, use_cache) -> None:
    shared = Marks({"a": None, "b": None}, shared=True)
    caching._process.put("answer", caching._Kept([99], shared, float("inf")), 1)
    assert answer(shared) == 99
    use_cache(NOBODY)
    assert answer() == 1


@pytest.mark.parametrize(("seconds", "database"), [(9, "default"), (11, "replica")])
def test_a_replica_is_asked_once_it_has_the_last_change(clock, seconds, database) -> None:
    asked = []
    changed("a")
    clock.shift(seconds)
    with replica.scope():
        replica.let_reads_lag()
        remembered(
            "k",
            lambda: asked.append(replica.ReplicaRouter().db_for_read(Group)) or "v",
            marks=Marks.now("a"),
            seconds=60,
        )
    assert asked == [database]


if THERE_IS_REDIS:

    @pytest.fixture
    def processes(use_cache, redis_url, monkeypatch) -> None:
        """Redis; and each thread is a process of its own, which shares nothing else."""
        use_cache(redis_url)
        monkeypatch.setattr(caching._flights, "join", lambda key, compute: compute())
        monkeypatch.setattr(caching._process, "get", lambda key: None)

    def test_processes_that_ask_at_once_cause_one_computation(processes, clock) -> None:
        computed, marks = [], Marks.now("a")
        assert marks.shared

        def ask() -> str:
            return remembered("k", lambda: computed.append(1) or "v", marks=marks, seconds=60)

        assert run_at_once([ask] * 20) == ["v"] * 20
        assert len(computed) == 1

    def test_processes_tell_each_other_what_changed(processes, answer, clock) -> None:
        assert [answer(), answer()] == [1, 1]
        clock.shift(30)
        assert answer() == 1
        changed("a")
        assert [answer(), answer()] == [2, 2]

    def test_a_process_that_died_while_computing_keeps_nobody_waiting(
        processes, answer, monkeypatch
    ) -> None:
        monkeypatch.setattr(caching, "_PATIENCE_SECONDS", 1)
        marks = Marks.now("a", "b")
        caching.cache.add(f"lock:answer:{marks}", 1, 60)
        assert answer(marks) == 1
