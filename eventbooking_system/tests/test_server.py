"""Tests over the wire, with the server command of the README."""

import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from benchmarks.machine import free_port, production_command
from eventbooking_system.server import slow_clients

HEAD = b"POST /api/echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
APPLICATION = "eventbooking_system.wsgi:application"

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
            _wait_for(port)
        yield port, server
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(port: int, *, until_open: bool = True) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if (probe.connect_ex(("127.0.0.1", port)) == 0) == until_open:
                return
        time.sleep(0.1)
    raise TimeoutError


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


def _connection(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


@pytest.fixture
def send(server: Server) -> Callable[..., Answer]:
    """`send(bytes)`: send a request; return the answer's status, content type and body."""

    def exchange(request: bytes, *, hang_up: bool = False) -> Answer:
        with _connection(server[0]) as wire:
            wire.sendall(request)
            if hang_up:
                wire.shutdown(socket.SHUT_WR)
            return _answer(wire)

    return exchange


def _answer(wire: socket.socket, method: str = "GET") -> Answer:
    with HTTPResponse(wire, method=method) as response:
        response.begin()
        return response.status, response.headers.get_content_type(), response.read()


def chunked(*chunks: bytes) -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


def test_a_body_with_its_length_is_read(send):
    status, content_type, body = send(HEAD + b'Content-Length: 13\r\n\r\n{"text": "a"}')
    assert (status, content_type, body) == (200, "application/json", b'{"owner":null,"text":"a"}')


def test_a_body_in_chunks_is_read(send):
    status, _, body = send(chunked(b'{"text"', b': "a"}'))
    assert (status, body) == (200, b'{"owner":null,"text":"a"}')


def test_a_body_in_chunks_that_is_too_large_is_refused(send):
    status, content_type, body = send(chunked(*[b"a" * 1024 * 1024] * 4))
    assert (status, content_type) == (413, "application/problem+json")
    assert b'"too_large"' in body


@pytest.mark.parametrize("come", [b"", b"d\r\n", b'd\r\n{"text"', b'9\r\n{"text": \r\nzz\r\n"a"}'])
def test_chunks_that_end_early_are_a_bad_request(send, come):
    broken = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + come
    assert send(broken, hang_up=True)[:2] == (400, "application/problem+json")


def test_chunks_whose_end_would_not_be_missed_are_refused(send):
    form = chunked(b"text=a").replace(b"application/json", b"application/x-www-form-urlencoded")
    status, content_type, body = send(form)
    assert (status, content_type) == (400, "application/problem+json")
    assert b'"bad_request"' in body


def test_chunks_with_a_length_end_their_connection(server):
    """Bytes that another server would take for a request get no answer."""
    with _connection(server[0]) as wire:
        wire.sendall(chunked(b"{}").replace(b"\r\n\r\n", b"\r\nContent-Length: 4\r\n\r\n", 1))
        assert _answer(wire)[0] == 200
        assert wire.recv(1) == b""


def test_a_length_that_is_too_large_is_refused_unread(send):
    status, content_type, body = send(HEAD + b"Content-Length: 99999999999\r\n\r\n{}")
    assert (status, content_type) == (413, "application/problem+json")
    assert b'"too_large"' in body


@pytest.mark.parametrize("come", [b"", b'{"text"', b'{"text": "a"}'])
def test_a_body_shorter_than_its_length_is_a_bad_request(send, come):
    status, content_type, body = send(HEAD + b"Content-Length: 50\r\n\r\n" + come, hang_up=True)
    assert (status, content_type) == (400, "application/problem+json")
    assert b'"bad_request"' in body


def test_body_is_cut_at_its_content_length(send):
    status, content_type, body = send(HEAD + b'Content-Length: 5\r\n\r\n{"text": "a"}')
    assert (status, content_type) == (400, "application/problem+json")
    assert b"parse_error" in body


def test_no_length_is_no_body(send):
    assert send(HEAD + b"\r\n")[::2] == (200, b'{"owner":null}')


@pytest.mark.parametrize("length", [b"-1", b"nonsense", b"1, 1", b"0x2"])
def test_a_length_that_is_no_number_is_refused(send, length):
    """The server refuses it before there is a path. So this one error is no problem document."""
    assert send(HEAD + b"Content-Length: " + length + b"\r\n\r\n{}")[0] == 400


def test_a_path_leads_to_the_same_again(send):
    pages = [b"busy", b"not-found", b"busy", b"not-found"]
    heads = [b"GET /api/problems/" + page + b"/ HTTP/1.1\r\nHost: localhost\r\n" for page in pages]
    answers = [send(head + b"Accept: application/json\r\n\r\n") for head in heads]
    assert answers[:2] == answers[2:]
    assert answers[0] != answers[1]
    assert {status for status, *_ in answers} == {200}


@pytest.mark.parametrize("path", [b"/%ff%00/", b"/api/groups/%00/", b"//", b"/../../etc/passwd"])
def test_odd_paths_are_not_found(send, path):
    status, content_type, _ = send(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (status, content_type) == (404, "application/problem+json")


def test_another_host_is_a_bad_request(send):
    status, content_type, _ = send(b"GET /healthz/ HTTP/1.1\r\nHost: evil.example.org\r\n\r\n")
    assert (status, content_type) == (400, "application/problem+json")


def test_a_database_that_lacks_its_tables_is_not_ready(send):
    status, content_type, body = send(b"GET /readyz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (status, content_type) == (503, "application/problem+json")
    assert b"migrations pending" in body


def test_a_crash_tells_nothing(send):
    status, content_type, body = send(b"GET /api/failing/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (status, content_type) == (500, "application/problem+json")
    assert b"hunter2" not in body and b"Traceback" not in body


def test_static_files_are_served_without_having_been_collected(send):
    path = b"/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css"
    assert send(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")[0] == 200


def test_requests_follow_each_other_on_a_connection(server):
    with _connection(server[0]) as wire:
        for _ in range(2):
            wire.sendall(b"HEAD /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert _answer(wire, "HEAD")[::2] == (200, b"")
            wire.sendall(HEAD + b"Content-Length: 2\r\n\r\n{]")
            assert _answer(wire)[0] == 400


def test_http_2_is_left_to_the_proxy(server):
    """HTTP/2 bodies need no length, so Django would see none."""
    with _connection(server[0]) as wire:
        wire.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert wire.recv(1) == b""


def test_a_full_process_says_so_and_ends_with_its_last_answer(tmp_path):
    with serving(tmp_path, REQUESTS_AT_ONCE="1", REQUESTS_WAITING="0") as (port, server):
        with _connection(port) as inside:
            inside.sendall(b"GET /waiting/?seconds=3 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(0.5)
            for path, status in ((b"/api/echo/", 503), (b"/healthz/", 200)):
                with _connection(port) as wire:
                    wire.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    assert _answer(wire)[0] == status
            server.send_signal(signal.SIGTERM)
            _wait_for(port, until_open=False)
            assert _answer(inside)[0] == 200
        assert server.wait(timeout=30) == 0


def test_slow_bodies_take_no_place(tmp_path):
    with (
        serving(tmp_path, REQUESTS_AT_ONCE="1", REQUESTS_WAITING="0") as (port, _),
        ExitStack() as clients,
    ):
        for _ in range(100):
            slow = clients.enter_context(_connection(port))
            slow.sendall(HEAD + b"Content-Length: 50\r\n\r\n{")
        for _ in range(3):
            with _connection(port) as wire:
                wire.sendall(HEAD + b'Content-Length: 13\r\n\r\n{"text": "a"}')
                assert _answer(wire)[0] == 200
                wire.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert _answer(wire)[0] == 200


def test_slow_bodies_of_one_address_leave_threads_to_others(tmp_path):
    with (
        serving(tmp_path, REQUESTS_AT_ONCE="1", REQUESTS_WAITING="0") as (port, _),
        ExitStack() as clients,
    ):
        slow = [clients.enter_context(_connection(port)) for _ in range(300)]
        for wire in slow:
            wire.sendall(HEAD + b"Content-Length: 50\r\n\r\n{")
        refused, _, _ = select.select(slow, [], [], 20)
        assert _answer(refused[0])[0] == 503
        with _connection(port) as wire:
            wire.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert _answer(wire)[0] == 200


def test_slow_bodies_are_given_up_at_the_deadline(tmp_path):
    """Endless bodies are cut, too, but not idle connections or long requests."""
    assert slow_clients.DEADLINE_SECONDS == 10
    with serving(tmp_path, deadline=4) as (port, _), ExitStack() as clients:
        idle, long = (clients.enter_context(_connection(port)) for _ in range(2))
        idle.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert _answer(idle)[0] == 200
        long.sendall(b"GET /waiting/?seconds=2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        slow = [clients.enter_context(_connection(port)) for _ in range(100)]
        started = time.monotonic()
        for wire in slow:
            wire.sendall(HEAD + b"Content-Length: 60000\r\n\r\n{")
        while not select.select(slow, [], [], 1)[0]:
            slow[0].sendall(b" ")
            assert time.monotonic() - started < 20
        assert 2 < time.monotonic() - started < 9
        for wire in slow:
            with HTTPResponse(wire) as response:
                response.begin()
                assert (response.status, response.headers["Connection"]) == (400, "close")
            assert wire.recv(1) == b""
        assert _answer(long)[0] == 200
        idle.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert _answer(idle)[0] == 200


def test_a_long_request_is_not_cut_with_the_slow_bodies_of_its_address(tmp_path):
    with (
        serving(tmp_path, deadline=4) as (port, _),
        _connection(port) as long,
        _connection(port) as slow,
    ):
        slow.sendall(HEAD + b"Content-Length: 50\r\n\r\n{")
        long.sendall(b"GET /waiting/?seconds=8 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert _answer(long)[0] == 200
        assert _answer(slow)[0] == 400


@pytest.mark.parametrize("length", [100_000, 5_000_000])
def test_a_connection_is_kept_after_a_body_that_was_too_large(server, length):
    with _connection(server[0]) as wire:
        wire.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % length + b"a" * length)
        assert _answer(wire)[0] == 413
        wire.sendall(HEAD + b'Content-Length: 13\r\n\r\n{"text": "a"}')
        assert _answer(wire)[0] == 200


def test_a_connection_is_closed_and_says_so_after_a_body_that_was_left_unread(server):
    with _connection(server[0]) as wire:
        wire.sendall(HEAD + b"Content-Length: 99999999\r\n\r\n{")
        with HTTPResponse(wire) as response:
            response.begin()
            assert (response.status, response.headers["Connection"]) == (413, "close")


def test_a_refused_request_leaves_its_connection_usable(tmp_path):
    with (
        serving(tmp_path, REQUESTS_AT_ONCE="1", REQUESTS_WAITING="0") as (port, _),
        _connection(port) as inside,
        _connection(port) as wire,
    ):
        inside.sendall(b"GET /waiting/?seconds=5 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.5)
        for _ in range(20):
            wire.sendall(HEAD + b"Content-Length: 50000\r\n\r\n" + b"a" * 50_000)
            assert _answer(wire)[0] == 503


def test_a_server_that_is_stopped_while_it_starts_ends_at_once(tmp_path):
    """Its workers are still importing the application, which takes seconds."""
    with serving(tmp_path, is_awaited=False) as (_, server):
        started = time.monotonic()
        while not (workers := psutil.Process(server.pid).children()):
            assert time.monotonic() - started < 20
            time.sleep(0.05)
        time.sleep(1)
        server.terminate()
        assert server.wait(timeout=15) == 0
    assert not any(worker.is_running() for worker in workers)


def test_a_worker_that_was_killed_is_replaced(server, send):
    [worker] = psutil.Process(server[1].pid).children()
    worker.kill()
    worker.wait(timeout=30)
    _wait_for(server[0])
    assert send(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")[0] == 200
