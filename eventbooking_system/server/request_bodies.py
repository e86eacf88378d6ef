"""
Request bodies, read before a request takes a place in the process.

A WSGI server reads a body only when the application asks for it, and waits for a slow client as long
as that takes. Here each body is read first. So a slow client takes a thread, but no place, and a
refusal leaves no part of a body on a connection that is kept alive.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.conf import settings

from eventbooking_system.server.load_shedding import refuse

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

MAX_BODY = 64 * 1024
# Layouts of staff, the admin, and the scans of a scanner that was offline. They need a login.
LARGE = re.compile(
    r"/api/venues/[0-9]{1,18}/screens/|/api/shows/[0-9]{1,19}/check-in/sync/$|/admin/(?!login/)"
)
# How many bodies are read from one address at a time. The server must have twice as many threads, so
# that slow clients cannot use up all of them.
MAX_READING = 128


def max_body(environ: Environ) -> int:
    """Return how many bytes the body of a request may have."""
    has_login = environ.get("HTTP_AUTHORIZATION") or environ.get("HTTP_COOKIE")
    if has_login and LARGE.match(environ["PATH_INFO"]):
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return min(MAX_BODY, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


class BodyReader:
    """A WSGI application that reads each body before it calls the wrapped application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._reading: Counter[str] = Counter()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("HTTP_TRANSFER_ENCODING") and not _length(environ):
            return self._application(environ, start_response)
        address = environ.get("REMOTE_ADDR", "")
        if not self._begin(address):
            return refuse(environ, _closing(environ, start_response))
        try:
            body, is_whole = _read_body(environ)
        finally:
            self._end(address)
        if not is_whole:
            start_response = _closing(environ, start_response)
        environ["wsgi.input"] = BytesIO(body)
        return self._application(environ, start_response)

    def _begin(self, address: str) -> bool:
        with self._lock:
            if self._reading[address] >= MAX_READING:
                return False
            self._reading[address] += 1
            return True

    def _end(self, address: str) -> None:
        with self._lock:
            self._reading[address] -= 1
            if not self._reading[address]:
                del self._reading[address]


def _length(environ: Environ) -> int:
    """Return the Content-Length. The middleware refuses one that is not a number."""
    length = environ.get("CONTENT_LENGTH") or "0"
    return int(length) if re.fullmatch(r"[0-9]{1,15}", length) else 0


def _read_body(environ: Environ) -> tuple[bytes, bool]:
    """
    Return the body, and whether nothing of it is left on the connection.

    The middleware refuses a body that is too large by its length. Here it is read and dropped, if it
    is not larger than any body may be.
    """
    stream, limit, length = environ["wsgi.input"], max_body(environ), _length(environ)
    if environ.get("HTTP_TRANSFER_ENCODING"):
        body = _read(stream, limit + 1)
        return body, len(body) <= limit or _drop(stream)
    if length <= limit:
        return _read(stream, length), True
    is_dropped = length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE and _drop(stream)
    return b"", is_dropped


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
    """Tell the client that the connection will be closed, as a part of the body is still on it."""
    if "wsgi.input_terminated" not in environ:  # Django's own server allows no such header.
        return start_response

    def start(status: str, headers: list[tuple[str, str]], *args: Any) -> Any:
        return start_response(status, [*headers, ("Connection", "close")], *args)

    return start
