"""
Load shedding: a process that has enough to do says so at once, and stays quick for those it serves.

It wraps the WSGI application, whatever server runs it. The server's threads outnumber the requests
that may be inside and waiting, so that there is always one left to refuse the next: otherwise
requests would queue where nobody sees how old they are.
"""

import json
import logging
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from eventbooking_system.db.connection_pool import release_connections
from eventbooking_system.errors import Busy
from eventbooking_system.problems import MEDIA_TYPE, problem_document
from eventbooking_system.server.request_context import request_id

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# Never refused, and not counted. Probes and preflights cost nothing. Those at the door are in.
# Whoever pays has seats already, and what talks to a payment provider mostly waits for it.
URGENT = re.compile(
    r"/(healthz|readyz|metrics)/|/api/bookings/(webhooks|check-in)/"
    r"|/api/bookings/[0-9]+/(payments|cancel)/$|/api/shows/[0-9]+/cancel/$"
)
# Who waits so long has mostly gone.
PATIENCE_SECONDS = 5.0
_WEIGHT_OF_LAST = 0.1
_LOG_EVERY_SECONDS = 1.0


class LoadShedder:
    """
    At most `at_once` requests are inside the application, and at most `waiting` wait for one to
    come out, first come, first served. Others get 503 `busy` before anything was read or written;
    so does who would wait for more than PATIENCE_SECONDS, as fast as requests come out just now.
    """

    def __init__(self, application: Application, *, at_once: int, waiting: int) -> None:
        self._application = application
        self._at_once = at_once
        self._most_waiting = waiting
        self._lock = threading.Lock()
        self._inside = 0
        # Of each who waits a lock that is taken: its release is their turn.
        self._queue: deque[threading.Lock] = deque()
        # Seconds from one request that came out to the next, on average, since there is a queue.
        self._pace = 0.0
        self._left_at = 0.0
        self._refused = 0
        self._logged_at = 0.0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if is_urgent(environ):
            return self._serve(environ, start_response)
        if not self._enter():
            self._note_refusal()
            return _refuse(environ, start_response)
        try:
            # The answer is complete by then, or a file, which may take its client's time.
            return self._serve(environ, start_response)
        finally:
            self._leave()

    def _serve(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return self._application(environ, start_response)
        finally:
            release_connections()

    def _enter(self) -> bool:
        with self._lock:
            if self._inside < self._at_once:
                self._inside += 1
                return True
            waiting = len(self._queue)
            if waiting >= self._most_waiting or waiting * self._pace > PATIENCE_SECONDS:
                return False
            if not waiting:
                self._left_at = time.monotonic()  # What was idle before says nothing of the pace.
            turn = threading.Lock()
            turn.acquire()
            self._queue.append(turn)
        if turn.acquire(timeout=PATIENCE_SECONDS):
            return True
        with self._lock:
            if turn in self._queue:
                self._queue.remove(turn)
                return False
        return True  # The turn came at the last moment.

    def _leave(self) -> None:
        with self._lock:
            now = time.monotonic()
            if self._queue:
                self._pace += (now - self._left_at - self._pace) * _WEIGHT_OF_LAST
                self._queue.popleft().release()  # Who comes next takes over the place.
            else:
                self._pace = 0.0
                self._inside -= 1
            self._left_at = now

    def _note_refusal(self) -> None:
        """One line a second at the most: to log is work, too."""
        with self._lock:
            self._refused += 1
            now = time.monotonic()
            if now - self._logged_at < _LOG_EVERY_SECONDS:
                return
            refused, self._refused, self._logged_at = self._refused, 0, now
        log.warning("busy: requests refused", extra={"refused": refused})


def is_urgent(environ: Environ) -> bool:
    return environ["REQUEST_METHOD"] == "OPTIONS" or bool(URGENT.match(environ["PATH_INFO"]))


def _refuse(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    document = problem_document(
        Busy.code, "Too many people are here at once. Try again in a moment."
    )
    body = json.dumps(document).encode()
    headers = [
        ("Content-Type", MEDIA_TYPE),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Request-ID", request_id(environ.get("HTTP_X_REQUEST_ID", ""))),
        # Not all at the same moment.
        ("Retry-After", str(random.randint(1, 3))),
    ]
    if "HTTP_ORIGIN" in environ:
        # Nothing in it is anybody's secret, and a browser must see when to come back.
        headers += [
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Expose-Headers", "Retry-After, X-Request-ID"),
        ]
    start_response("503 Service Unavailable", headers)
    return [body]
