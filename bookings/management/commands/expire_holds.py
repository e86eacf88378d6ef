"""The command that expires overdue holds, once or at intervals."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from bookings.checkout import expire
from bookings.idempotency.requests import forget_old_keys


class Command(BaseCommand):
    help = (
        "Expire the bookings that were not paid in time, and delete old idempotency keys. "
        "No sale depends on this command, because the seats of an expired hold are free at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every", type=int, metavar="SECONDS", help="repeat at this interval until stopped"
        )

    def handle(self, *args: Any, every: int | None, **options: Any) -> None:
        while True:
            expired = expire()
            forget_old_keys()
            if expired or not every:
                self.stdout.write(f"{expired} bookings expired.")
            if not every:
                return
            close_old_connections()
            time.sleep(every)
