"""The command that reconciles payments with the provider, once or at intervals."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from bookings.payments.gateway import GatewayUnavailable
from bookings.reconciliation import reconcile


class Command(BaseCommand):
    help = "Settle every difference between the payment provider's payments and ours."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every", type=int, metavar="SECONDS", help="repeat at this interval until stopped"
        )

    def handle(self, *args: Any, every: int | None, **options: Any) -> None:
        while True:
            self._reconcile(fails=not every)
            if not every:
                return
            close_old_connections()
            time.sleep(every)

    def _reconcile(self, *, fails: bool) -> None:
        try:
            outcomes = reconcile(settings.PAYMENT_PROVIDER)
        except GatewayUnavailable as error:
            if fails:
                raise CommandError("The payment provider gives no answer.") from error
            self.stderr.write("The payment provider gives no answer.")
            return
        for outcome, count in sorted(outcomes.items()):
            self.stdout.write(f"{count} × {outcome}")
