"""CSV documents for people who open them in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

# A cell that begins like this is a formula to a spreadsheet, and may send data elsewhere.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: object) -> str:
    """Return a value as a cell's text. A text that would be a formula gets an apostrophe in front."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield each row as a line of CSV (RFC 4180)."""
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([cell(value) for value in row])
        yield line.getvalue()


def csv_document(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as a CSV document in UTF-8. Its first mark tells Excel that it is UTF-8."""
    return b"\xef\xbb\xbf" + "".join(csv_lines(rows)).encode()
