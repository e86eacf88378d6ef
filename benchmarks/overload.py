"""
Three times what the machine can do: `python -m benchmarks.overload`.

Starts a PostgreSQL and the web server, measures how many bookings of two seats it makes a second,
offers three times as many, with load shedding (twice) and without, and proves that every booking that was
acknowledged is there. Needs requirements-dev.txt.
"""

import argparse
import asyncio
import itertools
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from benchmarks.load import Request
from benchmarks.machine import query
from benchmarks.processes import Processes, manage, world
from benchmarks.workloads import World, free_pairs, hold

PATIENCE_SECONDS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8220, help="of the web server")
    parser.add_argument("--postgres-port", type=int, default=55440)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--times", type=float, default=3, help="the offer, in capacities")
    parser.add_argument("--waiting", default="8", help="REQUESTS_WAITING beside its default")
    options = parser.parse_args()
    with Processes() as processes:
        url = processes.postgres(options.postgres_port)
        environment = {
            "ENV_FILE": os.devnull,
            "DEBUG": "False",
            "SECRET_KEY": "a-secret-of-the-benchmark-that-is-long-enough-0123",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "DATABASE_URL": url,
            "TRUSTED_PROXIES": "1",
            "LOG_LEVEL": "WARNING",
            "THROTTLE_USER": "off",
            "THROTTLE_BOOKING": "off",
            "BOOKINGS_MAX_PENDING": "10000",
            "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings",
        }
        os.environ.update(environment)
        manage({}, "migrate", "--verbosity", "0")
        acknowledged = measure(processes, options)
        kept = {booking_id for (booking_id,) in query(url, "SELECT id FROM bookings_booking")}
        lost = acknowledged - kept
        print(f"\n{len(acknowledged)} bookings were acknowledged; {len(lost)} are not there.")
        print(manage({}, "check_invariants").strip())
        sys.exit(bool(lost))


def measure(processes: Processes, options: argparse.Namespace) -> set[int]:
    """Print what came of it; the bookings that were acknowledged."""
    requests = holds(world(processes.folder / "world.json", customers=200, shows=200))
    acknowledged: set[int] = set()
    rate = 0.0
    for title, limits in (
        ("as it comes", {}),
        (f"with REQUESTS_WAITING={options.waiting}", {"REQUESTS_WAITING": options.waiting}),
        ("without load shedding", {"REQUESTS_AT_ONCE": "0"}),
    ):
        server = processes.web(options.port, limits)
        warm = asyncio.run(in_turn(options.port, requests, clients=8, seconds=2))
        calm = asyncio.run(in_turn(options.port, requests, clients=8, seconds=options.seconds))
        rate = rate or options.times * len(calm.booked) / calm.took
        rush = asyncio.run(at_rate(options.port, requests, rate=rate, seconds=options.seconds))
        acknowledged.update(warm.booked, calm.booked, rush.booked)
        print(f"\n{title}")
        print(f"  8 clients in turn        {calm.line(201)}")
        print(f"  offered {rate:7.1f}/s        {rush.line(201)}")
        for status in sorted(rush.seconds.keys() - {201}):
            print(f"                           {rush.line(status)}")
        print(f"  no answer within {PATIENCE_SECONDS} s    {dict(rush.lost) or 'none'}")
        server.terminate()
        server.wait()
    return acknowledged


def holds(world: World) -> Iterator[Request]:
    """Yield holds of two neighbouring seats, each by the next customer."""
    for number, (show_id, seat_ids) in enumerate(free_pairs(world, world["many"], 0, 1)):
        yield hold(show_id, {"seat_ids": seat_ids}, world.customer(number), f"hold-{number}")


@dataclass
class Tally:
    """The answers: for each status, how many seconds each took."""

    seconds: dict[int, list[float]] = field(default_factory=dict)
    booked: list[int] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    took: float = 0.0

    def line(self, status: int) -> str:
        found = sorted(self.seconds.get(status, []))
        if not found:
            return f"{status}: none"
        p50, p95, p99 = (found[min(len(found) - 1, int(len(found) * p))] for p in (0.5, 0.95, 0.99))
        return (
            f"{status}: {len(found) / self.took:7.1f}/s   p50 {p50 * 1000:7.1f} ms   "
            f"p95 {p95 * 1000:7.1f} ms   p99 {p99 * 1000:7.1f} ms"
        )


class Connections:
    """
    Kept-alive connections to one port, one per request under way.

    There may be ten thousand, too many for the threads of `benchmarks.load`.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, request: Request) -> tuple[int, bytes]:
        """Return the answer's status and body. Raises OSError or EOFError where there is none."""
        if self.idle:
            # The server may just be closing it: then once more, on a new one.
            with suppress(ConnectionError, EOFError):
                return await self._exchange(*self.idle.pop(), request)
        return await self._exchange(*await asyncio.open_connection("127.0.0.1", self.port), request)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
    ) -> tuple[int, bytes]:
        stays = False
        try:
            writer.write(request.written())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            body = await reader.readexactly(int(length))
            stays = b"connection: close" not in head
            return int(head[9:12]), body
        finally:
            if stays:
                self.idle.append((reader, writer))
            else:
                writer.close()

    def close(self) -> None:
        for _, writer in self.idle:
            writer.close()


async def book(connections: Connections, request: Request, tally: Tally) -> None:
    """Make one booking, and count its outcome in the tally."""
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            status, answer = await connections.send(request)
    except (TimeoutError, OSError, EOFError) as error:
        tally.lost[type(error).__name__] += 1
        return
    tally.seconds.setdefault(status, []).append(time.perf_counter() - started)
    if status == 201:
        tally.booked.append(json.loads(answer)["id"])


async def in_turn(port: int, requests: Iterator[Request], *, clients: int, seconds: float) -> Tally:
    """Run clients that book again as soon as an answer is in."""
    tally, connections = Tally(), Connections(port)
    started = time.perf_counter()

    async def client() -> None:
        while time.perf_counter() < started + seconds:
            await book(connections, next(requests), tally)

    await asyncio.gather(*(client() for _ in range(clients)))
    tally.took = time.perf_counter() - started
    connections.close()
    return tally


async def at_rate(port: int, requests: Iterator[Request], *, rate: float, seconds: float) -> Tally:
    """Send `rate` bookings a second, whether or not earlier ones were answered."""
    tally, connections = Tally(), Connections(port)
    started = time.perf_counter()
    async with asyncio.TaskGroup() as under_way:
        for number in itertools.count():
            due = started + number / rate
            if due > started + seconds:
                break
            await asyncio.sleep(max(0, due - time.perf_counter()))
            under_way.create_task(book(connections, next(requests), tally))
    tally.took = time.perf_counter() - started
    connections.close()
    return tally


if __name__ == "__main__":
    main()
