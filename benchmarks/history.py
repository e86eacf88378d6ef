"""
Clients, faults, and a verdict on all answers.

Run it by `python -m benchmarks.history`. Clients hold, pay and cancel on few seats, and repeat
requests with their keys. Meanwhile, by the seed, web processes, workers, PostgreSQL, one of its
backends and Redis are killed, web processes are stopped for a while, and connections of the
database are ended. Each request and its answer is recorded. In the end the record is held against
the database (`benchmarks.verdict`).

With `--pooler` the web processes and the worker reach PostgreSQL through pgbouncer, in transaction
mode, and only that is killed. With `--sabotage` a protection is missing (`benchmarks.sabotage`), and the verdict must be of the
right kind.
"""

import argparse
import hashlib
import hmac
import http.client
import json
import os
import random
import signal
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from benchmarks.history_faults import Faults
from benchmarks.machine import ROOT, free_port, query
from benchmarks.processes import Processes, manage
from benchmarks.verdict import Fault, Operation, Stored, judge

HOLD_SECONDS = 5
WANTED_BY_MANY = 6
POOLER_EVERY_SECONDS = 3.0
SANDBOX_SECRET = "a-secret-of-the-sandbox"
# The kind of fault that each sabotage makes.
SABOTAGES = {
    "no-lock": "overlap",
    "no-owner-guard": "overlap",
    "no-amount-check": "amount",
    "outbox-outside": "message",
    "key-outside": "key",
    "unasked-booking": "unasked",
    "unnamed-error": "error",
}


def main() -> None:
    asked = _arguments()
    names = list(SABOTAGES) if asked.sabotage == "all" else [asked.sabotage]
    with Processes() as processes:
        url = processes.postgres(port := free_port())
        manage(_environment(url), "migrate", "--verbosity", "0")
        # PostgreSQL takes SIGQUIT as a crash: it ends at once, and recovers when it starts.
        crash = partial(processes.restart, f"postgres-{port}", signal.SIGQUIT)
        failed = [name for name in names if not _is_as_expected(name, url, asked, crash)]
    if failed:
        raise SystemExit(f"Not as expected: {', '.join(name or 'the history' for name in failed)}")


def _is_as_expected(
    sabotage: str, migrated: str, asked: argparse.Namespace, crash: Callable[[], object]
) -> bool:
    """Play a history in a copy of the database. Tell whether the verdict is what it must be."""
    address, _, template = migrated.rpartition("/")
    database = f"history_{sabotage.replace('-', '_')}"
    query(f"{address}/template1", f"CREATE DATABASE {database} TEMPLATE {template}")
    faults, has_bookings = _play(f"{address}/{database}", sabotage, asked, crash)
    print("\n".join(map(str, faults[:20])) or "The history is right.")
    kinds = {fault.kind for fault in faults}
    if sabotage:
        print(f"{sabotage}: {', '.join(sorted(kinds))}", flush=True)
        return SABOTAGES[sabotage] in kinds
    return not faults and has_bookings


def _play(
    url: str, sabotage: str, asked: argparse.Namespace, crash: Callable[[], object]
) -> tuple[list[Fault], bool]:
    with Processes() as processes:
        environment = _environment(url)
        cache = processes.redis(free_port())
        if cache:
            environment["CACHE_URL"] = cache.url
        serving = {**environment, **_sabotaged(sabotage)}
        if asked.pooler:
            pooler = processes.pgbouncer(free_port(), url, pool=16)
            serving |= {"DATABASE_URL": pooler.url, "DATABASE_POOLED": "True"}
        world_file = processes.folder / "world.json"
        _in_django(environment, f"build({str(world_file)!r}, customers={asked.clients})")
        server = processes.web(port := free_port(), serving)
        worker = [sys.executable, "manage.py", "worker", "--queue", "jobs"]
        processes.start("worker", worker, lambda: None, env={**os.environ, **serving}, cwd=ROOT)
        breaking = Faults(random.Random(asked.seed), server=server.pid, url=url)
        kill = partial(processes.restart, how=signal.SIGKILL)
        if asked.pooler:
            breaking.only(POOLER_EVERY_SECONDS, pooler=partial(kill, pooler.name))
        elif not sabotage:
            restarts = {"worker": partial(kill, "worker"), "database": crash}
            breaking.add_all(**restarts, **({"cache": partial(kill, cache.name)} if cache else {}))
        operations = run(port, json.loads(world_file.read_text()), asked, breaking)
        unhandled = _unhandled(processes.log(f"web-{port}"))
        faults, bookings = _verdict(processes.folder / "stored.json", environment, operations)
    seen = Counter(f"{each.kind} {each.status}" for each in operations)
    print(f"seed {asked.seed}: {len(operations)} requests, {len(bookings)} bookings")
    print(", ".join(f"{what}: {count}" for what, count in sorted(seen.items())))
    print("broken:", ", ".join(f"{what}: {count}" for what, count in breaking.done.items()))
    print(*unhandled, sep="\n")
    return faults, bool(bookings)


