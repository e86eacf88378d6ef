"""Command that schedules the screenings of a CSV file."""

import json
import time
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction
from tqdm import tqdm

from eventbooking_system.plain_text import validate_line
from shows.imports import (
    BATCH,
    FileRefused,
    RefusedRow,
    Screening,
    ScreeningImporter,
    printable,
    read_screenings,
)

# Other names for facts about a venue.
_FACTS = {"lat": "latitude", "lon": "longitude", "lng": "longitude"}
VENUE_FIELDS = ("name", "address", "city", "country", "timezone", "latitude", "longitude")


class Command(BaseCommand):
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
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would happen, and change nothing"
        )

    def handle(self, *, file: str, **options: Any) -> None:
        importer = ScreeningImporter(
            venues=_venues(options["venues"]) if options["venues"] else {},
            seats=options["seats"],
            cleaning_minutes=options["cleaning_minutes"],
            rehearsal=options["dry_run"],
        )
        columns, defaults = dict(options["column"]), dict(options["default"])
        try:
            # The reader refuses a row that has bytes outside the encoding.
            with open(
                file, encoding=options["encoding"], errors="surrogateescape", newline=""
            ) as text:
                lines = sum(1 for _ in text)
                text.seek(0)
                rows = read_screenings(text, columns=columns, defaults=defaults)
                # The progress bar appears only in a terminal.
                rows = tqdm(rows, total=max(0, lines - 1), unit=" rows", disable=None)
                if options["dry_run"]:
                    self._rehearse(importer, rows)
                else:
                    self._import(importer, rows)
        except (OSError, UnicodeError, FileRefused) as error:
            raise CommandError(f"{file}: {error}") from error
        except DatabaseError as error:
            raise CommandError(
                f"The database failed: {error} Shows that were imported stay; run the import again."
            ) from error

    def _rehearse(
        self, importer: ScreeningImporter, rows: Iterable[Screening | RefusedRow]
    ) -> None:
        with transaction.atomic():
            self._import(importer, rows)
            transaction.set_rollback(True)
        self.stdout.write("This was a dry run; nothing was changed.")

    def _import(self, importer: ScreeningImporter, rows: Iterable[Screening | RefusedRow]) -> None:
        started = time.monotonic()
        new = repeated = refused = 0
        for batch in _batches(rows):
            results = iter(importer.schedule([row for row in batch if isinstance(row, Screening)]))
            for row in batch:
                result = row.reason if isinstance(row, RefusedRow) else next(results)
                if result is True:
                    new += 1
                elif result is False:
                    repeated += 1
                else:
                    refused += 1
                    with tqdm.external_write_mode(self.stdout):
                        self.stdout.write(f"line {row.line}: {result}")
        created = ", ".join(f"{number} {kind}" for kind, number in sorted(importer.created.items()))
        self.stdout.write(
            f"{new} shows taken, {repeated} there already, {refused} refused, "
            f"in {time.monotonic() - started:.0f} s. Made on the way: {created or 'nothing'}."
        )


def _batches(rows: Iterable[Screening | RefusedRow]) -> Iterator[list[Screening | RefusedRow]]:
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield batch


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
    """Read the facts about each venue, by its `id` and by its `name`."""
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
