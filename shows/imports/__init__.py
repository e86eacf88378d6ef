"""
Imports of shows: CSV files, and programmes of a point of sale.

`docs/imports.md` describes the files and the commands.
"""

from shows.imports.csv_rows import MAX_LENGTH, RefusedRow, Screening, read_screenings
from shows.imports.errors import FileRefused, RowRefused, printable
from shows.imports.programme import PriceGroup, Programme
from shows.imports.programme_importer import ProgrammeImporter
from shows.imports.screenings import ScreeningImporter
from shows.imports.venuemaster import MAX_BYTES, MAX_SEATS, read_programme
from shows.imports.writer import BATCH

__all__ = [
    "BATCH",
    "MAX_BYTES",
    "MAX_LENGTH",
    "MAX_SEATS",
    "FileRefused",
    "PriceGroup",
    "Programme",
    "ProgrammeImporter",
    "RefusedRow",
    "RowRefused",
    "Screening",
    "ScreeningImporter",
    "printable",
    "read_programme",
    "read_screenings",
]
