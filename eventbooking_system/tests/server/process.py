"""A production server as a process, and its bytes on the wire."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path

import psutil
from django.conf import settings

from benchmarks.machine import free_port, production_command
from eventbooking_system.server import slow_clients

HEAD = b"POST /api/echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


APPLICATION = "eventbooking_system.wsgi:application"
FULL_AT_ONCE = {"REQUESTS_AT_ONCE": "1", "REQUESTS_WAITING": "0"}


Server = tuple[int, subprocess.Popen[bytes]]


Answer = tuple[int, str, bytes]


@contextmanager
def serving(
    folder: Path,
    *,
    deadline: float = slow_clients.DEADLINE_SECONDS,
    is_awaited: bool = True,
    **environment: str,
) -> Iterator[Server]:
    """Start one production worker with the tests' views on an empty database."""
    (folder / "served.py").write_text(
        "from eventbooking_system.server import slow_clients\n"
        f"slow_clients.DEADLINE_SECONDS = {deadline}\n"
        "from eventbooking_system.wsgi import application\n"
        "from django.conf import settings\n"
        "settings.ROOT_URLCONF = 'eventbooking_system.tests.urls'\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{settings.BASE_DIR}:{folder}",
        "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough-0123456789",
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "THROTTLE_ANON": "off",
        **environment,
    }
    port = free_port()
    command = [*production_command(port), "--workers", "1"]
    command[command.index(APPLICATION)] = "served:application"
    server = subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        if is_awaited:
            wait_for(port)
        yield port, server
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(port: int, *, until_open: bool = True) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if (probe.connect_ex(("127.0.0.1", port)) == 0) == until_open:
                return
        time.sleep(0.1)
    raise TimeoutError


def wait_until_idle(server: Server) -> None:
    """Wait until a test's requests take no thread and no place."""
    port, process = server
    [worker] = psutil.Process(process.pid).children()
    for _ in range(300):
        if not any(wire.raddr for wire in worker.net_connections("tcp")):
            with connect(port) as wire:
                wire.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
                if read_answer(wire)[0] == 200:
                    return
        time.sleep(0.1)
    raise TimeoutError


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def read_answer(wire: socket.socket, method: str = "GET") -> Answer:
    with HTTPResponse(wire, method=method) as response:
        response.begin()
        return response.status, response.headers.get_content_type(), response.read()


def chunked(*chunks: bytes) -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"
