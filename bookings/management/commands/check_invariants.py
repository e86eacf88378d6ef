"""The command that checks the invariants of seats, bookings and money."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.invariants import all_checks, broken


class Command(BaseCommand):
    help = "Check that every seat has one owner and every amount its reason; list all violations."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = list(broken())
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} invariants are broken.")
        self.stdout.write(f"All {len(all_checks())} invariants hold.")
