"""The system's account for walk-ins, who buy without an account."""

from django.contrib.auth.hashers import make_password

from users.models import WALK_IN_EMAIL, User


def walk_in_account() -> User:
    """
    Return the account of all walk-ins.

    It is created before the first sale. Nobody can log in with it: it is inactive, has no password,
    and its address is reserved.
    """
    account = User.objects.filter(email=WALK_IN_EMAIL).first()
    if account is None:
        account, _ = User.objects.get_or_create(
            email=WALK_IN_EMAIL,
            defaults={"is_active": False, "password": make_password(None)},
        )
    return account
