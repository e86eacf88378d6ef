"""
Request bodies, read before a request takes a place in the process.

A WSGI server reads a body only when the application asks for it, and waits for a slow client as long
as that takes. Here each body is read first, with a deadline. So a slow client takes a thread for ten
seconds, but no place, and a refusal leaves no part of a body on a connection that is kept alive.
"""

import math
import os
import re
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, NamedTuple

from django.conf import settings
from django.db import Error
from django.utils.module_loading import import_string

from eventbooking_system.db.connection_pool import release_connections, use_share
from eventbooking_system.errors import Busy
from eventbooking_system.server.load_shedding import answer_problem, refuse
from eventbooking_system.server.slow_clients import SlowClients

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

MAX_BODY = 64 * 1024
# Layouts, posters, the admin, and the scans of a scanner that was offline. Only staff may send so much.
LARGE = re.compile(
    r"/api/venues/[0-9]{1,18}/screens/|/api/events/[0-9]{1,19}/poster/$"
    r"|/api/shows/[0-9]{1,19}/check-in/sync/$|/admin/(?!login/)"
)
# How many bodies are read from one address at a time. The server must have twice as many threads, so
# that slow clients cannot use up all of them.
MAX_READING = 128

# More than browsers and proxies send. Libraries take long to parse a long header.
MAX_HEADER = 8 * 1024
MAX_CONTENT_TYPE = 1000
TOO_LONG_HEADER = "A header is too long."
CUT_OFF = "The body is shorter than its Content-Length, or came too slowly."
# Under which the limit is kept once it is known.
_LIMIT = "eventbooking.max_body"
_CONTENT_LENGTH = re.compile(r"[0-9]{1,15}")
# Servers add the environment of the process to that of a request.
_PROCESS_VARIABLES = {name for name in os.environ if not name.startswith("HTTP_")}


def max_body(environ: Environ) -> int:
    """
    Return how many bytes the body of a request may have.

    If its path may have a large body and the request claims one, the login is read.
    """
    if _LIMIT not in environ:
        may_be_large = _claimed(environ) > MAX_BODY and LARGE.match(environ["PATH_INFO"])
        is_large = may_be_large and import_string(settings.MAY_SEND_LARGE_BODIES)(environ)
        largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        environ[_LIMIT] = largest if is_large else min(MAX_BODY, largest)
    return environ[_LIMIT]


def _claimed(environ: Environ) -> float:
    """Return the size that a body claims, or infinity."""
    return math.inf if environ.get("HTTP_TRANSFER_ENCODING") else _length(environ)


class BodyReader:
    """A WSGI application that reads each body before the wrapped one."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock = threading.Lock()
        # How many bodies are being read, by address.
        self._reading: dict[str, int] = {}
        self._slow_clients = SlowClients()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _has_long_header(environ):
            start_response = _closing(environ, start_response)
            return answer_problem("bad_request", TOO_LONG_HEADER, environ, start_response)
        address = environ.get("REMOTE_ADDR", "")
        if claimed := _claimed(environ):
            if not self._begin(address):
                return refuse(environ, _closing(environ, start_response))
            try:
                body = self._read(environ, address, is_long=claimed > MAX_BODY)
            except (Error, Busy):  # The login could not be read.
                return refuse(environ, _closing(environ, start_response))
            finally:
                self._end(address)
            if body.is_cut_off:
                start_response = _closing(environ, start_response)
                return answer_problem("bad_request", CUT_OFF, environ, start_response)
            if not body.is_read_up:
                start_response = _closing(environ, start_response)
            environ["wsgi.input"] = BytesIO(body.content)
        with self._slow_clients.worked_on(address):
            return self._application(environ, start_response)

    def _read(self, environ: Environ, address: str, *, is_long: bool) -> "_Body":
        # The sender of a large body is known, and may take more time.
        is_large = is_long and _max_body_of_caller(environ) > MAX_BODY
        watched = self._slow_clients.worked_on if is_large else self._slow_clients.arriving
        with watched(address):
            return _read_body(environ)

    def _begin(self, address: str) -> bool:
        with self._lock:
            reading = self._reading.get(address, 0)
            if reading >= MAX_READING:
                return False
            self._reading[address] = reading + 1
            return True

    def _end(self, address: str) -> None:
        with self._lock:
            reading = self._reading.pop(address) - 1
            if reading:
                self._reading[address] = reading


def _length(environ: Environ) -> int:
    """Return the Content-Length. The middleware refuses one that is not a number."""
    length = environ.get("CONTENT_LENGTH") or "0"
    return int(length) if _CONTENT_LENGTH.fullmatch(length) else 0


def _max_body_of_caller(environ: Environ) -> int:
    """
    Return the limit of a body.

    The connection to the database is released as soon as the limit is known.
    """
    use_share("requests")
    try:
        return max_body(environ)
    finally:
        release_connections()


def _has_long_header(environ: Environ) -> bool:
    if len(environ.get("CONTENT_TYPE", "")) > MAX_CONTENT_TYPE:
        return True
    return any(
        len(environ[name]) > MAX_HEADER
        for name in environ.keys() - _PROCESS_VARIABLES
        if name.startswith("HTTP_")
    )


class _Body(NamedTuple):
    """The part of a body that was read. `is_read_up` says that the connection has no more of it."""

    content: bytes
    is_read_up: bool
    is_cut_off: bool = False


def _read_body(environ: Environ) -> _Body:
    """
    Read a body.

    The middleware refuses a body that is too large by its length. Here it is read and dropped, if it
    is not larger than any body may be.
    """
    stream, limit, length = environ["wsgi.input"], max_body(environ), _length(environ)
    if environ.get("HTTP_TRANSFER_ENCODING"):
        content = _read(stream, limit + 1)
        return _Body(content, len(content) <= limit or _drop(stream))
    if length <= limit:
        content = _read(stream, length)
        return _Body(content, True, is_cut_off=len(content) < length)
    return _Body(b"", length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE and _drop(stream))


def _read(stream: Any, size: int) -> bytes:
    try:
        return stream.read(size)
    except OSError:  # The client left.
        return b""


def _drop(stream: Any) -> bool:
    """Read the rest of a body without keeping it. Return whether that reached the end."""
    left = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    while left > 0 and (part := _read(stream, MAX_BODY)):
        left -= len(part)
    return left > 0


def _closing(environ: Environ, start_response: Callable[..., Any]) -> Callable[..., Any]:
    """
    Tell the client that the connection will be closed.

    A part of the body is still on it.
    """
    if "wsgi.input_terminated" not in environ:  # Django's own server allows no such header.
        return start_response

    def start(status: str, headers: list[tuple[str, str]], *args: Any) -> Any:
        return start_response(status, [*headers, ("Connection", "close")], *args)

    return start
