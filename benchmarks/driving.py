"""
A world to sell, and many customers who book in it at once over HTTP.

Import it after the environment says which database: it sets Django up.
"""

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import django

django.setup()

from django.utils import timezone  # noqa: E402

from events.services import create_event  # noqa: E402
from shows.services import schedule_show  # noqa: E402
from users.models import User  # noqa: E402
from users.tokens import start_session  # noqa: E402
from venues.services import create_screen, create_venue, replace_layout  # noqa: E402

ROWS, SEATS_IN_ROW = 25, 40


@dataclass
class World:
    """Shows of 1,000 seats, and customers with their tokens and ids."""

    show_ids: list[int]
    seat_ids: list[int]
    customers: list[tuple[int, str]]


def make_world(*, shows: int, customers: int) -> World:
    venue = create_venue(
        fields={"name": "Regal", "city": "London", "country": "GB", "timezone": "Europe/London"}
    )
    screen = create_screen(venue_id=venue.pk, fields={"name": "1"})
    rows = [{"row": f"R{n}", "seats": SEATS_IN_ROW, "category": "Gold"} for n in range(ROWS)]
    replace_layout(screen_id=screen.pk, document={"rows": rows})
    film = create_event(
        fields={"kind": "movie", "title": "Rush", "duration_minutes": 60, "is_published": True}
    )
    first = timezone.now() + timedelta(days=1)
    show_ids = [
        schedule_show(
            event=film,
            screen=screen,
            start_time=first + timedelta(hours=2 * number),
            currency="GBP",
            prices={"Gold": {"": Decimal("10.00")}},
        ).pk
        for number in range(shows)
    ]
    people = User.objects.bulk_create(
        User(email=f"customer{number}@example.org", password="!") for number in range(customers)
    )
    seat_ids = list(screen.seats.order_by("pk").values_list("pk", flat=True))
    tokens = [(user.pk, start_session(user).access) for user in people]
    return World(show_ids, seat_ids, tokens)


def pairs(world: World) -> Iterator[tuple[int, list[int]]]:
    """Two neighbouring seats that nobody was asked for yet, over all shows in turn."""
    for first in range(0, len(world.seat_ids), 2):
        for show_id in world.show_ids:
            yield show_id, world.seat_ids[first : first + 2]


@dataclass
class Tally:
    """What came back: for each status, how long each answer took, in seconds."""

    seconds: dict[int, list[float]] = field(default_factory=dict)
    booked: list[int] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    took: float = 0.0

    def add(self, status: int, seconds: float) -> None:
        self.seconds.setdefault(status, []).append(seconds)

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
    """Kept-alive HTTP/1.1 connections to one port; as many as there are requests under way."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(
        self, method: str, path: str, token: str = "", body: object = None, **headers: str
    ) -> tuple[int, bytes]:
        """The answer's status and body. Raises OSError or EOFError where there is none."""
        content = json.dumps(body).encode() if body is not None else b""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(content)}"]
        lines += [f"Authorization: Bearer {token}"] if token else []
        lines += ["Content-Type: application/json"] if content else []
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        request = "\r\n".join([*lines, "", ""]).encode() + content
        if self.idle:
            # The server may just be closing it: then once more, on a new one.
            with suppress(ConnectionError, EOFError):
                return await self._exchange(self.idle.pop(), request)
        return await self._exchange(await self._open(), request)

    async def _exchange(
        self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes
    ) -> tuple[int, bytes]:
        try:
            connection[1].write(request)
            status, answer, stays = await _answer(connection[0])
        except BaseException:
            connection[1].close()
            raise
        if stays:
            self.idle.append(connection)
        else:
            connection[1].close()
        return status, answer

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    def close(self) -> None:
        for _, writer in self.idle:
            writer.close()
        self.idle.clear()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    if length:
        body = await reader.readexactly(int(length))
    elif b"transfer-encoding: chunked" in head:
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
    else:
        body = b""
    return int(head[9:12]), body, b"connection: close" not in head


async def book(
    connections: Connections, world: World, wanted: Iterator[tuple[int, list[int]]], tally: Tally
) -> None:
    """One booking by somebody; what came of it goes to the tally."""
    show_id, seat_ids = next(wanted)
    _, token = random.choice(world.customers)
    body = {"show_id": show_id, "seat_ids": seat_ids}
    key = f"{show_id}-{seat_ids[0]}"
    started = time.perf_counter()
    try:
        async with asyncio.timeout(10):
            status, answer = await connections.send(
                "POST", "/api/bookings/", token, body, Idempotency_Key=key
            )
    except (TimeoutError, OSError, EOFError) as error:
        tally.lost[type(error).__name__] += 1
        return
    tally.add(status, time.perf_counter() - started)
    if status == 201:
        tally.booked.append(json.loads(answer)["id"])


async def book_in_turn(
    port: int, world: World, wanted: Iterator, *, clients: int, seconds: float
) -> Tally:
    """So many customers, each booking again as soon as the last answer is in."""
    tally, connections = Tally(), Connections(port)
    end = time.perf_counter() + seconds

    async def client() -> None:
        while time.perf_counter() < end:
            await book(connections, world, wanted, tally)

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    tally.took = time.perf_counter() - started
    connections.close()
    return tally


async def book_at_rate(
    port: int, world: World, wanted: Iterator, *, rate: float, seconds: float
) -> Tally:
    """So many new bookings a second, whether or not the earlier ones were answered."""
    tally, connections = Tally(), Connections(port)
    under_way: set[asyncio.Task[None]] = set()
    started = time.perf_counter()
    for number in itertools.count():
        due = started + number / rate
        if due > started + seconds:
            break
        await asyncio.sleep(max(0, due - time.perf_counter()))
        task = asyncio.create_task(book(connections, world, wanted, tally))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    if under_way:
        await asyncio.wait(under_way)
    tally.took = time.perf_counter() - started
    connections.close()
    return tally
