"""
The registry of what other apps erase of a person's data.

An app that stores personal data registers a function in its `AppConfig.ready`. The function runs in
the transaction that erases the account.
"""

from collections.abc import Callable
from typing import Any

# The user is typed Any because this module is imported before the models.
_functions: list[Callable[[Any], None]] = []


def register_erasure(function: Callable[[Any], None]) -> None:
    """Have `function(user)` called whenever an account is erased."""
    _functions.append(function)


def erase_elsewhere(user: Any) -> None:
    """Erase what other apps store about a person."""
    for function in _functions:
        function(user)
