"""Repeating a transaction that other transactions kept from its rows."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from shows.errors import SeatsContended

MAX_SECONDS = 3
"""The time after which no further attempt starts."""

_PAUSE = 0.05

Result = TypeVar("Result")


def retry_on_contention(take: Callable[..., Result]) -> Callable[..., Result]:
    """Repeat a transaction for a while if it raises SeatsContended."""

    @wraps(take)
    def repeated(*args: Any, **kwargs: Any) -> Result:
        deadline = time.monotonic() + MAX_SECONDS
        while True:
            try:
                return take(*args, **kwargs)
            except SeatsContended:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)

    return repeated
