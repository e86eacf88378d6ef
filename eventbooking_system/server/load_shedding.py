"""
Load shedding, the immediate refusals of a full process.

It wraps the WSGI application under any server. The server must have more threads than the
requests that may be inside and waiting, so that there is always a thread to refuse the next
request. Otherwise requests would queue in the server, where their age is unknown.
"""

import json
import logging
import re
import threading
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from operator import attrgetter
from typing import Any

from eventbooking_system.db.connection_pool import release_connections, use_share
from eventbooking_system.errors import Busy, soon
from eventbooking_system.problems import MEDIA_TYPE, problem_document
from eventbooking_system.server.request_context import network_of, request_id

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# Never refused: probes and preflights cost little, and people at the door are in already.
URGENT = re.compile(r"/(healthz|readyz|metrics)/|/api/bookings/(webhooks|check-in)/")
# Requests that mostly wait for a payment provider. They have places of their own.
PAYMENTS = re.compile(
    r"/api/bookings/[0-9]{1,19}/(payments|cancel)/$|/api/shows/[0-9]{1,19}/cancel/$"
)
# Requests that hash a password, which keeps a processor busy for a third of a second. One at a time
# is inside, beside the others, so that logins cannot slow the sale down. Networks take turns.
PASSWORDS = re.compile(
    r"/api/users/(register|login|me|email/change|password/(change|reset/confirm))/$|/admin/(login|second-factor)/$"
)
PASSWORDS_AT_ONCE, PASSWORDS_WAITING = 1, 16
# Each has as many connections to the database, so that none keeps another from it.
SHARES = ("requests", "payments", "urgent", "passwords")
# After so long a wait, most clients have gone.
PATIENCE_SECONDS = 5.0
_WEIGHT_OF_LAST = 0.1
_LOG_EVERY_SECONDS = 1.0


class LoadShedder:
    """
    A WSGI application that refuses requests with 503 `busy`.

    They are refused before anything is read or written. At most `at_once` requests are inside the
    wrapped application, and at most `waiting` wait; at most `payments` requests that talk to a
    payment provider, and one that hashes a password, are inside beside them.
    """

    def __init__(
        self, application: Application, *, at_once: int, waiting: int, payments: int
    ) -> None:
        self._application = application
        self._gates = {
            "requests": Gate(at_once=at_once, waiting=waiting),
            "payments": Gate(at_once=payments, waiting=0),
            "passwords": Gate(at_once=PASSWORDS_AT_ONCE, waiting=PASSWORDS_WAITING),
        }
        self._lock = threading.Lock()
        self._refused = 0
        self._logged_at = 0.0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        share = share_of(environ)
        gate = self._gates.get(share)
        if gate is None:
            return self._serve(share, environ, start_response)
        # Hashing takes long, so that the requests of few networks could use up all of its time.
        network = network_of(environ) if share == "passwords" else ""
        if not gate.enter(network):
            self._note_refusal()
            return refuse(environ, start_response)
        try:
            # The answer is complete by then, or a file, which may take its client's time.
            return self._serve(share, environ, start_response)
        finally:
            gate.leave()

    def _serve(
        self, share: str, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        use_share(share)
        try:
            return self._application(environ, start_response)
        finally:
            release_connections()

    def _note_refusal(self) -> None:
        """
        Log one line a second at the most.

        A process that refuses requests has no time for more.
        """
        with self._lock:
            self._refused += 1
            now = time.monotonic()
            if now - self._logged_at < _LOG_EVERY_SECONDS:
                return
            refused, self._refused, self._logged_at = self._refused, 0, now
        log.warning("busy: requests refused", extra={"refused": refused})


@dataclass
class _Turn:
    """
    A waiting request.

    `round` says how many requests of its network come before it. `lock` is acquired while the
    request waits; releasing it ends the wait.
    """

    network: str
    round: int
    lock: threading.Lock
    is_refused: bool = False


class Gate:
    """
    A gate with a limit of requests inside and waiting.

    At most `at_once` are inside, and at most `waiting` wait. Networks take turns, and the requests
    of one network are in order. A request that would wait for more than PATIENCE_SECONDS, at the
    pace of just now, is refused. If too many wait, the newest request of the network with most of
    them is.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._most_waiting = waiting
        self._lock = threading.Lock()
        self._inside = 0
        self._queue: deque[_Turn] = deque()
        self._round = 0  # That of the request that was let in last.
        # Seconds from one request that came out to the next, on average, since there is a queue.
        self._pace = 0.0
        self._left_at = 0.0

    def enter(self, network: str = "") -> bool:
        with self._lock:
            if self._inside < self._at_once:
                self._inside += 1
                return True
            turn = self._add_turn(network)
        if turn is None:
            return False
        if turn.lock.acquire(timeout=PATIENCE_SECONDS):
            return not turn.is_refused
        with self._lock:
            if turn in self._queue:
                self._queue.remove(turn)
                return False
        return not turn.is_refused  # The turn came at the last moment.

    def _add_turn(self, network: str) -> _Turn | None:
        """Queue a request of a network, or return None to refuse it. Expects the lock."""
        rounds = [turn.round for turn in self._queue if turn.network == network]
        turn = _Turn(network, rounds[-1] + 1 if rounds else self._round, threading.Lock())
        place = bisect_right(self._queue, turn.round, key=attrgetter("round"))
        if place * self._pace > PATIENCE_SECONDS:
            return None
        if len(self._queue) >= self._most_waiting:
            if place == len(self._queue):
                return None
            last = self._queue.pop()
            last.is_refused = True
            last.lock.release()
        if not self._queue:
            # Idle time before the queue does not count for the pace.
            self._left_at = time.monotonic()
        turn.lock.acquire()
        self._queue.insert(place, turn)
        return turn

    def leave(self) -> None:
        with self._lock:
            now = time.monotonic()
            if self._queue:
                self._pace += (now - self._left_at - self._pace) * _WEIGHT_OF_LAST
                turn = self._queue.popleft()  # This request takes over the place.
                self._round = turn.round
                turn.lock.release()
            else:
                self._pace = 0.0
                self._inside -= 1
            self._left_at = now


def share_of(environ: Environ) -> str:
    """Return the name of the share that a request uses."""
    path = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] == "OPTIONS" or URGENT.match(path):
        return "urgent"
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") and PASSWORDS.match(path):
        return "passwords"
    return "payments" if PAYMENTS.match(path) else "requests"


def refuse(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer 503 `busy` and when to come back."""
    detail = "Too many people are here at once. Try again in a moment."
    return answer_problem(Busy.code, detail, environ, start_response, *soon().items())


def answer_problem(
    code: str,
    detail: str,
    environ: Environ,
    start_response: Callable[..., Any],
    *headers: tuple[str, str],
) -> Iterable[bytes]:
    """Answer a problem from outside Django."""
    document = problem_document(code, detail)
    body = json.dumps(document).encode()
    answered = [
        ("Content-Type", MEDIA_TYPE),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Request-ID", request_id(environ.get("HTTP_X_REQUEST_ID", ""))),
        *headers,
    ]
    if "HTTP_ORIGIN" in environ:
        # The answer holds no secret, and a browser's script must see when to come back.
        answered += [
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Expose-Headers", "Retry-After, X-Request-ID"),
        ]
    status = HTTPStatus(document["status"])
    start_response(f"{status.value} {status.phrase}", answered)
    return [body]
