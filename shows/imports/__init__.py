"""
Screenings from a CSV file: rows are read strictly, and a good one is scheduled like any show.

`docs/imports.md` says what a file looks like. Writer is for importers of every kind of file.
"""

from shows.imports.importing import Importer
from shows.imports.reading import MAX_LENGTH, Refusal, Screening, read_screenings
from shows.imports.refusing import FileRefused, RowRefused, refusals, shown
from shows.imports.writing import BATCH, Writer, categories_of, plain_hall

__all__ = [
    "BATCH",
    "MAX_LENGTH",
    "FileRefused",
    "Importer",
    "Refusal",
    "RowRefused",
    "Screening",
    "Writer",
    "categories_of",
    "plain_hall",
    "read_screenings",
    "refusals",
    "shown",
]
