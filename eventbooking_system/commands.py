"""A base that the management commands of every app share."""

import sys
from typing import Any


class PrintsAnywhereMixin:
    """
    A mixin for commands that print texts of files and people.

    A terminal may lack letters of them. It gets their escapes, and the command goes on.
    """

    def execute(self, *args: Any, **options: Any) -> Any:
        for stream in (options.get("stdout") or sys.stdout, options.get("stderr") or sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure:
                reconfigure(errors="backslashreplace")
        return super().execute(*args, **options)
