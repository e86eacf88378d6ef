"""The lock on one account."""

from users.errors import TokenInvalid
from users.models import User


def lock_active_user(user: User) -> User:
    """Lock an account's row and read it again. Raises TokenInvalid if the account was closed."""
    locked = User.objects.locked().filter(pk=user.pk, is_active=True).first()
    if locked is None:
        raise TokenInvalid
    return locked
