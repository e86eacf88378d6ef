"""Repeating a transaction that others were in the way of."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from shows.errors import SeatsContended

# Seconds for which seats that others are taking are tried again, and between two tries.
_PATIENCE = 3
_PAUSE = 0.05

Result = TypeVar("Result")


def retry_on_contention(take: Callable[..., Result]) -> Callable[..., Result]:
    """Repeat a transaction while others have locked what it needs and may give it back."""

    @wraps(take)
    def repeated(*args: Any, **kwargs: Any) -> Result:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return take(*args, **kwargs)
            except SeatsContended:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)

    return repeated
