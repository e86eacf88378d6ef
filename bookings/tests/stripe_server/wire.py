"""The server over HTTP, in a thread or in its own process."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bookings.tests.stripe_server.events import WEBHOOK_SECRET
from bookings.tests.stripe_server.posting import post
from bookings.tests.stripe_server.server import StripeServer

CONTROLS = (
    "script", "chaos", "finish", "edit", "settle_refund", "give_back", "dispute", "move_dispute",
    "deliver", "truth",
    "asked", "forget_keys",
)  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise a small answer waits for the acknowledgement of its own headers.
    disable_nagle_algorithm = True
    server: "HTTPServer"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        stripe = self.server.stripe
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if target.path.startswith("/_control/"):
            name, arguments = target.path.split("/")[2], json.loads(body or b"{}")
            assert name in CONTROLS
            result = getattr(stripe, name)(
                *arguments.get("args", []), **arguments.get("kwargs", {})
            )
            self._send(200, json.dumps(result).encode())
            return
        params = dict(parse_qsl(target.query) + parse_qsl(body.decode()))
        status, document, fault = stripe.handle(self.command, target.path, params, self.headers)
        if fault in ("lose", "drop"):
            self.close_connection = True
            return
        if fault.startswith("slow:"):
            time.sleep(float(fault.removeprefix("slow:")))
        instead = {"garbage": b"<html>", "empty": b"{}"}
        self._send(status, instead.get(fault) or json.dumps(document).encode())

    def _send(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Request-Id", f"req_{len(self.server.stripe.requests)}")
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # The client has given up, or was killed.

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing, because a failing test shows `asked()`."""


class HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    # Its threads end with their connections, which a client may keep open.
    block_on_close = False

    def __init__(self, stripe: StripeServer, port: int) -> None:
        self.stripe = stripe
        super().__init__(("127.0.0.1", port), _Handler)
        stripe.url = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def running(*, seed: int = 0, webhook_secret: str = WEBHOOK_SECRET) -> Iterator[StripeServer]:
    """Run the server in a thread of this process."""
    stripe = StripeServer(seed=seed, webhook_secret=webhook_secret)
    with serving(stripe):
        yield stripe


@contextmanager
def serving(stripe: StripeServer) -> Iterator[None]:
    """Let others reach it at its `url`."""
    with HTTPServer(stripe, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


class RemoteStripe:
    """A server in another process: its CONTROLS, called over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __getattr__(self, name: str) -> Any:
        if name not in CONTROLS:
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            body = json.dumps({"args": args, "kwargs": kwargs}).encode()
            status, answer = post(f"{self.url}/_control/{name}", body, {})
            assert status == 200, answer
            return json.loads(answer)

        return call


@contextmanager
def launched(*, seed: int = 0, port: int = 0) -> Iterator[RemoteStripe]:
    """Launch the server in a process that outlives all others."""
    command = [
        sys.executable,
        "-m",
        "bookings.tests.stripe_server",
        "--seed",
        str(seed),
        "--port",
        str(port),
    ]
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            yield RemoteStripe(process.stdout.readline().strip())
        finally:
            process.terminate()
