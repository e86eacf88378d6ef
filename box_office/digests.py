"""The digest of a closed cash session: plain computation, no database."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from eventbooking_system.money import formatted


def session_digest(
    session: Any, *, movements: Iterable[Any], tenders: Iterable[Any], previous: str
) -> str:
    """
    Return the SHA-256 digest of a closed session with its rows.

    It is in hexadecimal. The digest of the session before is part of the text, so that the reports
    of a station are a chain. A person who changes one must change every later one.
    """
    money = session.currency
    document = {
        "previous_digest": previous,
        "session": _values(
            session, money,
            "id", "venue_id", "station", "currency", "number", "opening_float", "opened_by_id",
            "opened_at", "closed_by_id", "closed_at", "expected", "counted",
        ),
        "movements": [
            _values(movement, money, "id", "kind", "amount", "reason", "by_id", "at")
            for movement in movements
        ],
        "tenders": [
            _values(
                tender, money,
                "id", "method", "amount", "tendered", "payment_id", "refund_id", "reference",
                "by_id", "at",
            )
            for tender in tenders
        ],
    }  # fmt: skip
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _values(row: Any, currency: str, *names: str) -> Mapping[str, Any]:
    return {name: _plain(getattr(row, name), currency) for name in names}


def _plain(value: Any, currency: str) -> Any:
    """Return a value as JSON holds it, equal for every database."""
    if isinstance(value, Decimal):
        return formatted(value, currency)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
