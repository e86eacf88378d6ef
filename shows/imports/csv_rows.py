"""Rows of a CSV file, read strictly."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError

from eventbooking_system.plain_text import validate_line
from eventbooking_system.timezones import FIRST_DAY, LAST_DAY, TimeRefused, parse_time
from shows.imports.errors import FileRefused, RowRefused, printable

REQUIRED = ("venue", "screen", "film", "start", "price", "currency")
VENUE_FACTS = ("city", "country", "timezone", "address")
FIELDS = (*REQUIRED, "minutes", "year", "certificate", "language", "format", *VENUE_FACTS)
MAX_LENGTH = 6000
_YEAR = re.compile(r"[0-9]{4}")
_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")


@dataclass(frozen=True)
class Screening:
    """
    A row of the file. A `start` without an offset is the venue's local time.

    A `start` with an offset other than Z `claims_offset`: that it is the venue's at that time.
    """

    line: int
    venue: str
    screen: str
    film: str
    start: datetime
    minutes: int | None
    year: int | None
    price: Decimal
    currency: str
    more: Mapping[str, str]
    """Optional values about the film, the show or the venue."""
    claims_offset: bool = False
    venue_facts: Mapping[str, str] = field(default_factory=dict)
    """Facts of the venue that the row itself gives, without the defaults of the whole file."""


@dataclass(frozen=True)
class RefusedRow:
    line: int
    reason: str


def read_screenings(
    text: Iterable[str], *, columns: Mapping[str, str], defaults: Mapping[str, str]
) -> Iterator[Screening | RefusedRow]:
    """
    Read a CSV file that has a header.

    `columns` maps fields to columns of another name. `defaults` has the values of fields that have no
    column or an empty cell. Raises FileRefused.
    """
    reader = csv.reader(text)
    try:
        places = _places(next(reader, []), columns, defaults)
    except csv.Error as error:
        raise FileRefused(f"The header is not CSV: {error}.") from error
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
            if any(cells):
                yield _screening(line, cells, places, defaults)
        except StopIteration:
            return
        except RowRefused as refused:
            yield RefusedRow(line, str(refused))
        except csv.Error as error:
            yield RefusedRow(line, f"Not CSV: {error}.")


def _places(
    header: Sequence[str], columns: Mapping[str, str], defaults: Mapping[str, str]
) -> dict[str, int]:
    """Map each field to its position in a row. Raises FileRefused."""
    names = [name.strip() for name in header]
    if twice := sorted(name for name, times in Counter(names).items() if name and times > 1):
        raise FileRefused(f"The header has {', '.join(twice)} twice.")
    if unknown := sorted({*columns, *defaults} - set(FIELDS)):
        raise FileRefused(f"No such field: {', '.join(unknown)}. There are {', '.join(FIELDS)}.")
    sought = {field: columns.get(field, field) for field in FIELDS}
    missing = [
        name
        for field, name in sought.items()
        if name not in names and (field in columns or (field in REQUIRED and field not in defaults))
    ]
    if missing:
        # A file that is not a table may have a very long first line.
        there = printable(", ".join(names), 300) or "none"
        raise FileRefused(f"No column {', '.join(missing)}. The columns are: {there}.")
    return {field: names.index(name) for field, name in sought.items() if name in names}


def _screening(
    line: int, cells: Sequence[str], places: Mapping[str, int], defaults: Mapping[str, str]
) -> Screening:
    if len(cells) <= max(places.values()):
        raise RowRefused("The row has fewer fields than the header.")
    written = {}
    for name, place in places.items():
        # Spreadsheets add spaces around values and line breaks within them.
        if value := " ".join(cells[place].split()):
            written[name] = _clean(name, value)
    values = {**defaults, **written}
    for required in REQUIRED:
        if not values.get(required):
            raise RowRefused(f"{required}: no value.")
    start = _start(written_start := values.pop("start"))
    return Screening(
        line=line,
        venue=values.pop("venue"),
        screen=values.pop("screen"),
        film=values.pop("film"),
        start=start,
        minutes=_minutes(values.pop("minutes", "")),
        year=_year(values.pop("year", "")),
        price=_price(values.pop("price")),
        currency=values.pop("currency"),
        more=values,
        claims_offset=start.tzinfo is not None and written_start[-1] not in "Zz",
        venue_facts={name: written[name] for name in VENUE_FACTS if name in written},
    )


def _clean(field: str, value: str) -> str:
    if "\0" in value:
        raise RowRefused(f"{field}: contains a NUL byte.")
    try:
        validate_line(value)
    except ValidationError as error:
        raise RowRefused(f"{field}: {printable(value)}: {error.message}") from error
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise RowRefused(f"{field}: {printable(value)} is not in the file's encoding.")
    return value


def _start(value: str) -> datetime:
    try:
        start = parse_time(value)
    except TimeRefused as refused:
        raise RowRefused(f"start: {printable(value)}: {refused.detail}") from refused
    if ":" not in value:
        raise RowRefused(f"start: {printable(value)} has no time of day.")
    return start


def _minutes(value: str) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= MAX_LENGTH):
        raise RowRefused(
            f"minutes: {printable(value)} is not a whole number from 1 to {MAX_LENGTH}."
        )
    return int(value)


def _year(value: str) -> int | None:
    if not value:
        return None
    if not (_YEAR.fullmatch(value) and FIRST_DAY.year <= int(value) <= LAST_DAY.year):
        raise RowRefused(f"year: {printable(value)} is not a year such as 2024.")
    return int(value)


def _price(value: str) -> Decimal:
    if not _PRICE.fullmatch(value):
        raise RowRefused(f"price: {printable(value)} is not an amount such as 12.50.")
    return Decimal(value)
