"""The shared cache: Redis while it is there, and nothing while it is not."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache, caches
from rest_framework.throttling import SimpleRateThrottle

from eventbooking_system import cache as module

CLOSED = {"BACKEND": "eventbooking_system.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def use_cache(settings, monkeypatch):
    """`use_cache(url)`: as CACHE_URL does, until the test ends."""

    def use(url: str) -> None:
        monkeypatch.setattr(module, "_down_until", 0.0)
        settings.CACHES = {"default": {**CLOSED, "LOCATION": url}}

    yield use
    for made in caches.all(initialized_only=True):
        made.close()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """The Redis of TEST_REDIS_URL, or one of our own where redis-server is installed."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield url
        return
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen([*command, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError


def test_without_redis_the_cache_is_empty(use_cache, caplog):
    use_cache(CLOSED["LOCATION"])
    assert cache.set("a", 1) is None
    assert cache.get("a", "default") == "default"
    assert cache.get_many(["a", "b"]) == {}
    assert cache.set_many({"a": 1}) == ["a"]
    assert cache.get_or_set("a", lambda: 5) == 5
    assert "a" not in cache
    for answer in (cache.add("a", 1), cache.touch("a"), cache.delete("a"), cache.clear()):
        assert answer is False
    cache.delete_many(["a"])
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")
    # One line, and not one for each of them.
    assert [record.message for record in caplog.records] == ["cache is down"]


def test_without_redis_nobody_waits_for_it_each_time(use_cache, monkeypatch):
    use_cache(CLOSED["LOCATION"])
    attempts = []
    monkeypatch.setattr(
        "redis.connection.Connection.connect", lambda self: attempts.append(1) or _refuse()
    )
    for _ in range(10):
        cache.get("a")
    assert len(attempts) == 1
    monkeypatch.setattr(module, "_down_until", 0.0)
    cache.get("a")
    assert len(attempts) == 2


def _refuse() -> None:
    raise module.RedisError("no")


def test_a_redis_that_does_not_answer_is_given_up_on(use_cache):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        use_cache(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        started = time.monotonic()
        assert cache.get("a") is None
        assert time.monotonic() - started < 3


@pytest.mark.django_db
@pytest.mark.urls("eventbooking_system.tests.urls")
def test_without_redis_requests_are_answered(use_cache, api, monkeypatch):
    rates = {"anon": "1/min", "user": "1/min", "booking": "1/min"}
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda self: 90.0)
    use_cache(CLOSED["LOCATION"])
    assert [api.get("/api/clock/").status_code for _ in range(3)] == [200] * 3


if os.environ.get("TEST_REDIS_URL") or shutil.which("redis-server"):

    def test_redis_keeps_what_it_is_given(use_cache, redis_url):
        use_cache(redis_url)
        cache.clear()
        cache.set("a", {"b": [1, 2]})
        assert cache.get("a") == {"b": [1, 2]}
        assert cache.add("a", 1) is False
        cache.set("count", 1)
        assert cache.incr("count") == 2
        assert cache.get_many(["a", "count", "nothing"]) == {"a": {"b": [1, 2]}, "count": 2}
        assert cache.delete("a") is True

    @pytest.mark.django_db
    @pytest.mark.urls("eventbooking_system.tests.urls")
    def test_throttles_count_in_redis(use_cache, redis_url, api, monkeypatch):
        rates = {"anon": "2/min", "user": None, "booking": None}
        monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
        monkeypatch.setattr(SimpleRateThrottle, "timer", lambda self: 90.0)
        use_cache(redis_url)
        cache.clear()
        assert [api.get("/api/clock/").status_code for _ in range(3)] == [200, 200, 429]
