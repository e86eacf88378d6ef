"""Command that schedules the screenings of a CSV file."""

import json
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from tqdm import tqdm

from eventbooking_system.commands import PrintsAnywhereMixin
from eventbooking_system.plain_text import validate_line
from shows.imports import (
    CsvOptions,
    FileRefused,
    Report,
    RowRefused,
    import_csv,
    printable,
    read_file,
)

# Other names for facts about a venue.
_FACTS = {"lat": "latitude", "lon": "longitude", "lng": "longitude"}
VENUE_FIELDS = ("name", "address", "city", "country", "timezone", "latitude", "longitude")


class Command(PrintsAnywhereMixin, BaseCommand):
    help = "Schedule the screenings of a CSV file; docs/imports.md describes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument(
            "--column", action="append", type=_pair, default=[], metavar="FIELD=COLUMN",
            help="the column of a field, if it has another name",
        )  # fmt: skip
        parser.add_argument(
            "--default", action="append", type=_pair, default=[], metavar="FIELD=VALUE",
            help="the value of a field that has no column or an empty cell",
        )  # fmt: skip
        parser.add_argument("--venues", metavar="FILE", help="a JSON list with facts about venues")
        parser.add_argument(
            "--seats", type=whole_number(1, 2000), default=60, help="the seats of a new screen (60)"
        )
        parser.add_argument(
            "--cleaning-minutes", type=whole_number(0, 1440), default=0,
            help="minutes to keep free after each show (0)",
        )  # fmt: skip
        parser.add_argument(
            "--encoding",
            type=_encoding,
            default="utf-8-sig",
            help="the encoding of the file (UTF-8)",
        )
        add_report_arguments(parser)

    def handle(self, *, file: str, **options: Any) -> None:
        csv_options = CsvOptions(
            columns=dict(options["column"]),
            defaults=dict(options["default"]),
            venues=_venues(options["venues"]) if options["venues"] else {},
            seats=options["seats"],
            cleaning_minutes=options["cleaning_minutes"],
            encoding=options["encoding"],
        )
        with reported(self, file, options) as report:
            # The progress bar appears only in a terminal.
            import_csv(
                read_file(file),
                csv_options,
                report,
                watch=lambda rows, total: tqdm(rows, total=total, unit=" rows", disable=None),
            )


def add_report_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "--update",
        action="store_true",
        help="apply what differs from existing shows, and withdraw unsold shows that the file lacks",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="report what would happen, and change nothing"
    )


@contextmanager
def reported(command: BaseCommand, file: str, options: dict[str, Any]) -> Iterator[Report]:
    """Print the report of an import, and say how it failed. Raises CommandError."""

    def print_line(line: str) -> None:
        with tqdm.external_write_mode(command.stdout):
            command.stdout.write(line)

    try:
        yield Report(
            is_update=options["update"], is_rehearsal=options["dry_run"], on_line=print_line
        )
    except KeyboardInterrupt as interrupt:
        raise CommandError("Interrupted. Run the import again.", returncode=130) from interrupt
    except DatabaseError as error:
        raise CommandError(
            f"The database failed: {error} Shows that were imported stay; run the import again."
        ) from error
    except (FileRefused, RowRefused) as error:
        raise CommandError(f"{printable(file, 200)}: {error}") from error


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name or "\0" in value:
        raise ArgumentTypeError(f"{text!r} is not FIELD=VALUE")
    return name.strip(), " ".join(value.split())


def whole_number(minimum: int, maximum: int) -> Any:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and minimum <= int(text[:9]) <= maximum):
            raise ArgumentTypeError(f"{text!r} is not a whole number from {minimum} to {maximum}")
        return int(text)

    return number


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, UnicodeError):
        raise ArgumentTypeError(f"{name!r} is not an encoding of text") from None
    return name


def _venues(path: str) -> dict[str, dict[str, Any]]:
    """Read the facts about each venue, by `id` and `name`."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            entries = json.load(file, parse_constant=_refuse_constant)
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(f"{path}: {error}") from error
    if not isinstance(entries, list):
        raise CommandError(f"{path}: this is not a list of venues.")
    venues = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise CommandError(f"{path}: a venue is an object with a name.")
        facts = {_FACTS.get(name, name): value for name, value in entry.items()}
        for value in facts.values():
            if isinstance(value, str):
                _check_text(path, value)
        facts = {name: facts[name] for name in VENUE_FIELDS if facts.get(name) is not None}
        for key in ("id", "name"):
            venues[str(entry.get(key, facts["name"]))] = facts
    return venues


def _check_text(path: str, value: str) -> None:
    if "\0" in value:
        raise CommandError(f"{path}: a value contains a NUL byte.")
    try:
        validate_line(value)
    except ValidationError as error:
        raise CommandError(f"{path}: {printable(value)}: {error.message}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
