"""Tests of the shared cache, with Redis up and down."""

import socket
import time

import pytest
from django.core.cache import cache
from rest_framework.throttling import SimpleRateThrottle

from eventbooking_system.cache import backends as module
from eventbooking_system.tests.redis_server import NOBODY, THERE_IS_REDIS


def test_without_redis_the_cache_is_empty(use_cache, caplog):
    use_cache(NOBODY)
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
    # One line, not one for each.
    assert [record.message for record in caplog.records] == ["cache is down"]


def test_requests_do_not_wait_for_a_stopped_redis_each_time(use_cache, monkeypatch):
    use_cache(NOBODY)
    attempts = []
    monkeypatch.setattr(
        "redis.connection.Connection.connect", lambda self: attempts.append(1) or _refuse()
    )
    for _ in range(10):
        cache.get("a")
    assert len(attempts) == 1
    module.retry_at_once()
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
    use_cache(NOBODY)
    assert [api.get("/api/clock/").status_code for _ in range(3)] == [200] * 3


if THERE_IS_REDIS:

    def test_redis_keeps_what_it_is_given(use_cache, redis_url):
        use_cache(redis_url)
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
        assert [api.get("/api/clock/").status_code for _ in range(3)] == [200, 200, 429]
