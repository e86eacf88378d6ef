"""
Sales at the counter compared with web holds and their payments.

Run it by `python -m benchmarks.till`. Both sell two seats a time through the API in one process, in
turns, so that the load of the machine is the same for both. The target is at least 0.7 of the web's
rate.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.machine import ROOT, Postgres

DATABASE = "till"
TARGET = 0.7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--sales", type=int, default=100, help="a round, of each kind")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="booking-till-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = Postgres(folder, max_connections="20")
        stack.callback(postgres.stop)
        postgres.run(f"CREATE DATABASE {DATABASE}")
        environment = _environment(postgres)
        migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        os.environ.update(environment)
        raise SystemExit(_compare(asked.rounds, asked.sales))


def _environment(postgres: Postgres) -> dict[str, str]:
    return {
        **os.environ,
        "ENV_FILE": "/dev/null",
        "DEBUG": "False",
        "SECRET_KEY": "the benchmark of the till, which is no secret",
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": postgres.url(DATABASE),
        "PAYMENT_PROVIDER": "sandbox",
        "ALLOW_SANDBOX_PAYMENTS": "True",
        "SANDBOX_WEBHOOK_SECRET": "the benchmark of the till",
        "THROTTLE_USER": "off",
        "THROTTLE_BOOKING": "off",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings",
    }


def _compare(rounds: int, sales: int) -> int:
    world = _World(seats=rounds * sales * 4 + 8)
    world.sell_online(2)
    world.sell_at_counter(2)
    rates: dict[str, list[float]] = {"web": [], "till": []}
    for _ in range(rounds):
        for name, sell in (("web", world.sell_online), ("till", world.sell_at_counter)):
            began = time.perf_counter()
            sell(sales)
            rates[name].append(sales / (time.perf_counter() - began))
    web, till = (statistics.median(rates[name]) for name in ("web", "till"))
    print("\n".join(f"- {fact}" for fact in machine.description()))
    print(f"web: {web:.1f} holds with their payment/s; till: {till:.1f} sales/s; {till / web:.2f}")
    faults = world.faults()
    print("\n".join(faults) or "All invariants hold.")
    return bool(faults) or till / web < TARGET


class _World:
    """A large show, a customer, and a seller with an open session."""

    def __init__(self, *, seats: int) -> None:
        import django  # noqa: PLC0415 - Only a run of the benchmark has settings.

        django.setup()
        self.show, self.web, self.till, self.seats = _prepared(seats)

    def sell_online(self, count: int) -> None:
        for number in range(count):
            body = {"show_id": self.show, "seat_ids": self._two()}
            headers = {"Idempotency-Key": f"{time.time_ns()}-{number}"}
            booking = self.web.post("/api/bookings/", body, "json", headers=headers)
            assert booking.status_code == 201, booking.content
            path = f"/api/bookings/{booking.json()['id']}/payments/"
            paid = self.web.post(path, {}, "json", headers=headers)
            assert paid.status_code == 201, paid.content

    def sell_at_counter(self, count: int) -> None:
        for number in range(count):
            tender = {"method": "cash", "amount": "500.00", "tendered": "500.00"}
            body = {"show_id": self.show, "seat_ids": self._two(), "tender": tender}
            headers = {"Idempotency-Key": f"{time.time_ns()}-{number}"}
            sold = self.till.post("/api/box-office/sales/", body, "json", headers=headers)
            assert sold.status_code == 201, sold.content

    def faults(self) -> list[str]:
        from bookings.invariants import broken  # noqa: PLC0415

        return list(broken())

    def _two(self) -> list[int]:
        return [next(self.seats), next(self.seats)]


def _prepared(seats: int) -> tuple[int, Any, Any, Any]:
    from rest_framework.test import APIClient  # noqa: PLC0415

    from box_office.tests.factories import cash_session  # noqa: PLC0415
    from shows.tests.factories import scheduled_show, seat_ids  # noqa: PLC0415
    from users.tests.factories import UserFactory, staff_with  # noqa: PLC0415
    from users.tokens import start_session  # noqa: PLC0415

    def client_of(user: Any) -> APIClient:
        client = APIClient(SERVER_NAME="localhost", secure=True)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_session(user).access}")
        client.defaults["wsgi.url_scheme"] = "https"
        return client

    rows = {f"R{row}": 100 for row in range(-(-seats // 100))}
    show, seller = scheduled_show(rows=rows), staff_with("sell")
    cash_session(venue=show.screen.venue, seller=seller)
    return show.pk, client_of(UserFactory()), client_of(seller), iter(seat_ids(show))


if __name__ == "__main__":
    main()
