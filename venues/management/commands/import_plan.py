"""The command that makes a screen's seats from a layout file."""

import time
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from rest_framework.exceptions import ParseError

from eventbooking_system.api.json import StrictJSONParser
from eventbooking_system.commands import PrintsAnywhereMixin
from eventbooking_system.errors import DomainError
from eventbooking_system.plain_text import validate_line
from venues.errors import InvalidLayout
from venues.layouts import read_layout
from venues.models import Screen, Venue
from venues.selectors import find_venue
from venues.services import create_screen, replace_layout

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Command(PrintsAnywhereMixin, BaseCommand):
    help = "Make the seats of a screen from a seating plan; docs/imports.md describes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="pretix's seating-plan JSON, or rows of a plain hall")
        parser.add_argument("--venue", required=True, help="its slug or its name")
        parser.add_argument("--city", default="", help="its city, if several have the name")
        parser.add_argument("--country", default="", help="its country, such as GB")
        parser.add_argument(
            "--screen", required=True, help="its name; a screen that is missing is added"
        )
        parser.add_argument(
            "--side-list", metavar="FILE",
            help='{"seats": {"<guid>": {"accessible": true, "companion": true, '
            '"restricted_view": true, "couple": "C1"}}}',
        )  # fmt: skip
        parser.add_argument(
            "--new-version", action="store_true",
            help="make a new version for later shows; existing shows keep their seats",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="say what would happen")

    def handle(
        self, *, file: str, venue: str, screen: str, side_list: str | None, **options: Any
    ) -> None:
        started = time.monotonic()
        document = _read(file)
        if side_list:
            document = {**_read(side_list), "plan": document}
        try:
            found = _venue(venue, city=options["city"], country=options["country"])
            self._import(document, found, screen, options)
        except InvalidLayout as refusal:
            raise CommandError(_listed(refusal, file, side_list)) from refusal
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        except DatabaseError as error:
            raise CommandError(
                f"Nothing was imported, because the database failed: {error}"
            ) from error
        self.stdout.write(f"It took {time.monotonic() - started:.1f} s.")

    def _import(
        self, document: dict[str, Any], venue: Venue, name: str, options: dict[str, Any]
    ) -> None:
        # A faulty layout must not leave a new screen without seats.
        plan = read_layout(document)
        for warning in plan.warnings:
            self.stdout.write(f"{warning['field']}: {warning['detail']}")
        screen = Screen.objects.filter(venue=venue, name=name).first()
        dry_run = options["dry_run"]
        if screen is None:
            _check_name(venue, name)
            self.stdout.write(f"{venue.name} gets a screen called {name}.")
            if dry_run:
                self.stdout.write(f"{len(plan.seats)} seats. A dry run: nothing was kept.")
                return
            screen = create_screen(venue_id=venue.pk, fields={"name": name})
        done = replace_layout(
            screen_id=screen.pk,
            document=document,
            new_version=options["new_version"],
            dry_run=dry_run,
        )
        self.stdout.write(
            f"{done.seats} seats in {len(plan.categories)} categories: {done.added} added, "
            f"{done.changed} changed, {done.removed} removed, {done.set_aside} set aside for shows "
            f"that have them.{' A dry run: nothing was kept.' if dry_run else ''}"
        )


def _read(path: str) -> dict[str, Any]:
    """Read the JSON object in a file as strictly as the API."""
    try:
        raw = Path(path).read_bytes().removeprefix(_BYTE_ORDER_MARK)
        document = StrictJSONParser().parse(BytesIO(raw))
    except (OSError, ParseError, RecursionError) as error:
        raise CommandError(f"{path}: {error}") from error
    if not isinstance(document, dict):
        raise CommandError(f"{path}: This is not a JSON object.")
    return document


def _venue(key: str, *, city: str, country: str) -> Venue:
    found = find_venue(slug=key, name=key, city=city, country=country)
    if found is None:
        place = ", ".join(part for part in (city, country) if part)
        raise CommandError(
            f"There is no venue with the slug or name {key!r}{' in ' + place if place else ''}."
        )
    return found


def _check_name(venue: Venue, name: str) -> None:
    try:
        Screen(venue=venue, name=name).clean_fields()
        validate_line(name)
    except ValidationError as error:
        raise CommandError(f"--screen: {' '.join(error.messages)}") from error


def _listed(refusal: InvalidLayout, file: str, side_list: str | None) -> str:
    """Format each fault with its file and its path in that file."""
    lines = []
    for fault in refusal.members["errors"]:
        path, place = file, fault["field"]
        if side_list:
            path, place = (file, place[5:]) if place.startswith("plan.") else (side_list, place)
        lines.append(f"{path}: {place}: {fault['detail']}")
    return "\n".join([*lines, f"{len(lines)} faults: nothing was imported."])
