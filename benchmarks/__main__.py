"""
The speed of the production setup, beside the database's own limit.

Run it by `make bench`. Everything is started for the run, on this machine only, and stopped after
it.
"""

import argparse
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.load import Result, drive
from benchmarks.machine import ROOT, Postgres, Process
from benchmarks.workloads import WORKLOADS, Workload, World

RESULTS = Path(__file__).parent / "results"
DATABASE = "bench"
WARM_UP_SECONDS = 1.0
MAX_SECONDS = 20
"""The limit of a workload that is counted and not timed."""


class Row:
    """A workload's figures, one of each round; `column` is their median."""

    def __init__(self) -> None:
        self.figures: dict[str, list[float]] = defaultdict(list)
        self.kinds: Counter[str] = Counter()
        self.samples: list[str] = []

    def add(self, result: Result, **more: float) -> None:
        self.kinds += result.kinds
        self.samples = (self.samples + result.samples)[:3]
        more["ok/s"] = result.ok_per_second
        for percent in (50, 95, 99):
            more[f"p{percent}"] = result.percentile(percent)
        for name, value in more.items():
            self.figures[name].append(value)

    def column(self, name: str) -> float:
        return statistics.median(self.figures[name])


class Bench:
    """The running system: PostgreSQL, Redis where there is one, and the server."""

    def __init__(self, folder: Path, stack: ExitStack, *, cache: str | None) -> None:
        self._folder = folder
        self.postgres = Postgres(folder)
        stack.callback(self.postgres.stop)
        for name in (DATABASE, "floor"):
            self.postgres.run(f"CREATE DATABASE {name}")
        self.postgres.run(
            (Path(__file__).parent / "floor_schema.sql").read_text(), database="floor"
        )
        self._redis, url = (None, cache) if cache else (machine.redis(folder) or (None, None))
        if self._redis:
            stack.callback(self._redis.stop)
        self.cache = url or "locmemcache://"
        self._port = machine.free_port()
        self._server: Process | None = None
        stack.callback(self.stop_server)
        self.environment = {
            **os.environ,
            "ENV_FILE": os.devnull,
            "DEBUG": "False",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": self.postgres.url(DATABASE),
            "CACHE_URL": self.cache,
            "TRUSTED_PROXIES": "1",
            "PAYMENT_PROVIDER": "sandbox",
            "ALLOW_SANDBOX_PAYMENTS": "True",
            "SANDBOX_WEBHOOK_SECRET": secrets.token_urlsafe(24),
            "PYTHONWARNINGS": "ignore",
        }

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"manage.py {arguments[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def call(self, module: str, call: str) -> str:
        return self.manage(
            "shell", "--no-imports", "-c", f"from benchmarks import {module}; {call}"
        )

    def restart_server(self) -> None:
        self.stop_server()
        command = machine.production_command(self._port)
        self._server = Process(command, self._folder / "server.log", self.environment)
        self._server.wait_for(f"http://127.0.0.1:{self._port}/healthz/")

    def stop_server(self) -> None:
        if self._server:
            self._server.stop()
            self._server = None

    def measure(self, workload: Workload, world: World, row: Row, *, seconds: float) -> Result:
        application = [self._server.pid, *([self._redis.pid] if self._redis else [])]
        cpu: dict[str, float] = {}

        def at_start() -> None:
            self.postgres.forget_statements()
            cpu.update(app=machine.cpu_seconds(application), db=self._database_cpu())

        result = drive(
            self._port,
            lambda client: workload.client(world, client, workload.clients),
            clients=workload.clients,
            seconds=seconds if workload.is_timed else MAX_SECONDS,
            warm_up=WARM_UP_SECONDS if workload.is_timed else 0,
            at_start=at_start,
        )
        requests = max(result.requests, 1)
        row.add(
            result,
            app=1000 * (machine.cpu_seconds(application) - cpu["app"]) / requests,
            db=1000 * (self._database_cpu() - cpu["db"]) / requests,
            statements=self.postgres.statements(DATABASE) / requests,
        )
        return result

    def floor(self, row: Row, *, seconds: int) -> float:
        """Measure the transactions a second of the minimal booking."""
        self.postgres.run("TRUNCATE line, booking RESTART IDENTITY", database="floor")
        self.postgres.run("CHECKPOINT")
        before = self._database_cpu()
        script = Path(__file__).parent / "floor.sql"
        rate = self.postgres.floor(script, clients=8, seconds=seconds)
        row.figures["ok/s"].append(rate)
        row.figures["db"].append(1000 * (self._database_cpu() - before) / (rate * seconds))
        return rate

    def _database_cpu(self) -> float:
        return machine.cpu_seconds([self.postgres.pid])


