"""Changes of a person's profile."""

from typing import Any

from django.db import transaction

from users.models import User
from users.services.locking import lock_active_user


@transaction.atomic(durable=True)
def update_profile(*, user: User, **changes: Any) -> User:
    """Change a person's names, phone, language or consent. Raises TokenInvalid."""
    locked = lock_active_user(user)
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changes))
    return locked
