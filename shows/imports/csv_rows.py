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
from eventbooking_system.timezones import FIRST_DAY, LAST_DAY
from shows.imports.csv_times import read_start, start_of
from shows.imports.errors import FileRefused, RowRefused, printable

REQUIRED = ("venue", "screen", "film", "start", "price", "currency")
# A day and a time of day may stand in cells of their own instead of the start.
_INSTEAD_OF_START = ("date", "time")
VENUE_FACTS = ("city", "country", "timezone", "address")
FIELDS = (
    *REQUIRED, *_INSTEAD_OF_START, "id", "minutes", "year", "certificate", "language", "format",
    *VENUE_FACTS,
)  # fmt: skip
# A column `price:Gold` has the prices of a category, `price:Gold/Child` those of a ticket type.
PRICE_OF = "price:"
MAX_LENGTH = 6000
_MAX_ID = 100
_DELIMITERS = ",;\t"
_YEAR = re.compile(r"[0-9]{4}")
_PRICE = re.compile(r"[0-9]{1,9}([.,][0-9]{1,3})?")

# Amounts by category and ticket type. The category "" stands for all others.
Prices = dict[str, dict[str, Decimal]]


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
    prices: Prices
    currency: str
    more: Mapping[str, str]
    """Optional values about the film, the show or the venue."""
    claims_offset: bool = False
    key: str = ""
    """The `id` of the row in the system that wrote the file."""
    venue_facts: Mapping[str, str] = field(default_factory=dict)
    """Facts of the venue in the row itself, without the defaults."""


@dataclass(frozen=True)
class RefusedRow:
    line: int
    reason: str


def read_screenings(
    lines: Iterable[str], *, columns: Mapping[str, str], defaults: Mapping[str, str]
) -> Iterator[Screening | RefusedRow]:
    """
    Read a CSV file that has a header. Its fields are separated by commas, semicolons or tabs.

    `columns` maps fields to columns of another name. `defaults` has the values of fields that have no
    column or an empty cell. Raises FileRefused.
    """
    lines = iter(lines)
    header = next(lines, "")
    reader = csv.reader(_chain(header, lines), delimiter=_delimiter_of(header))
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


def _chain(header: str, lines: Iterator[str]) -> Iterator[str]:
    if header:
        yield header
    yield from lines


def _delimiter_of(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _places(
    header: Sequence[str], columns: Mapping[str, str], defaults: Mapping[str, str]
) -> dict[str, int]:
    """Map each field to its position in a row. Raises FileRefused."""
    names = [name.strip() for name in header]
    if twice := sorted(name for name, times in Counter(names).items() if name and times > 1):
        raise FileRefused(f"The header has {', '.join(twice)} twice.")
    unknown = {name for name in {*columns, *defaults} if not _is_price_of_category(name)}
    if unknown := sorted(unknown - set(FIELDS)):
        raise FileRefused(f"No such field: {', '.join(unknown)}. There are {', '.join(FIELDS)}.")
    sought = {field: columns.get(field, field) for field in FIELDS}
    own = {columns[name]: name for name in columns if _is_price_of_category(name)}
    sought |= {name: name for name in names if _is_price_of_category(name)}
    sought |= {name: column for column, name in own.items()}
    found = {field: names.index(name) for field, name in sought.items() if name in names}
    given = {*found, *defaults}
    needed = set(REQUIRED)
    if not given.isdisjoint(_INSTEAD_OF_START):
        needed = needed - {"start"} | set(_INSTEAD_OF_START)
    if any(map(_is_price_of_category, given)):
        needed.discard("price")
    missing = [
        name
        for field, name in sought.items()
        if field not in found and (field in columns or (field in needed and field not in defaults))
    ]
    if missing:
        # A file that is not a table may have a very long first line.
        there = printable(", ".join(names), 300) or "none"
        raise FileRefused(f"No column {', '.join(missing)}. The columns are: {there}.")
    return found


def _is_price_of_category(name: str) -> bool:
    return name.startswith(PRICE_OF)


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
    prices = _prices(values)
    for required in ("venue", "screen", "film", "currency"):
        if not values.get(required):
            raise RowRefused(f"{required}: no value.")
    start, claims_offset = _start(values)
    return Screening(
        line=line,
        venue=values.pop("venue"),
        screen=values.pop("screen"),
        film=values.pop("film"),
        start=start,
        minutes=_minutes(values.pop("minutes", "")),
        year=_year(values.pop("year", "")),
        prices=prices,
        currency=values.pop("currency"),
        key=_key(values.pop("id", "")),
        more=values,
        claims_offset=claims_offset,
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


def _start(values: dict[str, str]) -> tuple[datetime, bool]:
    day, time_of_day = (values.pop(name, "") for name in _INSTEAD_OF_START)
    if start := values.pop("start", ""):
        return read_start(start)
    for name, value in (("date", day), ("time", time_of_day)):
        if not value:
            raise RowRefused(f"{name if day or time_of_day else 'start'}: no value.")
    return start_of(day, time_of_day), False


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


def _key(value: str) -> str:
    if len(value) > _MAX_ID:
        raise RowRefused(f"id: {printable(value)} is longer than {_MAX_ID} characters.")
    return value


def _prices(values: dict[str, str]) -> Prices:
    """
    Take the prices out of a row.

    They are for all categories, for single ones, and for ticket types.
    """
    prices: Prices = {}
    if text := values.pop("price", ""):
        prices[""] = {"": _price("price", text)}
    for name in [name for name in values if _is_price_of_category(name)]:
        category, _, ticket_type = (
            part.strip() for part in name.removeprefix(PRICE_OF).partition("/")
        )
        prices.setdefault(category, {})[ticket_type] = _price(name, values.pop(name))
    if not prices:
        raise RowRefused("price: no value.")
    return prices


def _price(name: str, value: str) -> Decimal:
    if not _PRICE.fullmatch(value):
        raise RowRefused(
            f"{printable(name)}: {printable(value)} is not an amount such as 12.50 or 12,50."
        )
    return Decimal(value.replace(",", "."))
