"""
The faults of `benchmarks.history`.

Processes are killed or stopped, and connections are ended.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import psutil
import psycopg2

from benchmarks.machine import query

# Two deaths of web processes within five seconds end the server.
EVERY_SECONDS = 7.0
_OTHERS = "pid <> pg_backend_pid() AND backend_type = 'client backend'"


class Faults:
    """The parts that can be broken while clients work, with counts."""

    def __init__(self, chance: random.Random, *, server: int, url: str) -> None:
        self._chance = chance
        self._server = server
        self._url = url
        self._kinds: dict[str, Callable[[], object]] = {"web process": self._kill_web}
        self._every = EVERY_SECONDS
        self.done: Counter[str] = Counter()

    def only(self, every: float, **restarts: Callable[[], object]) -> None:
        """Break only these, and pause this many seconds between faults."""
        self._every, self._kinds = every, restarts

    def add_all(self, **restarts: Callable[[], object]) -> None:
        """Add all other faults, and these restarts. At first only web processes are killed."""
        self._kinds |= {
            "pause": self._pause_web,
            "connections": self._disconnect,
            "backend": self._kill_backend,
            **restarts,
        }

    def work(self, end: float) -> None:
        """Break something, again and again."""
        while time.monotonic() < end - self._every:
            time.sleep(self._every)
            name = self._chance.choice(list(self._kinds))
            with suppress(
                psutil.Error, psycopg2.Error, IndexError
            ):  # Nothing is left that could be broken.
                self._kinds[name]()
                self.done[name] += 1

    def _web(self) -> psutil.Process:
        children = psutil.Process(self._server).children()
        return self._chance.choice([each for each in children if each.num_threads() > 3])

    def _kill_web(self) -> None:
        self._web().kill()

    def _pause_web(self) -> None:
        victim = self._web()
        victim.send_signal(signal.SIGSTOP)
        time.sleep(self._chance.uniform(0.5, 3))
        victim.send_signal(signal.SIGCONT)

    def _disconnect(self) -> None:
        query(self._url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_OTHERS}")

    def _kill_backend(self) -> None:
        """Kill one process of PostgreSQL, which then ends all others and recovers."""
        found = query(self._url, f"SELECT pid FROM pg_stat_activity WHERE {_OTHERS}")
        psutil.Process(self._chance.choice(found)[0]).kill()
