"""
The registry of what the export of a person's data contains.

This app knows no app above it. An app that stores data about people registers a function in its
`AppConfig.ready`, and the function's result becomes a member of the exported document:

    register_export("bookings", export_bookings)
"""

from collections.abc import Callable
from typing import Any

# The user is typed Any because this module is imported before the models.
contributors: dict[str, Callable[[Any], Any]] = {}


def register_export(name: str, function: Callable[[Any], Any]) -> None:
    """
    Add the function's result to the export as the member `name`.

    The function gets the user and returns plain JSON data.
    """
    contributors[name] = function


def contributions(user: Any) -> dict[str, Any]:
    """Return what other apps add to the export of a user."""
    return {name: function(user) for name, function in contributors.items()}
