"""
The deadline for requests that arrive slowly.

A WSGI server waits for a body as long as its client likes, and an application cannot end that wait.
So a thread looks at the connections of this process, as the Linux kernel describes them, and ends
the reading side of those whose request has not arrived in time. The read then returns what has
come. On other systems, and for UNIX sockets, only the proxy in front has a deadline.
"""

import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

log = logging.getLogger(__name__)

DEADLINE_SECONDS = 10.0
# The server closes a connection that is idle for longer, so this one is not idle.
IDLE_SECONDS = 35.0
_LOOK_EVERY_SECONDS = 1.0
# In Linux's `struct tcp_info`: milliseconds since data was sent, and since data was received; the
# number of bytes that the client has acknowledged, of which one is the handshake, and has sent.
_TCP_INFO = struct.Struct("=44xI4xI64xQQ")

Timed = tuple[str, float]


class Connection(NamedTuple):
    """A connection of a client, by the inode of its socket."""

    inode: str
    address: str
    # Seconds since the last answer, or since the connection was made.
    unanswered: float
    has_request: bool


class _Listed:
    """A block in which this thread's request is listed."""

    __slots__ = ("_address", "_requests")

    def __init__(self, requests: dict[int, Timed], address: str) -> None:
        self._requests, self._address = requests, address

    def __enter__(self) -> None:
        self._requests[threading.get_ident()] = self._address, time.monotonic()

    def __exit__(self, *_: object) -> None:
        del self._requests[threading.get_ident()]


class SlowClients:
    """
    Ends connections whose request does not arrive within the deadline.

    The kernel cannot tell a request that arrives from one that is worked on. So the connections of
    an address are left alone while a request of that address has been worked on for as long.
    """

    def __init__(self) -> None:
        self._deadline = DEADLINE_SECONDS
        # Address and start, by thread.
        self._arriving: dict[int, Timed] = {}
        self._worked_on: dict[int, Timed] = {}
        # When a look first saw the request that a connection has, by inode.
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()
        self._is_watching = False

    def arriving(self, address: str) -> "_Listed":
        """Set a deadline for the body that this thread reads meanwhile."""
        if not self._is_watching:
            self._start_watching()
        return _Listed(self._arriving, address)

    def worked_on(self, address: str) -> "_Listed":
        """Let the request that this thread works on take its time."""
        return _Listed(self._worked_on, address)

    def _start_watching(self) -> None:
        with self._lock:
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, daemon=True, name="slow clients").start()

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_SECONDS)
            try:
                self.look(time.monotonic())
            except Exception:
                log.exception("slow clients not ended")

    def look(self, now: float) -> None:
        """Note unanswered requests, and end the connections of overdue ones."""
        if not _addresses(self._arriving, now - _LOOK_EVERY_SECONDS):
            self._seen.clear()
            return
        late = _addresses(self._arriving, now - self._deadline)
        late -= _addresses(self._worked_on, now - self._deadline + 2 * _LOOK_EVERY_SECONDS)
        seen = {}
        for wire, connection in _connections():
            if not connection.has_request:
                continue
            since = self._seen.get(connection.inode, now)
            if connection.unanswered < now - since:  # That was the request before.
                since = now
            seen[connection.inode] = since
            if connection.address in late and now - since >= self._deadline:
                wire.shutdown(socket.SHUT_RD)
        self._seen = seen


def _addresses(requests: dict[int, Timed], started_before: float) -> set[str]:
    """Return the addresses of the requests that have taken since then."""
    return {address for address, start in list(requests.values()) if start <= started_before}


def _connections() -> Iterator[tuple[socket.socket, Connection]]:
    """Yield each client's connection with a duplicate of its socket."""
    sockets = list(_sockets())
    listening = {
        wire.getsockname()[1]
        for _, wire in sockets
        if wire.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    }
    for inode, wire in sockets:
        with wire, suppress(OSError):  # It is not connected, or no longer.
            if wire.getsockname()[1] in listening:
                yield wire, _described(inode, wire)


def _sockets() -> Iterator[tuple[str, socket.socket]]:
    """Yield the inode and a duplicate of each TCP socket."""
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            inode = os.readlink(f"/proc/self/fd/{descriptor}")
            if not inode.startswith("socket:"):
                continue
            wire = socket.socket(fileno=os.dup(int(descriptor)))
        except OSError:  # It was closed meanwhile.
            continue
        if wire.family in (socket.AF_INET, socket.AF_INET6) and wire.type == socket.SOCK_STREAM:
            yield inode, wire
        else:
            wire.close()


def _described(inode: str, wire: socket.socket) -> Connection:
    info = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    sent, received, acknowledged, came = _TCP_INFO.unpack(info)
    is_first = acknowledged <= 1
    has_request = came > 0 and (is_first or received < sent or sent > IDLE_SECONDS * 1000)
    return Connection(inode, wire.getpeername()[0], sent / 1000, has_request)
