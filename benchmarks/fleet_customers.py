"""The customers of `benchmarks.fleet`, who note each answer that they get."""

import json
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from benchmarks.load import Connection, Request
from benchmarks.workloads import hold, payment

# The shares of purchases that begin with the list, and that let the system choose the seats.
LOOKS_AT_THE_LIST, TAKES_THE_BEST = 0.2, 0.2


@dataclass
class Seen:
    """The answers that customers got; many threads write each field."""

    booked: dict[int, tuple[int, tuple[int, ...]]] = field(default_factory=dict)
    paid: set[int] = field(default_factory=set)
    answers: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    stale: list[str] = field(default_factory=list)


class Customer:
    def __init__(self, port: int, headers: dict[str, str], show_of_best: int, seen: Seen) -> None:
        self.connection = Connection(port)
        self.headers = headers
        self.show_of_best = show_of_best
        self.seen = seen

    def purchase(self, show_id: int, seat_ids: list[int]) -> None:
        """Look, hold, look again, pay."""
        if random.random() < LOOKS_AT_THE_LIST:
            self.ask("list", Request("GET", "/api/shows/", self.headers))
        what, wanted = "hold", {"seat_ids": seat_ids}
        key = f"{show_id}-{seat_ids[0]}"
        if random.random() < TAKES_THE_BEST:
            what, show_id, wanted = "best", self.show_of_best, {"quantity": len(seat_ids)}
        status, booking = self.insist(what, hold(show_id, wanted, self.headers, key))
        if status != 201:
            return
        show_id, seat_ids = booking["show"], booking["seat_ids"]
        self.seen.booked[booking["id"]] = (show_id, tuple(seat_ids))
        request = Request("GET", f"/api/shows/{show_id}/seats/", self.headers)
        status, answer = self.ask("seats", request)
        if status == 200:
            free = {seat["id"] for seat in answer["seats"] if seat["status"] == "available"}
            if free & set(seat_ids):
                self.seen.stale.append(f"show {show_id} shows {seat_ids} free to who has them")
        if self.insist("pay", payment(booking["id"], self.headers))[0] == 201:
            self.seen.paid.add(booking["id"])

    def insist(self, what: str, request: Request) -> tuple[int, Any]:
        """Send a request with its key until it has an answer. Give up after about a minute."""
        for _ in range(150):
            status, answer = self.ask(what, request)
            is_open = status == 409 and answer["code"] == "idempotency_in_flight"
            if status and status < 500 and not is_open:
                break
            time.sleep(0.5)
        return status, answer

    def ask(self, what: str, request: Request) -> tuple[int, Any]:
        """Return the status and the body. Return 0 and None without an answer."""
        started = time.perf_counter()
        try:
            response = self.connection.ask(request)
        except (OSError, EOFError, ValueError, KeyError) as error:
            self.connection.close()
            self.seen.answers.append(f"{what} {type(error).__name__}")
            return 0, None
        self.seen.answers.append(f"{what} {response.status}")
        if response.status < 300:
            self.seen.seconds[what].append(time.perf_counter() - started)
        return response.status, json.loads(response.body) if response.status < 500 else None
