"""
What the export of a person's data consists of.

This is the lowest app and knows no other one: an app that stores something about people says in
its `AppConfig.ready` what that is, and it becomes a member of the exported document:

    register_export("bookings", bookings_of)
"""

from collections.abc import Callable
from typing import Any

# Any for the user: this module is imported before there are models.
_functions: dict[str, Callable[[Any], Any]] = {}


def register_export(name: str, function: Callable[[Any], Any]) -> None:
    """Let `function(user)`, plain data that JSON can hold, be the member `name` of the export."""
    _functions[name] = function


def contributions(user: Any) -> dict[str, Any]:
    return {name: function(user) for name, function in _functions.items()}
