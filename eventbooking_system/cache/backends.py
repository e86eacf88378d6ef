"""Cache backends. The system goes on working without the shared cache."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from django.core.cache.backends.redis import RedisCacheClient
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# How long a process does not try Redis again after it found Redis down.
PAUSE_SECONDS = 5
_down_until = 0.0


def retry_at_once() -> None:
    """Try Redis at the next operation, even if it was just down."""
    global _down_until  # noqa: PLW0603 - Django makes a cache object for each thread.
    _down_until = 0.0


def _empty_when_down(name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
    return _guarded(getattr(DjangoRedisCache, name), answer)


def _guarded(operation: Callable[..., Any], answer: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(operation)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        global _down_until  # noqa: PLW0603 - Django makes a cache object for each thread.
        if time.monotonic() >= _down_until:
            try:
                return operation(self, *args, **kwargs)
            except RedisError as error:
                _down_until = time.monotonic() + PAUSE_SECONDS
                log.warning("cache is down", extra={"error": str(error)})
        return answer(*args, **kwargs)

    return guarded


def _default(key: str, default: Any = None, version: int | None = None) -> Any:
    return default


def _no(*_: Any, **__: Any) -> bool:
    return False


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _refuse_missing(key: str, *_: Any, **__: Any) -> None:
    raise ValueError(f"Key {key!r} not found")


class LocalCache(LocMemCache):
    """A cache of one process. It does not check for keys that Memcached would refuse."""

    def validate_key(self, key: str) -> None:
        pass


class _Client(RedisCacheClient):
    """
    A client that is made once for each pool.

    Making a client takes longer than asking Redis.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: dict[Any, Any] = {}

    def get_client(self, key: str | None = None, *, write: bool = False) -> Any:
        pool = self._get_connection_pool(write)
        if pool not in self._clients:
            self._clients[pool] = self._client(connection_pool=pool)
        return self._clients[pool]


class RedisCache(DjangoRedisCache):
    """
    Redis, or an empty cache while Redis is down.

    While it is down, throttles let every request pass, so that tickets are still sold.
    """

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        timeouts = {"socket_connect_timeout": 1, "socket_timeout": 1}
        params = {**params, "OPTIONS": {**timeouts, **params.get("OPTIONS", {})}}
        super().__init__(server, params)
        self._class = _Client

    def count_up(self, counters: Sequence[tuple[str, str, int, int]]) -> list[tuple[int, int]]:
        """Do as the function of this name, in one round trip."""
        pipeline = self._cache.get_client(write=True).pipeline(transaction=False)
        for name, name_before, step, seconds in counters:
            key = self.make_and_validate_key(name)
            pipeline.incr(key, step).expire(key, seconds).get(
                self.make_and_validate_key(name_before)
            )
        answers = pipeline.execute()
        return [
            (count, int(before or 0))
            for count, before in zip(answers[::3], answers[2::3], strict=True)
        ]

    @property
    def is_shared(self) -> bool:
        """
        Return whether other processes see the values that are set here.

        They do not while Redis is down.
        """
        return time.monotonic() >= _down_until

    get = _empty_when_down("get", _default)
    get_many = _empty_when_down("get_many", lambda *_, **__: {})
    has_key = _empty_when_down("has_key", _no)
    add = _empty_when_down("add", _no)
    set = _empty_when_down("set", _nothing)
    set_many = _empty_when_down("set_many", lambda data, *_, **__: list(data))
    touch = _empty_when_down("touch", _no)
    incr = _empty_when_down("incr", _refuse_missing)
    count_up = _guarded(count_up, lambda counters: [(0, 0)] * len(counters))
    delete = _empty_when_down("delete", _no)
    delete_many = _empty_when_down("delete_many", _nothing)
    clear = _empty_when_down("clear", _no)


def count_up(counters: Sequence[tuple[str, str, int, int]]) -> list[tuple[int, int]]:
    """
    Add to each counter, and return its new value.

    The value of the counter before it is returned, too. A counter is its name, the name of the
    counter before it, the number to add, and its lifetime in seconds.
    """
    if counted := getattr(cache, "count_up", None):
        return counted(counters)
    counts = []
    for name, name_before, step, seconds in counters:
        try:
            count = cache.incr(name, step)
        except ValueError:  # It is new, or was evicted.
            cache.set(name, step, seconds)
            count = step
        counts.append((count, cache.get(name_before, 0)))
    return counts


def count_down(names: Sequence[str], step: int = 1) -> None:
    """Subtract from each of these counters."""
    for name in names:
        with suppress(ValueError):  # It was evicted.
            cache.decr(name, step)
