"""
Search for words, without regard to case, accents and spelling variants.

Each row stores its text folded, beside the text itself. A search folds the words that it looks for in
the same way. Python folds both, so all databases find the same rows.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q, TextField, Value

# Letters that Unicode does not decompose into a Latin letter and an accent. Casefolding has made
# them small, and has written ß as ss.
_LETTERS = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i",
        "ŋ": "n", "ŧ": "t", "ĸ": "k", "ƒ": "f", "ə": "e", "ɓ": "b", "ɗ": "d", "ƙ": "k",
        "’": "'", "‘": "'", "ʼ": "'", "ʻ": "'", "`": "'", "“": '"', "”": '"', "„": '"',
        "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-",
        # A soft hyphen, joiners and marks of direction are not seen.
        "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u200e": "", "\u200f": "",
        "\u2060": "", "\ufeff": "", "\u0640": "",
    }
)  # fmt: skip
# Accents of Latin, Greek and Cyrillic letters, and the points of Hebrew and Arabic. The marks of
# other scripts are letters of their own.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]"
)


def fold(text: str) -> str:
    """Fold a text: equal for people is equal for the search. Folding twice changes nothing."""
    if text.isascii():
        return text.lower().replace("`", "'")
    while True:
        bare = unicodedata.normalize("NFKC", text).casefold()
        bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", bare)).translate(_LETTERS)
        folded = unicodedata.normalize("NFKC", bare)
        if folded == text:
            return folded
        text = folded


def folded_lines(values: Iterable[Any]) -> str:
    """Fold columns into one text. Each text, and each item of a list, is a line."""
    lines: list[str] = []
    for value in values:
        lines += map(str, value) if isinstance(value, list) else [str(value or "")]
    return "\n".join(map(fold, lines))


class FoldedField(TextField):
    """
    A column with the folded text of other columns of its row.

    Saving a row through its model writes it. `QuerySet.update` does not, so those columns are
    changed by saving. To migrations it is a plain text column.
    """

    def __init__(self, *columns: str, **options: Any) -> None:
        self.columns = columns
        super().__init__(**{"editable": False, "default": "", "db_default": "", **options})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.TextField", arguments, options

    def pre_save(self, row: models.Model, add: bool) -> str:
        text = folded_lines(getattr(row, column) for column in self.columns)
        setattr(row, self.attname, text)
        return text


class HasFoldedText(models.Model):
    """A model that saves folded columns together with their sources."""

    class Meta:
        abstract = True

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        if update_fields is not None:
            update_fields = set(update_fields)
            for field in self._meta.concrete_fields:
                if isinstance(field, FoldedField) and not update_fields.isdisjoint(field.columns):
                    update_fields.add(field.name)
        super().save(update_fields=update_fields, **options)


def has_word(column: str, word: str) -> Q:
    """Make the condition that a folded column contains a word."""
    return Q((f"{column}__contains", Value(fold(word), TextField())))


def fill_folded(rows: models.QuerySet, **columns: tuple[str, ...]) -> None:
    """
    Fold the text of rows older than their folded columns.

    Migrations use it. Each keyword is a folded column, with the columns that it folds.
    """
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:1000]):
        for row in batch:
            for name, sources in columns.items():
                setattr(row, name, folded_lines(getattr(row, source) for source in sources))
        rows.model._base_manager.bulk_update(batch, list(columns))
        last = batch[-1].pk
