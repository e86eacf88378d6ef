"""Command that imports a programme that Venue Master exported."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from eventbooking_system.commands import PrintsAnywhereMixin
from eventbooking_system.money import CURRENCY_DIGITS
from shows.imports import MAX_SEATS, ProgrammeOptions, import_programme, read_file
from shows.management.commands.import_shows import (
    add_report_arguments,
    reported,
    whole_number,
)

VENUE_FACTS = ("timezone", "country", "city")
_TAX = {"inclusive": True, "exclusive": False}


class Command(PrintsAnywhereMixin, BaseCommand):
    help = "Import a programme that Venue Master exported; docs/imports.md describes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument(
            "--venue", metavar="SLUG", help="the venue, if its name is not the file's"
        )
        parser.add_argument("--timezone", help="the venue's time zone, such as Australia/Melbourne")
        parser.add_argument("--country", help="the venue's country, such as AU")
        parser.add_argument("--city", help="the venue's city")
        parser.add_argument("--currency", choices=sorted(CURRENCY_DIGITS), metavar="AUD")
        parser.add_argument("--tax", choices=_TAX, help="whether prices contain the tax")
        parser.add_argument(
            "--seats", type=whole_number(1, MAX_SEATS), default=60,
            help="the seats of a screen if the file has no number (60)",
        )  # fmt: skip
        parser.add_argument(
            "--cleaning-minutes", type=whole_number(0, 1440), default=0,
            help="minutes to keep free after each show (0)",
        )  # fmt: skip
        parser.add_argument(
            "--only-listed", action="store_true",
            help="sell only the ticket types of the price list",
        )  # fmt: skip
        add_report_arguments(parser)

    def handle(self, *, file: str, **options: Any) -> None:
        programme_options = ProgrammeOptions(
            facts={name: options[name] for name in VENUE_FACTS if options[name] is not None},
            slug=options["venue"],
            currency=options["currency"],
            tax_inclusive=_TAX.get(options["tax"]),
            seats=options["seats"],
            cleaning_minutes=options["cleaning_minutes"],
            only_listed=options["only_listed"],
        )
        with reported(self, file, options) as report:
            import_programme(read_file(file), programme_options, report)
