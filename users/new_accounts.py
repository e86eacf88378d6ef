"""Which accounts are new, known without a query for each request."""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models.functions import Now

from users.models import User

NEW_FOR = timedelta(days=1)
_KEPT_SECONDS = 60.0


@dataclass
class _Known:
    """The newest account that is not new, and new staff accounts. Both are as last read."""

    until: float = 0.0
    newest_old_id: int = 0
    staff: frozenset[int] = field(default_factory=frozenset)


_known = _Known()


def is_new(user_id: int) -> bool:
    """
    Tell whether an account was made within a day. Staff's accounts are never new.

    Ids grow with time. The answer of the database is kept for a minute.
    """
    if time.monotonic() >= _known.until:
        _read()
    return user_id > _known.newest_old_id and user_id not in _known.staff


def clear_local() -> None:
    """Read again at the next question."""
    _known.until = 0.0


def _read() -> None:
    old = User.objects.filter(date_joined__lte=Now() - NEW_FOR).order_by("-pk")
    _known.newest_old_id = old.values_list("pk", flat=True).first() or 0
    staff = User.objects.filter(pk__gt=_known.newest_old_id, is_staff=True)
    _known.staff = frozenset(staff.values_list("pk", flat=True))
    _known.until = time.monotonic() + _KEPT_SECONDS
