"""
`python -m benchmarks.mail`: how fast workers send mails with tickets.

A PostgreSQL, a mail server that keeps nothing, and the workers run on this machine, each in a
process of its own. Every mail confirms a booking of two seats, so it has two tickets as a PDF.
"""

import argparse
import os
import secrets
import sys
import time
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller

from benchmarks import machine
from benchmarks.machine import ROOT, cpu_seconds, free_port, query
from benchmarks.processes import Processes, manage


class Sink:
    """
    A mail server's handler that counts mails.

    `with_tickets` counts those of every 100th mail that have a PDF.
    """

    def __init__(self) -> None:
        self.count = self.with_tickets = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.count += 1
        if self.count % 100 == 1:
            mail = BytesParser().parsebytes(envelope.content)
            kinds = [part.get_content_type() for part in mail.walk()]
            self.with_tickets += "application/pdf" in kinds
        return "250 OK"


def main() -> None:
    asked = _arguments()
    with Processes() as processes:
        url = processes.postgres(free_port())
        port = free_port()
        environment = {
            "ENV_FILE": os.devnull,
            "DEBUG": "False",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "PAYMENT_PROVIDER": "sandbox",
            "ALLOW_SANDBOX_PAYMENTS": "True",
            "SANDBOX_WEBHOOK_SECRET": secrets.token_urlsafe(24),
            "DATABASE_URL": url,
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "MAILS_A_DAY": "100000",
            "LOG_LEVEL": "WARNING",
        }
        manage(environment, "migrate", "--verbosity", "0")
        fill = f"from benchmarks.mail_queue import fill; fill({asked.mails})"
        manage(environment, "shell", "--no-imports", "-c", fill)
        sink = _serve(port)
        began = time.monotonic()
        workers = [
            processes.start(
                f"worker-{number}",
                [sys.executable, "manage.py", "worker", "--queue", "messages"],
                lambda: None,
                env={**os.environ, **environment},
                cwd=ROOT,
            )
            for number in range(asked.workers)
        ]
        pids = [worker.pid for worker in workers]
        [(postmaster,)] = query(url, "SELECT split_part(pg_read_file('postmaster.pid'), '\n', 1)")
        end = began + asked.minutes * 60
        warm = _wait(sink, asked.mails // 20, end)
        before = cpu_seconds(pids), cpu_seconds([int(postmaster)])
        sent = _wait(sink, asked.mails, end)
        seconds = time.monotonic() - began
        after = cpu_seconds(pids), cpu_seconds([int(postmaster)])
        states = query(url, "SELECT state, count(*) FROM bookings_message GROUP BY state")
    print("\n".join(f"- {fact}" for fact in machine.description()))
    of_workers, of_database = (
        1000 * (late - early) / max(sent - warm, 1)
        for early, late in zip(before, after, strict=True)
    )
    print(
        f"{sent:,} mails in {seconds:.0f} s with {asked.workers} workers, their start included: "
        f"{sent / seconds:.0f}/s"
    )
    print(
        f"processor of a mail, after the first {warm}: {of_workers:.1f} ms of a worker, "
        f"{of_database:.1f} ms of PostgreSQL"
    )
    print(f"in the queue: {dict(states)}; {sink.with_tickets} of each hundredth had tickets")
    raise SystemExit(sent < asked.mails)


def _wait(sink: Sink, count: int, end: float) -> int:
    """Wait for this many mails. Return how many the sink has."""
    while sink.count < count and time.monotonic() < end:
        time.sleep(0.05)
    return sink.count


def _serve(port: int) -> Sink:
    sink = Sink()
    Controller(sink, hostname="127.0.0.1", port=port).start()
    return sink


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=15, help="give up after so long")
    return parser.parse_args()


if __name__ == "__main__":
    main()
