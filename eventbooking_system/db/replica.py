"""
Catalogue reads on a replica of the database, where DATABASE_REPLICA_URL names one.

Whoever has just written reads from the primary for a while, whichever process serves him: the cache,
which all of them share, remembers who.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

# Longer than a healthy replica lags.
PINNED_SECONDS = 10

_reads_may_lag = ContextVar("reads_may_lag", default=False)


@contextmanager
def scope() -> Iterator[None]:
    """Within it, `let_reads_lag` may be called; after it, reads are fresh again."""
    token = _reads_may_lag.set(False)
    try:
        yield
    finally:
        _reads_may_lag.reset(token)


def let_reads_lag() -> None:
    _reads_may_lag.set(True)


def has_just_written(user: Any) -> bool:
    """Whether a customer wrote something so lately that the replica may not have it."""
    if "replica" not in settings.DATABASES or not user.is_authenticated:
        return False
    return cache.get(_key(user)) is not None


def _key(user: Any) -> str:
    return f"wrote:{user.pk}"


class RememberWritersMiddleware:
    """Notes who has just written; the answer is not out before that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_write = request.method not in ("GET", "HEAD", "OPTIONS", "TRACE")
        user = getattr(request, "user", None)
        if is_write and response.status_code < 400 and user and user.is_authenticated:
            cache.set(_key(user), True, PINNED_SECONDS)
        return response


class ReplicaRouter:
    """Django's database router: what it does not decide goes to the default database."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "replica" if _reads_may_lag.get() else "default"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, *_: Any, **__: Any) -> bool:
        return True

    def allow_migrate(self, database: str, *_: Any, **__: Any) -> bool:
        return database == "default"