def main() -> None:
    asked = _arguments()
    rounds = 1 if asked.quick else asked.rounds
    seconds = 2 if asked.quick else asked.seconds
    began, load = datetime.now(UTC), os.getloadavg()
    chosen = [workload for workload in WORKLOADS if asked.only in workload.name]
    rows = {workload.name: Row() for workload in chosen}
    floor = Row()
    faults: list[str] = []
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="booking-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        bench = Bench(folder, stack, cache=asked.cache)
        path = folder / "world.json"
        _say("Building the world …")
        _build(bench, path, rounds=rounds, quick=asked.quick)
        for turn in range(rounds):
            bench.call("world", f"world.tokens({str(path)!r})")
            world = World(json.loads(path.read_text()), turn)
            bench.restart_server()
            limit = bench.floor(floor, seconds=seconds)
            for workload in chosen:
                _say(f"Round {turn + 1} of {rounds}: {workload.name}")
                row = rows[workload.name]
                result = bench.measure(workload, world, row, seconds=seconds)
                row.figures["ratio"].append(result.ok_per_second / limit)
                faults += _sold_twice(result.bodies)
                if asked.statements:
                    for calls, ms, text in bench.postgres.statements_by_kind(DATABASE):
                        print(f"{calls / max(result.requests, 1):8.2f} × {ms:8.3f} ms  {text}")
        bench.stop_server()
        said = bench.manage("check_invariants").strip()
        if asked.keep:
            shutil.copy(folder / "server.log", asked.keep)
        report = _report(rows, floor, bench, began=began, load=load, rounds=rounds, seconds=seconds)
    faults += [
        f"{name}: {row.kinds['error']} errors" for name, row in rows.items() if row.kinds["error"]
    ]
    print(report)
    print(said)
    for name, row in rows.items():
        for sample in row.samples:
            print(f"{name}: {sample}", file=sys.stderr)
    if not asked.only:
        suffix = "-quick" if asked.quick else ""
        RESULTS.mkdir(exist_ok=True)
        target = RESULTS / f"{date.today().isoformat()}{suffix}.md"
        target.write_text(f"{report}\n{said} No seat was sold twice.\n" if not faults else report)
        _say(f"Written to {target.relative_to(ROOT)}.")
    if faults:
        raise SystemExit("\n".join(faults[:20]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of 2 seconds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each workload in a round")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="workloads with this in their name"
    )
    parser.add_argument("--cache", metavar="URL", help="instead of a Redis that is started")
    parser.add_argument("--statements", action="store_true", help="list what PostgreSQL was sent")
    parser.add_argument("--keep", metavar="FILE", help="where to copy the server's log to")
    return parser.parse_args()


def _build(bench: Bench, path: Path, *, rounds: int, quick: bool) -> None:
    bench.manage("migrate", "--no-input", "--verbosity", "0")
    bench.manage("collectstatic", "--no-input", "--verbosity", "0")
    sizes = {"customers": 1000, "shows": 40 if quick else 100, "stadium_shows": 2 if quick else 4}
    arguments = ", ".join(f"{name}={value}" for name, value in sizes.items())
    bench.call("world", f"world.build({str(path)!r}, rounds={rounds}, {arguments})")
    listed = 10_000 if quick else 100_000
    bench.call("grow", f"grow.grow(shows={listed}, seats=10, bookings=0)")


def _sold_twice(bodies: Sequence[bytes]) -> Iterator[str]:
    """Yield a sentence for each seat that two acknowledged bookings have."""
    owners: dict[tuple[int, int], int] = {}
    for body in bodies:
        booking = json.loads(body)
        for seat_id in booking["seat_ids"]:
            owner = owners.setdefault((booking["show"], seat_id), booking["id"])
            if owner != booking["id"]:
                yield f"seat {seat_id} of show {booking['show']}: bookings {owner} and {booking['id']}"


def _report(
    rows: dict[str, Row],
    floor: Row,
    bench: Bench,
    *,
    began: datetime,
    load: Sequence[float],
    rounds: int,
    seconds: int,
) -> str:
    [(version,)] = bench.postgres.run("SHOW server_version")
    cache = "Redis" if bench.cache.startswith("redis") else "in-process"
    lines = [
        f"# {began:%Y-%m-%d %H:%M} UTC",
        "",
        *(f"- {fact}" for fact in machine.description()),
        f"- load average {load[0]:.1f} before the run, {os.getloadavg()[0]:.1f} at its end, which it made itself or others did",
        f"- PostgreSQL {version}, fsync on, default settings but for pg_stat_statements; cache: {cache}",
        f"- served by `{machine.served_as()}`; the generator on the same machine",
        f"- commit {_commit()}; {rounds} × {seconds} s, interleaved; medians of the rounds",
        "",
        "| workload | ok/s | × floor | p50 ms | p95 ms | p99 ms | app ms | db ms | statements | 409 | 503 | errors |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        f"| floor: lock, check, inserts | {floor.column('ok/s'):,.0f} | 1 | | | | | {floor.column('db'):.2f} | 6 | | | |",
    ]
    for name, row in rows.items():
        lines.append(
            f"| {name} | {row.column('ok/s'):,.0f} | {row.column('ratio'):.3f}"
            f" | {row.column('p50'):.1f} | {row.column('p95'):.1f} | {row.column('p99'):.1f}"
            f" | {row.column('app'):.2f} | {row.column('db'):.2f} | {row.column('statements'):.1f}"
            f" | {row.kinds['conflict']} | {row.kinds['busy']} | {row.kinds['error']} |"
        )
    lines += [
        "",
        "app ms and db ms are CPU time a request, of the server with its cache and of PostgreSQL;",
        "statements are those that PostgreSQL got, BEGIN and COMMIT included.",
        "",
    ]
    return "\n".join(lines)


def _commit() -> str:
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
