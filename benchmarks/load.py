"""
A closed-loop load generator.

Each client sends its next request after the last answer. Clients are threads of a few processes,
each with one kept-alive connection to 127.0.0.1. A client is a generator function: it yields
requests and is sent the responses.
"""

import json
import multiprocessing
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_PROCESSES = 8
PATIENCE_SECONDS = 30
_KEPT_SAMPLES = 3
_MAX_WAIT = 1


@dataclass(frozen=True, slots=True)
class Request:
    """
    A request and the statuses that are a success.

    A 409 counts as a conflict, a 503 as a machine that is too busy, and any other status that is
    not in `expects` as an error.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    expects: tuple[int, ...] = (200,)
    keep: bool = False
    """Whether the answer's body is wanted after the run."""

    def written(self) -> bytes:
        body = b"" if self.body is None else json.dumps(self.body).encode()
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.method != "GET":
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes


Client = Generator[Request, Response, None]
"""The requests of one client until it returns or time ends."""


@dataclass
class Result:
    """The answers within the time that counts; latencies in seconds."""

    seconds: float = 0
    latencies: list[float] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return len(self.latencies)

    @property
    def ok_per_second(self) -> float:
        return self.kinds["ok"] / self.seconds if self.seconds else 0

    def percentile(self, percent: float) -> float:
        """Return a percentile of the times in milliseconds."""
        ordered = sorted(self.latencies)
        if not ordered:
            return 0
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

    def take(self, other: "Result") -> None:
        self.seconds = max(self.seconds, other.seconds)
        self.latencies += other.latencies
        self.kinds += other.kinds
        self.samples = (self.samples + other.samples)[:_KEPT_SAMPLES]
        self.bodies += other.bodies


class Connection:
    """One kept-alive connection, opened again where the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, request: Request) -> Response:
        raw = request.written()
        if self._socket is not None:
            try:
                return self._exchange(raw)
            except (ConnectionError, EOFError):
                # The server may close an idle connection at any moment: once more, on a new one.
                self.close()
        self._open()
        return self._exchange(raw)

    def close(self) -> None:
        if self._socket is not None:
            self._reader.close()
            self._socket.close()
            self._socket = None

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile("rb")

    def _exchange(self, raw: bytes) -> Response:
        self._socket.sendall(raw)
        line = self._reader.readline()
        if not line:
            raise EOFError
        status = int(line[9:12])
        headers = {}
        while (line := self._reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = b"" if status in (204, 304) else self._body(headers)
        if headers.get("connection") == "close":
            self.close()
        return Response(status, headers, body)

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return self._reader.read(int(headers["content-length"]))
        body = b""
        while size := int(self._reader.readline(), 16):
            body += self._reader.read(size)
            self._reader.readline()
        self._reader.readline()
        return body


def drive(
    port: int,
    client: Callable[[int], Client],
    *,
    clients: int,
    seconds: float,
    warm_up: float = 0,
    at_start: Callable[[], None] = lambda: None,
) -> Result:
    """
    Run all clients at once for `seconds`, or until all return.

    Answers in the first `warm_up` seconds do not count; `at_start` is called when it
    is over.
    """
    context = multiprocessing.get_context("fork")
    starts = time.monotonic() + warm_up
    ends = starts + seconds
    processes = min(clients, MAX_PROCESSES)
    children = []
    for number in range(processes):
        receiver, sender = context.Pipe(duplex=False)
        work = [client(index) for index in range(number, clients, processes)]
        process = context.Process(target=_run, args=(sender, port, work, starts, ends))
        process.start()
        sender.close()
        children.append((process, receiver))
    time.sleep(max(0, starts - time.monotonic()))
    at_start()
    total = Result()
    for process, receiver in children:
        total.take(receiver.recv())
        process.join()
    return total


def _run(sender: Any, port: int, work: list[Client], starts: float, ends: float) -> None:
    results = [Result() for _ in work]
    threads = [
        threading.Thread(target=follow, args=(port, client, starts, ends, result))
        for client, result in zip(work, results, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = Result()
    for result in results:
        total.take(result)
    sender.send(total)


def follow(port: int, client: Client, starts: float, ends: float, result: Result) -> None:
    """
    Send a client's requests one by one, and count the answers.

    Answers before `starts` are not counted.
    """
    connection = Connection(port)
    response = None
    while (began := time.monotonic()) < ends:
        try:
            request = client.send(response)
        except StopIteration:
            break
        try:
            response = connection.ask(request)
        except (OSError, EOFError, ValueError, KeyError) as error:
            connection.close()
            response = Response(0, {}, repr(error).encode())
        finished = time.monotonic()
        if finished >= starts:
            # How soon a full machine says so must not make those look quick whom it let in.
            if response.status != 503:
                result.latencies.append(finished - began)
            _judge(request, response, result)
            result.seconds = finished - starts
        if response.status == 503:
            time.sleep(min(_MAX_WAIT, float(response.headers.get("retry-after", 1))))
    connection.close()


def _judge(request: Request, response: Response, result: Result) -> None:
    if response.status in request.expects:
        result.kinds["ok"] += 1
        if request.keep:
            result.bodies.append(response.body)
        return
    kind = {409: "conflict", 503: "busy"}.get(response.status, "error")
    result.kinds[kind] += 1
    if kind == "error" and len(result.samples) < _KEPT_SAMPLES:
        result.samples.append(
            f"{request.method} {request.path}: {response.status} {response.body[:300]!r}"
        )
