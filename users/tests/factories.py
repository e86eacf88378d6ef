import factory
from django.contrib.auth.hashers import make_password

from users.models import User

PASSWORD = "a long enough passphrase"
_HASH = make_password(PASSWORD)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"customer{n}@example.org")
    first_name = "Asha"
    last_name = "Rao"
    password = _HASH


class StaffFactory(UserFactory):
    """A superuser; staff of fewer permissions get them in their test."""

    email = factory.Sequence(lambda n: f"staff{n}@example.org")
    is_staff = True
    is_superuser = True