def _unhandled(log: str) -> list[str]:
    """Return the log lines of answers that were a 500. A fault should be answered with a 503."""
    return [line for line in log.splitlines() if "unhandled exception" in line]


def run(
    port: int, world: dict[str, Any], asked: argparse.Namespace, breaking: Faults
) -> list[Operation]:
    """Let the clients and the faults work, and return the record."""
    end = time.monotonic() + asked.seconds
    with ThreadPoolExecutor(len(world["customers"]) + 1) as pool:
        clients = [Client(port, world, number, asked.seed, end) for number in range(asked.clients)]
        records = [pool.submit(client.work) for client in clients]
        if not asked.calm:
            pool.submit(breaking.work, end).result()
        return [each for record in records for each in record.result()]


class Client:
    """
    A customer's program that records the answer to each of its requests.

    It holds, pays, cancels, and repeats requests.
    """

    def __init__(
        self, port: int, world: dict[str, Any], number: int, seed: int, end: float
    ) -> None:
        self._address = "127.0.0.1", port
        self._shows = world["shows"]
        self._me = world["customers"][number]
        self._chance = random.Random(f"{seed}:{number}")
        self._end = end
        self._record: list[Operation] = []
        self._mine: list[int] = []

    def work(self) -> list[Operation]:
        while time.monotonic() < self._end:
            choices: list[Callable[[], None]] = [self._hold, self._hold]
            if self._mine:
                choices += [self._pay, self._pay, self._pay_at_the_bank, self._cancel]
            self._chance.choice(choices)()
            time.sleep(self._chance.uniform(0, 0.1))
        return self._record

    def _hold(self) -> None:
        show = self._chance.choice(self._shows)
        # Half of the customers want the same few seats.
        wanted = show["seats"][: self._chance.choice([WANTED_BY_MANY, None])]
        seats = self._chance.sample(wanted, self._chance.randint(1, 3))
        body = {"show_id": show["id"], "seat_ids": seats}
        asked = {"kind": "hold", "show": show["id"], "seats": frozenset(seats)}
        answers = self._send_with_key("/api/bookings/", body, asked)
        if self._chance.random() < 0.6:  # The others leave without paying.
            self._mine += {each.answer["id"] for each in answers if each.is_acknowledged}

    def _pay(self) -> None:
        booking = self._chance.choice(self._mine)
        card = self._chance.choice(["pm_card_visa", "pm_card_visa", "pm_card_declined"])
        asked = {"kind": "pay", "booking": booking, "covers": card == "pm_card_visa"}
        self._send_payment(booking, card, asked)

    def _pay_at_the_bank(self) -> None:
        """
        Open a payment, and let the bank report a paid amount.

        Half of the amounts are too small.
        """
        booking = self._chance.choice(self._mine)
        card, asked = "pm_card_authentication", {"kind": "pay", "booking": booking}
        for each in self._send_payment(booking, card, asked):
            if each.answer.get("status") == "requires_action":
                self._send_event(each.answer, booking, is_whole=self._chance.random() < 0.5)
                return

    def _send_payment(self, booking: int, card: str, asked: dict[str, Any]) -> list[Operation]:
        path, body = f"/api/bookings/{booking}/payments/", {"payment_method": card}
        return self._send_with_key(path, body, asked)

    def _send_event(self, payment: dict[str, Any], booking: int, *, is_whole: bool) -> None:
        amount = Decimal(payment["amount"]) - (0 if is_whole else 1)
        key = f"evt-{self._chance.getrandbits(64)}"
        event = {
            "id": key,
            "type": "payment.succeeded",
            "payment": payment["id"],
            "amount": str(amount),
            "currency": payment["currency"],
        }
        signed = b"%d.%b" % (now := int(time.time()), json.dumps(event).encode())
        signature = hmac.new(SANDBOX_SECRET.encode(), signed, hashlib.sha256).hexdigest()
        self._send(
            "/api/bookings/webhooks/sandbox/",
            event,
            {"kind": "event", "booking": booking, "covers": is_whole},
            key,
            **{"Sandbox-Signature": f"t={now},v1={signature}"},
        )

    def _cancel(self) -> None:
        booking = self._mine.pop(self._chance.randrange(len(self._mine)))
        asked = {"kind": "cancel", "booking": booking}
        self._send_with_key(f"/api/bookings/{booking}/cancel/", {}, asked)

    def _send_with_key(
        self, path: str, body: dict[str, Any], asked: dict[str, Any]
    ) -> list[Operation]:
        """
        Send a request, and perhaps repeat it with the same key.

        It is repeated if the answer is lost or a 500 or 503, and sometimes by chance.
        """
        key = str(uuid.UUID(int=self._chance.getrandbits(128)))
        answers = [self._send(path, body, asked, key)]
        if answers[0].status in (None, 500, 503) or self._chance.random() < 0.2:
            time.sleep(self._chance.uniform(0, 1))
            answers.append(self._send(path, body, asked, key))
        return answers

    def _send(
        self, path: str, body: Any, asked: dict[str, Any], key: str, **more: str
    ) -> Operation:
        headers = {
            **more,
            "Authorization": f"Bearer {self._me['token']}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        status, answer = None, {}
        with suppress(OSError, http.client.HTTPException, ValueError):
            connection = http.client.HTTPConnection(*self._address, timeout=20)
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            content = response.read()
            if response.status >= 500:  # Its body may be no JSON.
                status = response.status
            status, answer = response.status, json.loads(content)
        operation = Operation(
            customer=self._me["id"], key=key, status=status, answer=answer, **asked
        )
        self._record.append(operation)
        return operation


def _verdict(
    path: Path, environment: dict[str, str], operations: list[Operation]
) -> tuple[list[Fault], list[Stored]]:
    """Let everything come to rest, and judge."""
    time.sleep(HOLD_SECONDS + 1)
    for _ in range(2):  # A refund waits for the report of its payment.
        manage(environment, "expire_holds")
        manage(environment, "send_refunds")
    _in_django(environment, f"dump({str(path)!r})")
    stored = json.loads(path.read_text())
    bookings = [Stored.read(row) for row in stored["bookings"]]
    faults = judge(operations, bookings, now=stored["now"])
    try:
        manage(environment, "check_invariants")
    except CalledProcessError as error:
        faults += [Fault("invariant", line) for line in error.stdout.splitlines()]
    return faults, bookings


def _environment(url: str) -> dict[str, str]:
    throttles = ("ANON", "USER", "LOGIN", "BOOKING")
    return {
        **{f"THROTTLE_{name}": "off" for name in throttles},
        "ENV_FILE": os.devnull,
        "DEBUG": "False",
        "SECRET_KEY": "a-secret-of-the-history-that-is-long-enough-0123",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": url,
        "PAYMENT_PROVIDER": "sandbox",
        "ALLOW_SANDBOX_PAYMENTS": "True",
        "SANDBOX_WEBHOOK_SECRET": SANDBOX_SECRET,
        "BOOKINGS_HOLD_SECONDS": str(HOLD_SECONDS),
        "BOOKINGS_MAX_PENDING": "10000",
        "BOOKINGS_MAX_GIVEN_UP": "10000",
        "LOG_LEVEL": "ERROR",
    }


def _sabotaged(name: str) -> dict[str, str]:
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.sabotage.settings", "SABOTAGE": name}
    return settings if name else {}


def _in_django(environment: dict[str, str], call: str) -> None:
    code = f"from benchmarks.history_world import build, dump; {call}"
    manage(environment, "shell", "--no-imports", "-c", code)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calm", action="store_true", help="without faults")
    parser.add_argument(
        "--pooler", action="store_true", help="through pgbouncer, which alone is killed"
    )
    parser.add_argument("--sabotage", choices=[*SABOTAGES, "all"], default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
