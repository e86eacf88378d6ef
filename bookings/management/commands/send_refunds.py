"""The command that sends pending refunds to the payment provider."""

from typing import Any

from django.core.management.base import BaseCommand

from bookings.checkout import send_refunds


class Command(BaseCommand):
    help = "Send pending refunds again, after the provider could not be reached or a crash."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{send_refunds()} refunds sent.")
