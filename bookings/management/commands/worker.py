"""The worker of messages, webhooks and periodic jobs."""

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connection

from bookings import services, tasks
from bookings.notifications.email import close_connection as close_mail_connection

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Send messages and webhooks that are due, and run the periodic jobs. Any number of workers "
        "may run, on any number of machines. After SIGTERM it finishes the current work."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queue", action="append", choices=tasks.QUEUES, metavar="NAME",
            help="serve only this queue (account_mails, jobs, messages, webhooks, reports or report_mails); repeat for several",
        )  # fmt: skip
        parser.add_argument(
            "--every", type=float, default=1.0, metavar="SECONDS",
            help="the interval at which an idle worker looks for work",
        )  # fmt: skip
        parser.add_argument(
            "--once", action="store_true", help="do the work that is due now, and stop"
        )

    def handle(
        self, *args: Any, queue: list[str] | None, every: float, once: bool, **_: Any
    ) -> None:
        starts = [tasks.QUEUES[name] for name in queue or tasks.QUEUES]
        if once:
            services.plan_jobs(list(tasks.JOBS))
            for start in starts:
                while start():
                    pass
            close_mail_connection()
            return
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        _plan_jobs(stopped, every)
        # Each queue has its own thread, so a partner's slow server delays no customer's mail.
        threads = [
            threading.Thread(target=_serve, args=(start, stopped, every)) for start in starts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _plan_jobs(stopped: threading.Event, every: float) -> None:
    """Plan the periodic jobs, as soon as the database is there."""
    while not stopped.is_set():
        try:
            return services.plan_jobs(list(tasks.JOBS))
        except DatabaseError as error:
            # One line instead of a traceback, as this may last for minutes.
            log.warning("the worker waits for the database", extra={"error": str(error).strip()})
            connection.close()
            stopped.wait(every)


def _serve(start: Callable[[], bool], stopped: threading.Event, every: float) -> None:
    while not stopped.is_set():
        close_old_connections()
        try:
            has_worked = start()
        except Exception:
            # For example, the database is down. Claimed rows are due again after their lease.
            log.exception("the worker stumbled")
            has_worked = False
        if not has_worked:
            close_mail_connection()
            stopped.wait(every)
    close_mail_connection()
    connection.close()
