"""
Answers that are computed once and cached while true.

An answer depends on named versions, such as "catalogue" or "stock:7". A transaction that changes the
data behind a name calls `invalidate`, and when it commits, the name gets a new value. An answer is
cached with the values from before its data was read, and is valid while they are unchanged. So an
answer that was read just before a commit is cached under an old value, and is never used again.

With Redis, all processes share versions and answers. Without Redis, or while it is down, a process
cannot learn of changes in other processes, and caches nothing for longer than a second.
"""

import random
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.db import transaction

from eventbooking_system.cache.in_process import LocalCache, SingleFlight
from eventbooking_system.db import replica

T = TypeVar("T")

# How long an answer is cached that changes in other processes cannot invalidate.
UNSHARED_SECONDS = 1.0
# Longer than any answer is cached, so that a version outlives the answers that depend on it.
_VERSION_SECONDS = 3600
# How long a process waits for another process that computes the same answer.
MAX_WAIT_SECONDS = 2
_POLL_SECONDS = 0.005
# How far a replica may be behind.
_LAG_SECONDS = 10

local_cache = LocalCache(max_bytes=128 * 2**20)
single_flight = SingleFlight()


def invalidate(*versions: str) -> None:
    """
    Mark the answers that depend on these versions as out of date.

    This takes effect when the transaction commits; outside a transaction, at once.
    """
    transaction.on_commit(partial(_renew, versions))


def _renew(versions: tuple[str, ...]) -> None:
    value = f"{time.time():.6f}/{random.getrandbits(32)}"
    for name in versions:
        cache.set(f"version:{name}", value, _VERSION_SECONDS)


@dataclass(frozen=True)
class Versions:
    """The values of some versions at one moment. One round trip reads them."""

    values: Mapping[str, str | None]
    shared: bool
    """Whether the processes share versions."""

    @classmethod
    def now(cls, *names: str) -> "Versions":
        found = cache.get_many([f"version:{name}" for name in names])
        values = {name: found.get(f"version:{name}") for name in names}
        # Only after the read, which notices when Redis is down.
        return cls(values, getattr(cache, "is_shared", False))

    def only(self, *names: str) -> "Versions":
        return Versions({name: self.values[name] for name in names}, self.shared)

    def __str__(self) -> str:
        return ",".join(value or "-" for value in self.values.values())

    @property
    def settled(self) -> bool:
        """Return whether a replica must have the last change by now."""
        times = [float(value.split("/")[0]) for value in self.values.values() if value]
        return not times or time.time() - max(times) > _LAG_SECONDS


@dataclass(frozen=True, slots=True)
class Kept:
    value: Any
    versions: Versions
    until: float

    def is_valid(self, versions: Versions) -> bool:
        return self.versions == versions and time.time() < self.until


@dataclass(frozen=True)
class _Wanted(Generic[T]):
    key: str
    compute: Callable[[], T]
    versions: Versions
    seconds: float
    until: Callable[[T], float] | None
    size: Callable[[T], int]


def get_or_compute(
    key: str,
    compute: Callable[[], T],
    *,
    versions: Versions,
    seconds: float,
    until: Callable[[T], float] | None = None,
    size: Callable[[T], int] = len,
) -> T:
    """
    Return the cached answer, or compute it once for all requests.

    The answer is cached for `seconds`, but not past the time that `until` returns for it, in
    seconds since the epoch. None is not cached. `size` returns the answer's approximate bytes.

    Inside a transaction the cache is neither read nor written, as the transaction may see rows that
    are never committed.
    """
    if transaction.get_connection().in_atomic_block:
        return compute()
    kept = local_cache.get(key)
    if kept is None or not kept.is_valid(versions):
        wanted = _Wanted(key, compute, versions, seconds, until, size)
        kept = single_flight.join((key, str(versions)), lambda: _recall(wanted))
    return kept.value


def clear_local() -> None:
    """Clear the cache of this process."""
    local_cache.clear()


def _recall(wanted: _Wanted[Any]) -> Kept:
    """Return the cached answer of any process, or compute it."""
    kept = local_cache.get(wanted.key)
    if kept is not None and kept.is_valid(wanted.versions):
        return kept
    kept = _computed_once(wanted) if wanted.versions.shared else _computed(wanted)
    if kept.value is not None:
        local_cache.put(wanted.key, kept, wanted.size(kept.value))
    return kept


def _computed_once(wanted: _Wanted[Any]) -> Kept:
    """Return another process's answer, or compute it for all processes."""
    lock = f"lock:{wanted.key}:{wanted.versions}"
    wait_until = time.monotonic() + MAX_WAIT_SECONDS
    while not cache.add(lock, 1, MAX_WAIT_SECONDS):
        if time.monotonic() > wait_until or not cache.is_shared:
            return _computed(wanted)
        time.sleep(_POLL_SECONDS)
        kept = cache.get(f"kept:{wanted.key}")
        if kept is not None and kept.is_valid(wanted.versions):
            return kept
    try:
        # The process that held the lock before may have cached it.
        kept = cache.get(f"kept:{wanted.key}")
        if kept is None or not kept.is_valid(wanted.versions):
            kept = _computed(wanted)
            if kept.value is not None:
                cache.set(f"kept:{wanted.key}", kept, max(1, round(wanted.seconds)))
        return kept
    finally:
        cache.delete(lock)


def _computed(wanted: _Wanted[Any]) -> Kept:
    read_at = time.time()
    with nullcontext() if wanted.versions.settled else replica.scope():
        value = wanted.compute()
    seconds = wanted.seconds if wanted.versions.shared else min(wanted.seconds, UNSHARED_SECONDS)
    end = read_at + seconds
    if wanted.until is not None and value is not None:
        end = min(end, wanted.until(value))
    return Kept(value, wanted.versions, end)
