"""Refusals of files and rows, with texts for the report."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from eventbooking_system.errors import DomainError

CHANGED_MEANWHILE = "Another change of this screen came in at the same moment."


class FileRefused(Exception):
    """A file that cannot be read at all; the text says why."""


class RowRefused(Exception):
    """A row that cannot be imported; the text says why."""


@contextmanager
def refusals() -> Iterator[None]:
    """Turn every error that refuses a row into RowRefused."""
    try:
        yield
    except DomainError as error:
        raise RowRefused(error.detail) from error
    except ValidationError as error:
        raise RowRefused(_reasons(error)) from error
    except IntegrityError as error:
        raise RowRefused(CHANGED_MEANWHILE) from error


def printable(value: str, max_length: int = 40) -> str:
    """Shorten and escape a value for one line of a report."""
    value = value if len(value) <= max_length else f"{value[: max_length - 1]}…"
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in value)


def _reasons(error: ValidationError) -> str:
    return " ".join(
        f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()
    )
