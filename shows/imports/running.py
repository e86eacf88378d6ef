"""Imports of each kind, for the commands and the admin site."""

import io
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from eventbooking_system.money import formatted
from shows.imports.csv_rows import RefusedRow, Screening, read_screenings
from shows.imports.encodings import text_of
from shows.imports.errors import FileRefused, RowRefused, printable
from shows.imports.programme import PriceGroup, Programme
from shows.imports.programme_importer import ProgrammeImporter
from shows.imports.report import Report
from shows.imports.screenings import ScreeningImporter
from shows.imports.venuemaster import MAX_BYTES, read_programme
from shows.imports.writer import Writer

Rows = Iterable[Screening | RefusedRow]


@dataclass
class CsvOptions:
    """How a CSV file is read, and how its rows become shows."""

    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    venues: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seats: int = 60
    cleaning_minutes: int = 0
    encoding: str = "utf-8-sig"


@dataclass
class ProgrammeOptions:
    """How a point of sale's export is read and applied."""

    facts: Mapping[str, str] = field(default_factory=dict)
    slug: str | None = None
    currency: str | None = None
    tax_inclusive: bool | None = None
    seats: int = 60
    cleaning_minutes: int = 0
    only_listed: bool = False


def import_csv(
    data: bytes,
    options: CsvOptions,
    report: Report,
    *,
    watch: Callable[[Rows, int], Rows] = lambda rows, total: rows,
) -> None:
    """
    Import the screenings of a CSV file. `watch` may follow the rows, of which there are `total`.

    The report ends with a summary, also if the import is interrupted. Raises FileRefused.
    """
    try:
        # The reader refuses a row that has bytes outside the encoding.
        text = text_of(data, options.encoding, errors="surrogateescape")
    except UnicodeError as error:
        raise FileRefused(str(error)) from error
    importer = ScreeningImporter(
        venues=options.venues,
        seats=options.seats,
        cleaning_minutes=options.cleaning_minutes,
        report=report,
    )
    with _summarised(importer, report):
        lines = io.StringIO(text, newline="")
        rows = read_screenings(lines, columns=options.columns, defaults=options.defaults)
        importer.write(watch(rows, max(0, text.count("\n") - 1)))


def import_programme(data: bytes, options: ProgrammeOptions, report: Report) -> None:
    """
    Import the programme that a point of sale exported.

    The report has the prices of each group and ends with a summary, also if the import is interrupted.
    Raises FileRefused, and RowRefused for an invalid venue.
    """
    programme = read_programme(data, currency=options.currency, tax_inclusive=options.tax_inclusive)
    importer = ProgrammeImporter(
        programme,
        facts=options.facts,
        seats=options.seats,
        cleaning_minutes=options.cleaning_minutes,
        only_listed=options.only_listed,
        report=report,
    )
    with _summarised(importer, report):
        importer.write(slug=options.slug)
        for line in _prices(programme, only_listed=options.only_listed):
            report.say(line)


def read_file(path: str) -> bytes:
    """Read a file of limited size. Raises FileRefused."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    # A path with a NUL byte is a ValueError.
    except (OSError, ValueError) as error:
        raise FileRefused(str(error)) from error
    return limited(data)


def limited(data: bytes) -> bytes:
    """Return a file's content. Raises FileRefused if it is too large."""
    if len(data) > MAX_BYTES:
        raise FileRefused(f"This is larger than {MAX_BYTES // 1024**2} MiB.")
    return data


@contextmanager
def _summarised(writer: Writer, report: Report) -> Iterator[None]:
    """Summarise an import when it ends, also after an error. Roll a rehearsal back."""
    started = time.monotonic()
    created: Counter[str] = writer.created
    try:
        if report.is_rehearsal:
            with transaction.atomic():
                yield
                transaction.set_rollback(True)
        else:
            yield
    except (FileRefused, RowRefused):
        raise
    except BaseException:
        report.say("The import was interrupted. The shows that are counted here stay.")
        _say_summary(report, created, started)
        raise
    _say_summary(report, created, started)


def _say_summary(report: Report, created: Counter[str], started: float) -> None:
    for line in report.summary(created, time.monotonic() - started):
        report.say(line)


def _prices(programme: Programme, *, only_listed: bool) -> Iterator[str]:
    """Describe the price groups of a programme, as the report prints them."""
    for code, group in programme.groups.items():
        terms = programme.terms_of(group)
        fee, once = (
            formatted(terms[name], programme.currency)
            for name in ("fee_per_ticket", "fee_per_booking")
        )
        yield (
            f"price group {printable(code)}: {programme.currency}, fees of {fee} a ticket and "
            f"{once} a booking, {terms['tax_rate']} % tax "
            f"{'within' if terms['tax_inclusive'] else 'on top of'} the prices."
        )
        yield from _prices_of(programme, group, only_listed=only_listed)


def _prices_of(programme: Programme, group: PriceGroup, *, only_listed: bool) -> Iterator[str]:
    try:
        prices = programme.prices_of(group, only_listed=only_listed)
    except RowRefused as refused:
        yield f"  {refused}"
        return
    listed_prices = ", ".join(
        f"{printable(name)} {formatted(price, programme.currency)}"
        for name, price in prices.items()
    )
    yield (
        f"  {len(prices)} ticket types, {len(group.listed)} of them in the price list; "
        f"the default first: {listed_prices}."
    )
    kinds = {kind.name for kind in programme.ticket_types.values()}
    if left_out := sorted(kinds - prices.keys()):
        yield f"  Left out: {', '.join(map(printable, left_out))}."


def is_programme(data: bytes) -> bool:
    """Say whether a file is a point of sale's JSON export."""
    try:
        return text_of(data[:64], errors="replace").lstrip().startswith("{")
    except UnicodeError:
        return False
