"""
The check that a JSON document can be stored.

Layouts are stored whole, with unknown fields.
"""

import re
from typing import Any

from venues.errors import InvalidLayout
from venues.layouts.findings import Findings

MAX_DEPTH = 64
# PostgreSQL stores neither NUL nor half a UTF-16 pair, in text or in JSON.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# PostgreSQL returns 1e20 as an integer, and answers hold no integer of more than 64 bits.
_NUMBERS_END = 2**63


def check_storable(document: Any, findings: Findings) -> None:
    """
    Report every part of the document that the database cannot store.

    Raises InvalidLayout at once for a document in which no other check can look: one that is too
    deep, or that holds half a UTF-16 pair.
    """
    is_readable = True
    pending: list[tuple[Any, str, int]] = [(document, "", 0)]
    while pending:
        value, path, depth = pending.pop()
        if isinstance(value, dict | list):
            if depth == MAX_DEPTH:
                findings.fault(path, f"More than {MAX_DEPTH} levels deep.")
                is_readable = False
                continue
            entries = value.items() if isinstance(value, dict) else enumerate(value)
            prefix = f"{path}." if path else ""
            pending.extend((child, f"{prefix}{name}", depth + 1) for name, child in entries)
            if isinstance(value, dict) and any(map(_UNSTORABLE.search, value)):
                findings.fault(path, "A name holds characters that cannot be stored.")
                is_readable = is_readable and all(map(_is_unicode, value))
        elif isinstance(value, str):
            if _UNSTORABLE.search(value):
                findings.fault(path, "This holds characters that cannot be stored.")
                is_readable = is_readable and _is_unicode(value)
        elif isinstance(value, int | float) and not abs(value) < _NUMBERS_END:
            findings.fault(path, "This number is too large to be stored.", "out_of_range")
    if not is_readable:
        raise InvalidLayout(findings.faults)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
