"""
A backup, its restore and a check, by the commands of docs/operations.md.

Run it by `python -m benchmarks.backup`. A PostgreSQL of its own is filled, dumped, and restored
into a new database, where `check_invariants` must hold and all bookings must be there. The same is
done with a copy of a SQLite database.
"""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.machine import POSTGRES_BIN, ROOT, free_port, query
from benchmarks.processes import Processes, manage

_FILL = """
from bookings.tests.factories import confirmed, held
from shows.tests.factories import scheduled_show
show = scheduled_show(rows={{"A": {count} * 2}})
for number in range({count}):
    (confirmed if number % 2 else held)(f"A{{2 * number + 1}}", f"A{{2 * number + 2}}", show=show)
"""


def main() -> None:
    with Processes() as processes:
        url = processes.postgres(free_port())
        _try("PostgreSQL", url, lambda: _restored_postgres(url, processes.folder))
        file = processes.folder / "booking.sqlite3"
        url = f"sqlite:///{file}"
        _try("SQLite", url, lambda: _restored_sqlite(file))


def _try(name: str, url: str, restored: Callable[[], str]) -> None:
    environment = _environment(url)
    manage(environment, "migrate", "--verbosity", "0")
    _fill(environment, 20)
    before = _bookings(environment)
    started = time.monotonic()
    copy = _environment(restored())
    seconds = time.monotonic() - started
    manage(copy, "migrate", "--check")
    print(manage(copy, "check_invariants").strip())
    found = _bookings(copy)
    print(f"{name}: {before} bookings before, {found} in the copy, restored in {seconds:.1f} s")
    if found != before:
        raise SystemExit(f"{name}: bookings are missing in the copy.")


def _restored_postgres(url: str, folder: Path) -> str:
    dump = folder / "booking.dump"
    address = url.rpartition("/")[0]
    _run(POSTGRES_BIN / "pg_dump", "--format=custom", f"--file={dump}", url)
    query(url, "CREATE DATABASE booking_restored")
    copy = f"{address}/booking_restored"
    options = ("--exit-on-error", "--single-transaction", "--no-owner")
    _run(POSTGRES_BIN / "pg_restore", *options, f"--dbname={copy}", dump)
    return copy


def _restored_sqlite(file: Path) -> str:
    """Copy with SQLite's own backup, as `.backup` of its shell does."""
    copy = file.with_name("booking-restored.sqlite3")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return f"sqlite:///{copy}"


def _fill(environment: dict[str, str], count: int) -> None:
    code = _FILL.format(count=count)
    manage(environment, "shell", "--no-imports", "-c", code)


def _bookings(environment: dict[str, str]) -> int:
    code = "from bookings.models import Booking; print(Booking.objects.count())"
    return int(manage(environment, "shell", "--no-imports", "-c", code).split()[-1])


def _environment(url: str) -> dict[str, str]:
    return {"ENV_FILE": os.devnull, "DEBUG": "True", "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}


def _run(*command: object) -> None:
    subprocess.run([*map(str, command)], check=True, cwd=ROOT, stdout=sys.stderr)


if __name__ == "__main__":
    main()
