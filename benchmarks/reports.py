"""
Reports of one week among 10⁶ bookings.

They are measured for one venue and for all 1,000.

    python -m benchmarks.reports                 ten minutes, most of it COPY
    python -m benchmarks.reports --url URL       a database that `benchmarks.grow` has filled

The ratio is to a floor: one statement that reads the same week's bookings and their lines once.
"""

import argparse
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, Postgres

TIMES = 5
_FLOOR = """
SELECT count(*), sum(line.price), sum(booking.total) FROM shows_show AS show
JOIN venues_screen AS screen ON screen.id = show.screen_id
JOIN bookings_booking AS booking ON booking.show_id = show.id AND booking.status = 'confirmed'
JOIN bookings_bookedseat AS line ON line.booking_id = booking.id
WHERE screen.venue_id = ANY(%s) AND show.start_time >= %s AND show.start_time < %s
"""
_MEASURED = {
    "takings": ["day", "category", "show"],
    "refunds": ["day"],
    "admissions": ["day", "category", "show", "ticket_type,screen"],
    "tax": ["day"],
    "occupancy": ["day", "category"],
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports")
    parser.add_argument("--bookings", type=int, default=10**6)
    parser.add_argument("--url", metavar="URL")
    asked = parser.parse_args()
    with ExitStack() as stack:
        environment = {
            **os.environ,
            "ENV_FILE": os.devnull,
            "DEBUG": "False",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": "testserver",
            "CACHE_URL": "locmemcache://",
            "LOG_LEVEL": "ERROR",
        }

        def manage(*arguments: str) -> None:
            command = [sys.executable, "manage.py", *arguments]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)

        def call(module: str, what: str) -> None:
            name = what.partition("(")[0]
            manage("shell", "--no-imports", "-c", f"from {module} import {name}; {what}")

        if asked.url:
            environment["DATABASE_URL"] = asked.url
        else:
            folder = Path(tempfile.mkdtemp(prefix="booking-reports-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            postgres = Postgres(folder, max_wal_size="4GB")
            stack.callback(postgres.stop)
            environment["DATABASE_URL"] = postgres.url()
            manage("migrate", "--no-input", "--verbosity", "0")
            call("benchmarks.grow", f"grow(bookings={asked.bookings})")
        call("benchmarks.reports", "measure()")


def measure() -> None:
    """Print the time of each report, for one venue and for all. Django is set up."""
    from django.db import connection  # noqa: PLC0415 - `main` runs without Django.
    from django.utils import timezone  # noqa: PLC0415

    from reports import selectors  # noqa: PLC0415
    from venues.models import Venue  # noqa: PLC0415

    venues = list(Venue.objects.order_by("pk"))
    first = timezone.now().date() - timedelta(days=10)
    days = (first, first + timedelta(days=6))

    def floor(some: list[Any]) -> None:
        with connection.cursor() as cursor:
            ids = [venue.pk for venue in some]
            cursor.execute(_FLOOR, [ids, first, first + timedelta(days=7)])
            cursor.fetchall()

    print("| report | by | one venue, ms | × floor | all venues, ms | × floor | groups |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    sides = (venues[:1], venues)
    for name, groups in _MEASURED.items():
        for group_by in groups:
            cells, found = [], None
            for side in sides:
                wanted = selectors.Wanted(side, *days, tuple(group_by.split(",")))
                report = getattr(selectors, name)
                found = report(wanted)  # Nothing is cold.
                floor(side)
                turns = [(_ms(report, wanted), _ms(floor, side)) for _ in range(TIMES)]
                cells.append(f"{statistics.median(own for own, _ in turns):.0f}")
                cells.append(f"{statistics.median(own / least for own, least in turns):.1f}")
            cells.append(str(len(found.groups)))
            print(f"| {name} | {group_by} | {' | '.join(cells)} |", flush=True)
    print(f"\nload average {os.getloadavg()[0]:.1f}")


def _ms(work: Callable[..., Any], *arguments: Any) -> float:
    began = time.perf_counter()
    work(*arguments)
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
