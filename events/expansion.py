"""
The registry of what `?expand=` adds to the events of a list.

This app knows no app above it. An app registers a function in its `AppConfig.ready`:

    register_expansion("shows", shows_of_events)
"""

from collections.abc import Callable, Collection
from typing import Any

# `function(event_ids, asked, is_staff=…)` returns plain JSON data by the id of the event; `asked` has
# the values of the list's filters.
_Function = Callable[..., dict[int, Any]]
_functions: dict[str, _Function] = {}


def register_expansion(name: str, function: _Function) -> None:
    """Register a function whose result `?expand=<name>` adds to events."""
    _functions[name] = function


def expand(
    name: str, rows: Collection[dict[str, Any]], asked: dict[str, str], *, is_staff: bool
) -> None:
    """Add the member `name` to each of these events."""
    found = _functions[name]([row["id"] for row in rows], asked, is_staff=is_staff)
    for row in rows:
        row[name] = found[row["id"]]
