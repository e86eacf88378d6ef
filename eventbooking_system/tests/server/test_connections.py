"""Connections to the server, with slow bodies and full processes."""

import select
import signal
import time
from contextlib import ExitStack
from http.client import HTTPResponse

import psutil
import pytest

from eventbooking_system.server import slow_clients
from eventbooking_system.tests.server.process import (
    FULL_AT_ONCE,
    HEAD,
    chunked,
    connect,
    read_answer,
    serving,
    wait_for,
)

pytestmark = pytest.mark.long


def test_chunks_with_a_length_end_their_connection(server):
    """Bytes that another server would take for a request get no answer."""
    with connect(server[0]) as wire:
        wire.sendall(chunked(b"{}").replace(b"\r\n\r\n", b"\r\nContent-Length: 4\r\n\r\n", 1))
        assert read_answer(wire)[0] == 200
        assert wire.recv(1) == b""


def test_requests_follow_each_other_on_a_connection(server):
    with connect(server[0]) as wire:
        for _ in range(2):
            wire.sendall(b"HEAD /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert read_answer(wire, "HEAD")[::2] == (200, b"")
            wire.sendall(HEAD + b"Content-Length: 2\r\n\r\n{]")
            assert read_answer(wire)[0] == 400


def test_http_2_is_left_to_the_proxy(server):
    """HTTP/2 bodies need no length, so Django would see none."""
    with connect(server[0]) as wire:
        wire.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert wire.recv(1) == b""


def test_a_full_process_says_so_and_ends_with_its_last_answer(tmp_path):
    with serving(tmp_path, **FULL_AT_ONCE) as (port, server):
        with connect(port) as inside:
            inside.sendall(b"GET /waiting/?seconds=3 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(0.5)
            for path, status in ((b"/api/echo/", 503), (b"/healthz/", 200)):
                with connect(port) as wire:
                    wire.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    assert read_answer(wire)[0] == status
            server.send_signal(signal.SIGTERM)
            wait_for(port, until_open=False)
            assert read_answer(inside)[0] == 200
        assert server.wait(timeout=30) == 0


def test_slow_bodies_take_no_place(narrow_server):
    port, _ = narrow_server
    with ExitStack() as clients:
        for _ in range(100):
            slow = clients.enter_context(connect(port))
            slow.sendall(HEAD + b"Content-Length: 50\r\n\r\n{")
        for _ in range(3):
            with connect(port) as wire:
                wire.sendall(HEAD + b'Content-Length: 13\r\n\r\n{"text": "a"}')
                assert read_answer(wire)[0] == 200
                wire.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert read_answer(wire)[0] == 200


def test_slow_bodies_of_one_address_leave_threads_to_others(narrow_server):
    port, _ = narrow_server
    with ExitStack() as clients:
        slow = [clients.enter_context(connect(port)) for _ in range(300)]
        for wire in slow:
            wire.sendall(HEAD + b"Content-Length: 50\r\n\r\n{")
        refused, _, _ = select.select(slow, [], [], 20)
        assert read_answer(refused[0])[0] == 503
        with connect(port) as wire:
            wire.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert read_answer(wire)[0] == 200


def test_slow_bodies_are_given_up_at_the_deadline(hasty_server):
    """Endless bodies are cut, too, but not idle connections or long requests."""
    assert slow_clients.DEADLINE_SECONDS == 10
    port, _ = hasty_server
    with ExitStack() as clients:
        idle, long = (clients.enter_context(connect(port)) for _ in range(2))
        idle.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_answer(idle)[0] == 200
        long.sendall(b"GET /waiting/?seconds=2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        slow = [clients.enter_context(connect(port)) for _ in range(100)]
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
        assert read_answer(long)[0] == 200
        idle.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_answer(idle)[0] == 200


def test_a_long_request_is_not_cut_with_the_slow_bodies_of_its_address(hasty_server):
    port, _ = hasty_server
    with connect(port) as long, connect(port) as slow:
        slow.sendall(HEAD + b"Content-Length: 50\r\n\r\n{")
        long.sendall(b"GET /waiting/?seconds=8 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_answer(long)[0] == 200
        assert read_answer(slow)[0] == 400


@pytest.mark.parametrize("length", [100_000, 5_000_000])
def test_a_connection_is_kept_after_a_body_that_was_too_large(server, length):
    with connect(server[0]) as wire:
        wire.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % length + b"a" * length)
        assert read_answer(wire)[0] == 413
        wire.sendall(HEAD + b'Content-Length: 13\r\n\r\n{"text": "a"}')
        assert read_answer(wire)[0] == 200


def test_a_connection_is_closed_and_says_so_after_a_body_that_was_left_unread(server):
    with connect(server[0]) as wire:
        wire.sendall(HEAD + b"Content-Length: 99999999\r\n\r\n{")
        with HTTPResponse(wire) as response:
            response.begin()
            assert (response.status, response.headers["Connection"]) == (413, "close")


def test_a_refused_request_leaves_its_connection_usable(narrow_server):
    port, _ = narrow_server
    with connect(port) as inside, connect(port) as wire:
        inside.sendall(b"GET /waiting/?seconds=5 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.5)
        for _ in range(20):
            wire.sendall(HEAD + b"Content-Length: 50000\r\n\r\n" + b"a" * 50_000)
            assert read_answer(wire)[0] == 503


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
    wait_for(server[0])
    assert send(b"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")[0] == 200
