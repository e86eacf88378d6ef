"""
Lanes: limits for a process's simultaneous requests for the same rows.

While somebody keeps the seats of one show locked, each request for them waits until `lock_timeout`
and holds a place of the process meanwhile. Without a limit such requests take all places, and
nobody is served for any other show. A lane leaves one place to the others. Once a request has
waited long in it, or has just timed out, the lane lets in one request at a time and refuses the
others immediately.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import OperationalError

from eventbooking_system.errors import Busy
from eventbooking_system.problems import is_contention

# Seconds after a time-out for which a lane lets in one request at a time.
COOL_DOWN_SECONDS = 5.0


@dataclass
class _Lane:
    entered_at: dict[object, float] = field(default_factory=dict)
    timed_out_at: float = float("-inf")

    def is_slow(self, now: float, *, after: float) -> bool:
        """Tell whether a request waited long or has just timed out."""
        oldest = min(self.entered_at.values(), default=now)
        return now - oldest > after or now - self.timed_out_at < COOL_DOWN_SECONDS


class Lanes:
    """The lanes of a process, one for each key. Without a limit, everyone enters."""

    def __init__(self, *, wait_seconds: float, slow_seconds: float) -> None:
        self._wait_seconds, self._slow_seconds = wait_seconds, slow_seconds
        self._at_once: int | None = None
        self._changed = threading.Condition()
        self._lanes: dict[object, _Lane] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    def limit(self, at_once: int | None) -> None:
        """Set how many requests one lane takes, or None for any number."""
        self._at_once = at_once

    @contextmanager
    def enter(self, key: object) -> Iterator[None]:
        """Run the block in a lane. Raises Busy if the lane is full."""
        if self._at_once is None:
            yield
            return
        token = object()
        self._admit(key, token, self._at_once)
        try:
            yield
        except OperationalError as error:
            if is_contention(error):
                self._lanes[key].timed_out_at = time.monotonic()
            raise
        finally:
            self._leave(key, token)

    def _admit(self, key: object, token: object, at_once: int) -> None:
        until = time.monotonic() + self._wait_seconds
        with self._changed:
            while True:
                now = time.monotonic()
                lane = self._lanes.setdefault(key, _Lane())
                is_slow = lane.is_slow(now, after=self._slow_seconds)
                if len(lane.entered_at) < (1 if is_slow else at_once):
                    lane.entered_at[token] = now
                    return
                if is_slow or not self._changed.wait(until - now):
                    raise Busy("Others are waiting for this already. Try again in a moment.")

    def _leave(self, key: object, token: object) -> None:
        with self._changed:
            lane = self._lanes[key]
            del lane.entered_at[token]
            self._changed.notify_all()
            now = time.monotonic()
            over = [
                other
                for other, each in self._lanes.items()
                if not each.entered_at and now - each.timed_out_at >= COOL_DOWN_SECONDS
            ]
            for other in over:
                del self._lanes[other]


# A hold keeps its place of the process while it waits in a lane. A payment to record keeps none: its
# provider was asked already, so it waits longer, and for a connection, too.
HOLDS = Lanes(wait_seconds=0.5, slow_seconds=1.0)
PAYMENTS = Lanes(wait_seconds=3.0, slow_seconds=2.0)


def limit_lanes(at_once: int) -> None:
    """Leave one of a process's places to requests for other rows."""
    HOLDS.limit(max(1, at_once - 1))
    PAYMENTS.limit(max(1, at_once - 1))
