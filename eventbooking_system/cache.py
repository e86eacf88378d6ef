"""The shared cache, without which the system goes on."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# Nobody waits for a Redis that is down more often than this.
PAUSE_SECONDS = 5
_down_until = 0.0


def _empty_when_down(name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
    operation = getattr(DjangoRedisCache, name)

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


class RedisCache(DjangoRedisCache):
    """
    Redis, or an empty cache that keeps nothing while Redis is down.

    So throttles let everyone through then: tickets are sold without a cache, too.
    """

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        timeouts = {"socket_connect_timeout": 1, "socket_timeout": 1}
        params = {**params, "OPTIONS": {**timeouts, **params.get("OPTIONS", {})}}
        super().__init__(server, params)

    get = _empty_when_down("get", _default)
    get_many = _empty_when_down("get_many", lambda *_, **__: {})
    has_key = _empty_when_down("has_key", _no)
    add = _empty_when_down("add", _no)
    set = _empty_when_down("set", _nothing)
    set_many = _empty_when_down("set_many", lambda data, *_, **__: list(data))
    touch = _empty_when_down("touch", _no)
    incr = _empty_when_down("incr", _refuse_missing)
    delete = _empty_when_down("delete", _no)
    delete_many = _empty_when_down("delete_many", _nothing)
    clear = _empty_when_down("clear", _no)
