"""Catalogue reads on a replica of the database, where DATABASE_REPLICA_URL names one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

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
