"""
Imports of shows: CSV files, and programmes of a point of sale.

`docs/imports.md` describes the files and the commands.
"""

from shows.imports.csv_rows import FIELDS, MAX_LENGTH
from shows.imports.errors import FileRefused, RowRefused, printable
from shows.imports.report import Report
from shows.imports.running import (
    CsvOptions,
    ProgrammeOptions,
    import_csv,
    import_programme,
    is_programme,
    limited,
    read_file,
)
from shows.imports.venuemaster import MAX_BYTES, MAX_SEATS
from shows.imports.writer import BATCH

__all__ = [
    "BATCH",
    "FIELDS",
    "MAX_BYTES",
    "MAX_LENGTH",
    "MAX_SEATS",
    "CsvOptions",
    "FileRefused",
    "ProgrammeOptions",
    "Report",
    "RowRefused",
    "import_csv",
    "import_programme",
    "is_programme",
    "limited",
    "printable",
    "read_file",
]
