"""Factories of accounts."""

import factory
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from users.models import User

# Tests log in by the hundred, so their hashes are cheap.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = 1, 8
Argon2PasswordHasher.parallelism = 1

PASSWORD = "a long enough passphrase"
NEW_PASSWORD = "quite another passphrase"
"""It has no digits. With some, a numbered address could be too similar."""
_HASH = make_password(PASSWORD)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"customer{n}@example.org")
    email_verified_at = factory.LazyFunction(timezone.now)
    first_name = "Asha"
    last_name = "Rao"
    password = _HASH


class StaffFactory(UserFactory):
    """A superuser. A test that needs fewer permissions uses UserFactory with is_staff."""

    email = factory.Sequence(lambda n: f"staff{n}@example.org")
    is_staff = True
    is_superuser = True


def staff_with(*codenames: str, **fields: object) -> User:
    """Create a staff member with these permissions and no others: `staff_with("view_show")`."""
    user = UserFactory(is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def may_log_in(api: APIClient, user: User, password: str) -> bool:
    """Try to log in as a user."""
    body = {"email": user.email, "password": password}
    return api.post("/api/users/login/", body).status_code == 200


def form_of(user: User, **changes: str) -> dict[str, object]:
    """Return the fields that the admin's form of a user posts."""
    sessions = {
        f"login_sessions-{name}": value
        for name, value in {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 0}.items()
    }  # fmt: skip
    person = {
        "email": user.email,
        "first_name": user.first_name,
        "language": "en",
        "is_active": "on",
    }
    return {**person, **sessions, **changes}
