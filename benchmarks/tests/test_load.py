"""The generator counts what it is answered, and nothing else."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.load import Client, Request, Result, follow


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status = int(self.path.strip("/"))
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Length", "2")
        self.end_headers()
        if status != 304:
            self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_answers_are_counted_by_what_was_expected_of_them(port: int) -> None:
    def client() -> Client:
        for path in ("/200", "/304", "/409", "/500"):
            yield Request("GET", path, expects=(200, 304), keep=True)

    result = Result()
    follow(port, client(), time.monotonic(), time.monotonic() + 60, result)

    assert result.kinds == {"ok": 2, "conflict": 1, "error": 1}
    assert result.requests == 4
    assert result.bodies == [b"{}", b""]
    assert "GET /500: 500" in result.samples[0]


def test_a_stopped_server_is_an_error_and_ends_nothing() -> None:
    def client() -> Client:
        yield Request("GET", "/200")
        yield Request("GET", "/200")

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # And nobody listens.
        result = Result()
        follow(taken.getsockname()[1], client(), 0, time.monotonic() + 60, result)
    assert result.kinds == {"error": 2}
