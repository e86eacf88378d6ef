"""
Catalogue reads on a replica of the database, if DATABASE_REPLICA_URL names one.

A customer who has just written reads from the primary for some seconds, in every process. The
shared cache holds the customers who have just written.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

# Longer than the lag of a healthy replica.
PINNED_SECONDS = 10

_reads_may_lag = ContextVar("reads_may_lag", default=False)


@contextmanager
def scope() -> Iterator[None]:
    """Limit the effect of `let_reads_lag` to this block. After it, reads are fresh again."""
    token = _reads_may_lag.set(False)
    try:
        yield
    finally:
        _reads_may_lag.reset(token)


def let_reads_lag() -> None:
    _reads_may_lag.set(True)


def has_just_written(user: Any) -> bool:
    """Return whether the replica may lack a customer's last writes."""
    if "replica" not in settings.DATABASES or not user.is_authenticated:
        return False
    return cache.get(_key(user.pk)) is not None


def _key(account_id: int) -> str:
    return f"wrote:{account_id}"


def _account_of(request: HttpRequest) -> int | None:
    """
    Return the account that sent a request.

    `account_id` names it if no user was read.
    """
    user = getattr(request, "user", None)
    return getattr(request, "account_id", None) or (user.pk if user else None)


class RememberWritersMiddleware:
    """Notes that a customer has written, before the answer is sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_write = request.method not in ("GET", "HEAD", "OPTIONS", "TRACE")
        if is_write and response.status_code < 400 and (account_id := _account_of(request)):
            cache.set(_key(account_id), True, PINNED_SECONDS)
        return response


class ReplicaRouter:
    """A database router of Django. Queries that it does not decide use the default database."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "replica" if _reads_may_lag.get() else "default"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, *_: Any, **__: Any) -> bool:
        return True

    def allow_migrate(self, database: str, *_: Any, **__: Any) -> bool:
        return database == "default"
