"""Reactions to rows that other transactions keep locked for longer than `lock_timeout`."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import OperationalError

from eventbooking_system.problems import is_contention

log = logging.getLogger(__name__)
Result = TypeVar("Result")


def retried(call: Callable[..., Result], *arguments: Any, tries: int, **named: Any) -> Result:
    """Call a service again while others have its rows locked. Raises OperationalError."""
    for _ in range(tries - 1):
        try:
            return call(*arguments, **named)
        except OperationalError as error:
            if not is_contention(error):
                raise
    return call(*arguments, **named)


@contextmanager
def left_to_jobs() -> Iterator[None]:
    """Leave locked rows to the periodic jobs. The answer is true without this work."""
    try:
        yield
    except OperationalError as error:
        if not is_contention(error):
            raise
        log.warning("left to the periodic jobs")
