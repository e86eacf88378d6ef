"""
Workloads of clients that know only the API's paths.

Each is a generator function of one client.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from urllib.parse import quote

from benchmarks.load import Client, Request

SEATS = 2
_MIXED = ["map"] * 40 + ["availability"] * 8 + ["hold"] * 4 + ["pay"]


@dataclass(frozen=True)
class World:
    """The world that `benchmarks.world` wrote, and the number of the round."""

    document: Mapping[str, Any]
    turn: int

    def __getitem__(self, name: str) -> Any:
        return self.document[name]

    def seats(self, show: Mapping[str, int]) -> Sequence[int]:
        return self.document["halls"][show["hall"]]

    def pairs(self, show: Mapping[str, int]) -> int:
        return len(self.seats(show)) // SEATS

    def pair(self, show: Mapping[str, int], number: int) -> list[int]:
        return list(self.seats(show)[SEATS * number : SEATS * (number + 1)])

    def customer(self, number: int) -> dict[str, str]:
        """Return the headers of a customer with an address of their own."""
        customers = self.document["customers"]
        number %= len(customers)
        return {**visitor(number), "Authorization": f"Bearer {customers[number]['token']}"}


def visitor(number: int) -> dict[str, str]:
    """Return the headers that a proxy adds for a visitor."""
    address = f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
    return {"X-Forwarded-For": address, "X-Forwarded-Proto": "https"}


def browser(number: int) -> dict[str, str]:
    return {**visitor(number), "Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Workload:
    """`seconds` is None where the requests are counted instead."""

    name: str
    client: Callable[[World, int, int], Client]
    clients: int = 8
    seconds: float | None = field(default=None, kw_only=True)
    is_timed: bool = field(default=True, kw_only=True)


# ---- Bookings


def hold(show: int, body: Mapping[str, Any], headers: Mapping[str, str], key: str) -> Request:
    headers = {**headers, "Idempotency-Key": key}
    return Request(
        "POST", "/api/bookings/", headers, {"show_id": show, **body}, expects=(201,), keep=True
    )


def payment(booking: int, headers: Mapping[str, str]) -> Request:
    headers = {**headers, "Idempotency-Key": f"pay-{booking}"}
    return Request("POST", f"/api/bookings/{booking}/payments/", headers, {}, expects=(201,))


def hold_over_many(world: World, client: int, clients: int) -> Client:
    """Hold two seats that nobody else wants, in each show in turn."""
    shows = world["many"]
    first = world.turn * world.pairs(shows[0]) // world["rounds"]
    last = (world.turn + 1) * world.pairs(shows[0]) // world["rounds"]
    for number in count(client, clients):
        pair, show = first + number // len(shows), shows[number % len(shows)]
        if pair >= last:
            return
        seats = {"seat_ids": world.pair(show, pair)}
        yield hold(show["show"], seats, world.customer(number), f"many-{world.turn}-{number}")


def hold_hot(world: World, client: int, clients: int) -> Client:
    """Hold two seats that nobody else wants, all in one show."""
    show = world["hot"][world.turn]
    for number in range(client, world.pairs(show), clients):
        seats = {"seat_ids": world.pair(show, number)}
        yield hold(show["show"], seats, world.customer(number), f"hot-{world.turn}-{number}")


def refused(world: World, client: int, clients: int) -> Client:
    """Ask for two taken seats of one show, which is answered 409."""
    show = world["many"][0]
    for number in count(client, clients):
        seats = {"seat_ids": world.pair(show, 0)}
        request = hold(show["show"], seats, world.customer(number), f"no-{world.turn}-{number}")
        # The first request may find them free.
        yield replace(request, expects=(409, 201), keep=False)


def rush(world: World, client: int, clients: int) -> Client:
    """Hold the best seats, 2 to 6, until the show sells out."""
    show = world["rush"][world.turn]
    chance = random.Random(client)
    for number in count(client, clients):
        quantity = {"quantity": chance.randint(2, 6)}
        key = f"rush-{world.turn}-{number}"
        response = yield hold(show["show"], quantity, world.customer(number), key)
        if response.status == 409:
            return


def on_sale(world: World, client: int, clients: int) -> Client:
    """
    Send the mixed requests of an on-sale, over four shows.

    On average, 40 seat maps come with 8 availabilities, 4 holds and a payment.
    """
    shows = world["on_sale"][world.turn]
    chance = random.Random(client)
    holds = free_pairs(world, shows, client, clients)
    pending: list[tuple[int, dict[str, str]]] = []
    for number in count():
        person = client + clients * number
        what = _MIXED[chance.randrange(len(_MIXED))]
        show = chance.choice(shows)["show"]
        if what == "pay" and pending:
            booking, headers = pending.pop()
            yield payment(booking, headers)
        elif what == "hold" and (wanted := next(holds, None)):
            headers = world.customer(person)
            key = f"sale-{world.turn}-{person}"
            response = yield hold(wanted[0], {"seat_ids": wanted[1]}, headers, key)
            if response.status == 201:
                pending.append((_id(response.body), headers))
        elif what == "availability":
            yield Request("GET", f"/api/shows/{show}/availability/", browser(person))
        else:
            yield Request("GET", f"/api/shows/{show}/seats/", browser(person))


def free_pairs(
    world: World, shows: Sequence[Mapping[str, int]], client: int, clients: int
) -> Iterator[tuple[int, list[int]]]:
    """Yield a client's share of all pairs of seats. The shows take turns."""
    for number in range(client, world.pairs(shows[0]) * len(shows), clients):
        show = shows[number % len(shows)]
        yield show["show"], world.pair(show, number // len(shows))


def _id(body: bytes) -> int:
    """Return a booking's id without parsing the whole body."""
    return int(body[body.index(b'"id":') + 5 : body.index(b",")])


# ---- Reading


def cold_maps(shows: str) -> Callable[[World, int, int], Client]:
    """Ask for each show's seat map once."""

    def client(world: World, client: int, clients: int) -> Client:
        for number in range(client, len(world[shows]), clients):
            show = world[shows][number]["show"]
            yield Request("GET", f"/api/shows/{show}/seats/", browser(number))

    return client


def warm_map(shows: str, *, knows: bool = False) -> Callable[[World, int, int], Client]:
    """
    Ask for the same seat map again and again.

    The request has the map's ETag if the client `knows` it.
    """

    def client(world: World, client: int, clients: int) -> Client:
        path = f"/api/shows/{world[shows][0]['show']}/seats/"
        etag = {}
        for number in count(client, clients):
            expects = (304, 200) if knows else (200,)
            response = yield Request("GET", path, {**browser(number), **etag}, expects=expects)
            if knows and "etag" in response.headers:
                etag = {"If-None-Match": response.headers["etag"]}

    return client


def availability(world: World, client: int, clients: int) -> Client:
    shows = world["many"]
    for number in count(client, clients):
        show = shows[number % len(shows)]["show"]
        yield Request("GET", f"/api/shows/{show}/availability/", browser(number))


def show_list(world: World, client: int, clients: int) -> Client:
    """List shows with different filters, mostly the first page."""
    paths = ["", "?city=City%207", "?kind=movie&page=2", "?genre=Genre%203", "?page_size=50"]
    for number in count(client, clients):
        yield Request("GET", f"/api/shows/{paths[number % len(paths)]}", browser(number))


def search(world: World, client: int, clients: int) -> Client:
    """Search for words of titles. Some belong to few shows."""
    chance = random.Random(client)
    for number in count(client, clients):
        word = quote(f"Title {chance.randrange(1000)}")
        yield Request("GET", f"/api/shows/?search={word}", browser(number))


def login(world: World, client: int, clients: int) -> Client:
    customers = world["customers"]
    for number in count(client, clients):
        body = {"email": customers[number % len(customers)]["email"], "password": world["password"]}
        yield Request("POST", "/api/users/login/", visitor(number), body)


# In this order, as the seat maps are cold only before anything else is asked.
WORKLOADS = (
    Workload("seat map of 1,000, cold", cold_maps("many"), is_timed=False),
    Workload("seat map of 1,000, warm", warm_map("looked_at")),
    Workload("seat map of 1,000, 304", warm_map("looked_at", knows=True)),
    Workload("seat map of 12,851, cold", cold_maps("stadium"), clients=2, is_timed=False),
    Workload("seat map of 12,851, warm", warm_map("stadium")),
    Workload("seat map of 12,851, 304", warm_map("stadium", knows=True)),
    Workload("availability", availability),
    Workload("show list", show_list),
    Workload("show search", search),
    Workload("login", login),
    Workload("hold 2, many shows", hold_over_many),
    Workload("hold 2, one hot show", hold_hot),
    Workload("hold 2, refused", refused),
    Workload("best 2–6, rush", rush, clients=64),
    Workload("on-sale, mixed", on_sale, clients=16),
)
