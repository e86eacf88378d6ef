"""What of a file is refused, and why."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from eventbooking_system.errors import DomainError

CHANGED_MEANWHILE = "Somebody else changed this screen in the same moment."


class FileRefused(Exception):
    """Nothing of the file can be read; the text says why."""


class RowRefused(Exception):
    """The text says what is wrong with the row."""


@contextmanager
def refusals() -> Iterator[None]:
    """Make of whatever refuses a row a RowRefused."""
    try:
        yield
    except DomainError as error:
        raise RowRefused(error.detail) from error
    except ValidationError as error:
        raise RowRefused(_reasons(error)) from error
    except IntegrityError as error:
        raise RowRefused(CHANGED_MEANWHILE) from error


def shown(value: str, most: int = 40) -> str:
    """A value as a report may print it: short, on one line, in any encoding."""
    value = value if len(value) <= most else f"{value[: most - 1]}…"
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in value)


def _reasons(error: ValidationError) -> str:
    return " ".join(
        f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()
    )
