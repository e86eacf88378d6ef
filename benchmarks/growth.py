"""
The cost of a request in a small and a large world.

    python -m benchmarks.growth             10³ bookings beside 10⁶: about ten minutes, most of it COPY
    python -m benchmarks.growth --explain "shows: search"      the plans behind one request, read

The small world has 10³ bookings, 10² shows and 10⁴ seats of shows, the large one a thousand times as
many of each. Both answer the same requests in turns, each in a process of its own, with no cache. A
page of a list has as many rows in both, fewer than usual where the small world has no more, and both
go on after it. "In work" is the processor time of the application and of PostgreSQL.
"""

import argparse
import json
import os
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, Postgres

TIMES = 9
LIMIT = 1.5
_ANSWER = "from benchmarks.answering import answer; answer()"


class Respondent:
    """A process that answers requests from one database and reports their cost."""

    def __init__(self, url: str, key: str) -> None:
        self.environment = {
            **os.environ,
            "ENV_FILE": os.devnull,
            "DEBUG": "False",
            "SECRET_KEY": key,
            "ALLOWED_HOSTS": "testserver",
            "DATABASE_URL": url,
            "CACHE_URL": "locmemcache://",
            "LOG_LEVEL": "ERROR",
            "PYTHONWARNINGS": "ignore",
        }

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True)

    def start(self, stack: ExitStack) -> list[str]:
        """Start the process, and return the names of its requests."""
        self._process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "manage.py", "shell", "--no-imports", "-c", _ANSWER],
                cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
        )  # fmt: skip
        stack.callback(self._process.stdin.close)
        return self._read()

    def ask(self, name: str, *, explain: bool = False, page_size: int | None = None) -> Any:
        self._process.stdin.write(json.dumps([name, explain, page_size]) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("The respondent has ended.")
        return json.loads(line)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("--bookings", type=int, default=10**6, help="of the large world")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="requests with this in their name"
    )
    parser.add_argument("--explain", action="store_true", help="print the plans as well")
    parser.add_argument(
        "--url",
        metavar="URL",
        help="a server that keeps the worlds between runs, as databases small and large",
    )
    asked = parser.parse_args()
    key = secrets.token_urlsafe(48)
    with ExitStack() as stack:
        urls = _worlds(asked, stack, key)
        small, large = (Respondent(url, key) for url in urls)
        names = [name for name in small.start(stack) if asked.only in name]
        large.start(stack)
        slower = 0
        print(
            "| request | rows | ms small | ms large | × in time | × in work | of it SQL, ms | blocks"
            " | statements | sequential scans |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        for name in names:
            found = small.ask(name)
            # A list that ends with its page needs no count, so ask for one row fewer.
            page = {
                "page_size": max(1, found["rows"] - 1) if found["rows"] and found["ends"] else None
            }
            for respondent in (small, large):
                respondent.ask(name, **page)  # Nothing is cold.
            costs = [
                [respondent.ask(name, **page) for respondent in (small, large)]
                for _ in range(TIMES)
            ]
            slower += _print_row(name, costs)
            if asked.explain:
                print("\n".join(large.ask(name, explain=True)["plans"]))
    print(
        f"\n{slower} of {len(names)} are more than {LIMIT} times as much work in the large world."
    )


def _worlds(asked: argparse.Namespace, stack: ExitStack, key: str) -> Iterator[str]:
    if asked.url:
        return [
            re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", asked.url, count=1)
            for name in ("small", "large")
        ]
    folder = Path(tempfile.mkdtemp(prefix="booking-growth-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    postgres = Postgres(folder, max_wal_size="4GB")
    stack.callback(postgres.stop)
    urls = []
    for name, bookings in (("small", 1000), ("large", asked.bookings)):
        postgres.run(f"CREATE DATABASE {name}")
        postgres.run("CREATE EXTENSION pg_stat_statements", database=name)
        urls.append(postgres.url(name))
        began = time.monotonic()
        respondent = Respondent(urls[-1], key)
        respondent.manage("migrate", "--no-input", "--verbosity", "0")
        call = f"from benchmarks.grow import grow; grow(bookings={bookings})"
        respondent.manage("shell", "--no-imports", "-c", call)
        print(f"{bookings} bookings in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return urls


def _print_row(name: str, costs: list[list[dict[str, Any]]]) -> bool:
    def medians(what: str) -> tuple[float, float]:
        return tuple(statistics.median(cost[side][what] for cost in costs) for side in (0, 1))

    (small, large), sql, blocks = medians("ms"), medians("sql"), medians("blocks")
    # A ratio for each round, as the machine may be busier in one than in another.
    times, work = (
        statistics.median(cost[1][what] / cost[0][what] for cost in costs) for what in ("ms", "cpu")
    )
    last = costs[-1]
    rows = " → ".join("" if cost["rows"] is None else str(cost["rows"]) for cost in last)
    print(
        f"| {name} | {rows.strip(' →')} | {small:.1f} | {large:.1f} | {times:.2f} | {work:.2f}"
        f" | {sql[0]:.1f} → {sql[1]:.1f} | {blocks[0]:.0f} → {blocks[1]:.0f}"
        f" | {last[1]['statements']} | {', '.join(last[1]['scans'])} |",
        flush=True,
    )
    return work > LIMIT


if __name__ == "__main__":
    main()
