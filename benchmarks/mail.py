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
    """A mail server's handler that counts mails, and those that came with a PDF."""

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
            "DEBUG": "True",
            "SECRET_KEY": secrets.token_urlsafe(48),
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
        while sink.count < asked.mails and time.monotonic() - began < asked.minutes * 60:
            time.sleep(0.1)
        seconds = time.monotonic() - began
        cost = cpu_seconds(worker.pid for worker in workers)
        states = query(url, "SELECT state, count(*) FROM bookings_message GROUP BY state")
    print("\n".join(f"- {fact}" for fact in machine.description()))
    print(
        f"{sink.count:,} mails in {seconds:.0f} s with {asked.workers} workers: "
        f"{sink.count / seconds:.0f}/s; {1000 * cost / max(sink.count, 1):.1f} ms of a worker's "
        f"processor each, its start included"
    )
    print(f"in the queue: {dict(states)}; {sink.with_tickets} of each hundredth had tickets")
    raise SystemExit(sink.count < asked.mails)


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
