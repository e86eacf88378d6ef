"""The part of the cache that each process has for itself."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class SingleFlight:
    """Computations under way, each shared by all requests that need its answer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[Hashable, Future] = {}

    def join(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Compute the answer, or wait for another thread that is computing it."""
        with self._lock:
            flight = self._running.get(key)
            is_mine = flight is None
            if is_mine:
                flight = self._running[key] = Future()
        if is_mine:
            try:
                flight.set_result(compute())
            except BaseException as error:
                flight.set_exception(error)
            finally:
                with self._lock:
                    del self._running[key]
        return flight.result()


class LocalCache:
    """A cache of limited size that drops the least recently used answer."""

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> Any:
        """Return the answer, or None if there is none."""
        with self._lock:
            if found := self._kept.get(key):
                self._kept.move_to_end(key)
                return found[0]
        return None

    def put(self, key: str, kept: Any, size: int) -> None:
        """Cache an answer of `size` bytes; drop others to make room."""
        with self._lock:
            self._drop(key)
            self._kept[key] = (kept, size)
            self._bytes += size
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _drop(self, key: str) -> None:
        if found := self._kept.pop(key, None):
            self._bytes -= found[1]
