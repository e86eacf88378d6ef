"""Queries about logins and guesses."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models.functions import SHA256
from django.utils import timezone

from eventbooking_system.db.querysets import LockingQuerySet
from users.addresses import lookup_address

# No rate of failed logins has a longer period.
FAILURE_KEPT_FOR = timedelta(days=1)
NETWORK_KNOWN_FOR = timedelta(days=30)


class PasswordStamp(SHA256):
    """The SQL of `users.models.password_stamp`."""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        # Django's own needs the extension pgcrypto.
        template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
        return self.as_sql(compiler, connection, template=template, **context)


class UserQuerySet(LockingQuerySet):
    def customers(self) -> Self:
        """Filter accounts without rights at the admin site."""
        return self.filter(is_staff=False, is_superuser=False)

    def of_same_contact(self, guest_id: Any) -> Self:
        """Filter the guests with this guest's address, this guest included."""
        address = self.model.objects.filter(pk=guest_id, is_guest=True).values("contact_email")
        return self.filter(is_guest=True, contact_email__in=address)


class LoginSessionQuerySet(LockingQuerySet):
    def live(self) -> Self:
        """
        Filter the logins whose tokens are valid.

        They have not ended, and their users are active and still have the password of the login.
        """
        return self.filter(
            ended_at=None, user__is_active=True, password_stamp=PasswordStamp("user__password")
        )


class LoginFailureQuerySet(models.QuerySet):
    def expired(self) -> Self:
        """Filter the failures that no limit counts any more."""
        return self.filter(failed_at__lt=timezone.now() - FAILURE_KEPT_FOR)


class KnownNetworkQuerySet(models.QuerySet):
    def knows(self, *, email: str, network: str) -> bool:
        """
        Tell whether an account was used from a network lately.

        The account is named by its e-mail.
        """
        oldest = timezone.now() - NETWORK_KNOWN_FOR
        return self.filter(
            user__email=lookup_address(email), network=network, seen_at__gte=oldest
        ).exists()

    def record(self, *, user: Any, network: str) -> None:
        """Record that an account's owner uses a network now."""
        self.bulk_create(
            [self.model(user=user, network=network, seen_at=timezone.now())],
            update_conflicts=True,
            unique_fields=["user", "network"],
            update_fields=["seen_at"],
        )

    def expired(self) -> Self:
        """Filter the networks that were last used too long ago."""
        return self.filter(seen_at__lt=timezone.now() - NETWORK_KNOWN_FOR)
