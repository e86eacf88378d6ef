"""Command that archives shows that ended long ago."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shows.archiving import archive_shows, shows_to_archive


class Command(BaseCommand):
    help = (
        "Delete the unbooked seats from the stock of shows that ended long ago, and keep their "
        "final counts. Bookings stay. The worker does this daily."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=settings.ARCHIVE_SHOWS_AFTER_DAYS,
            help="days after the end of a show; ARCHIVE_SHOWS_AFTER_DAYS by default",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="only print the number of shows")

    def handle(self, *args: Any, days: int, dry_run: bool, **options: Any) -> None:
        if days < 1:
            raise CommandError("Archiving is off: give --days with 1 or more.")
        if dry_run:
            self.stdout.write(f"{shows_to_archive(days=days).count()} shows would be archived.")
        else:
            self.stdout.write(f"{archive_shows(days=days)} shows archived.")
