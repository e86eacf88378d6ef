"""Command that imports a programme that Venue Master exported."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from eventbooking_system.money import CURRENCY_DIGITS, formatted
from shows.imports import (
    MAX_BYTES,
    MAX_SEATS,
    FileRefused,
    PriceGroup,
    Programme,
    ProgrammeImporter,
    RowRefused,
    printable,
    read_programme,
)
from shows.management.commands.import_shows import whole_number

VENUE_FACTS = ("timezone", "country", "city")
_TAX = {"inclusive": True, "exclusive": False}


class Command(BaseCommand):
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
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would happen, and change nothing"
        )

    def handle(self, *, file: str, **options: Any) -> None:
        started = time.monotonic()
        try:
            programme = read_programme(
                _read(file), currency=options["currency"], tax_inclusive=_TAX.get(options["tax"])
            )
            importer = ProgrammeImporter(
                programme,
                facts={name: options[name] for name in VENUE_FACTS if options[name] is not None},
                seats=options["seats"],
                cleaning_minutes=options["cleaning_minutes"],
                only_listed=options["only_listed"],
                rehearsal=options["dry_run"],
            )
            if options["dry_run"]:
                with transaction.atomic():
                    importer.write(slug=options["venue"])
                    transaction.set_rollback(True)
                self.stdout.write("This was a dry run; nothing was changed.")
            else:
                importer.write(slug=options["venue"])
        except (FileRefused, RowRefused) as error:
            raise CommandError(f"{printable(file, 200)}: {error}") from error
        except DatabaseError as error:
            raise CommandError(
                f"The database failed: {error} Shows that were imported stay; run the import again."
            ) from error
        self._print(programme, importer, options["only_listed"], time.monotonic() - started)

    def _print(
        self, programme: Programme, importer: ProgrammeImporter, only_listed: bool, seconds: float
    ) -> None:
        report = importer.report
        for line in report.lines:
            self.stdout.write(line)
        for code, group in programme.groups.items():
            terms = programme.terms_of(group)
            fee, once = (
                formatted(terms[name], programme.currency)
                for name in ("fee_per_ticket", "fee_per_booking")
            )
            self.stdout.write(
                f"price group {printable(code)}: {programme.currency}, fees of {fee} a ticket and "
                f"{once} a booking, {terms['tax_rate']} % tax "
                f"{'within' if terms['tax_inclusive'] else 'on top of'} the prices."
            )
            self._print_prices(programme, group, only_listed)
        created = ", ".join(f"{number} {kind}" for kind, number in sorted(importer.created.items()))
        self.stdout.write(
            f"{report.new} shows taken, {report.repeated} there already, {report.cancelled} "
            f"cancelled, {report.refused} refused, in {seconds:.0f} s. "
            f"Made on the way: {created or 'nothing'}."
        )

    def _print_prices(self, programme: Programme, group: PriceGroup, only_listed: bool) -> None:
        try:
            prices = programme.prices_of(group, only_listed=only_listed)
        except RowRefused as refused:
            self.stdout.write(f"  {refused}")
            return
        listed_prices = ", ".join(
            f"{printable(name)} {formatted(price, programme.currency)}"
            for name, price in prices.items()
        )
        self.stdout.write(
            f"  {len(prices)} ticket types, {len(group.listed)} of them in the price list; "
            f"the default first: {listed_prices}."
        )
        kinds = {kind.name for kind in programme.ticket_types.values()}
        if left_out := sorted(kinds - prices.keys()):
            self.stdout.write(f"  Left out: {', '.join(map(printable, left_out))}.")


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    # A path with a NUL byte is a ValueError.
    except (OSError, ValueError) as error:
        raise FileRefused(str(error)) from error
    if len(data) > MAX_BYTES:
        raise FileRefused(f"This is larger than {MAX_BYTES // 1024**2} MiB.")
    return data
