"""What can be said about people's logins in a query."""

from typing import Any, Self

from django.db.models.functions import SHA256

from eventbooking_system.db.querysets import LockingQuerySet


class PasswordStamp(SHA256):
    """What `users.models.password_stamp` makes of a password's hash."""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        # Django's own needs pgcrypto.
        template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
        return self.as_sql(compiler, connection, template=template, **context)


class LoginSessionQuerySet(LockingQuerySet):
    def live(self) -> Self:
        """
        Logins that nobody has ended, of people who may log in and whose password is still the one
        of the login: a change by any way ends it.
        """
        return self.filter(
            ended_at=None, user__is_active=True, password_stamp=PasswordStamp("user__password")
        )
