"""People and their logins."""

import hashlib
import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField

from eventbooking_system.db.querysets import LockingQuerySet
from users.querysets import LoginSessionQuerySet

# RFC 2606 reserves the ending, so that nobody can have such an address.
ERASED_DOMAIN = "erased.invalid"


class UserManager(BaseUserManager.from_queryset(LockingQuerySet)):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(
            email, password, **{**fields, "is_staff": True, "is_superuser": True}
        )

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email=email.lower())


class User(AbstractBaseUser, PermissionsMixin):
    """
    A customer or a member of staff. The e-mail, always in lower case, is the login.

    Once `erased_at` is set the row holds nothing personal and only carries the ledger.
    """

    class Language(models.TextChoices):
        EN = "en", "English"
        HI = "hi", "हिन्दी"
        ES = "es", "Español"

    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    phone = PhoneNumberField(blank=True)
    language = models.CharField(
        max_length=2, choices=Language, default=Language.EN, help_text="Of messages to the person."
    )
    sms_consent = models.BooleanField(
        "SMS consent", default=False, help_text="Whether text messages may go to the phone."
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="users_user_email_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class LoginSession(models.Model):
    """
    One login, and so one family of tokens.

    Every token names its session, and is worth something only while that is live: not ended, of
    an active user, whose password is still the one that `password_stamp` was made from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="login_sessions")
    password_stamp = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text="When its newest refresh token expires.")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LoginSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["expires_at"], name="users_loginsession_expires_at")]

    def __str__(self) -> str:
        return f"login {self.id}"


def password_stamp(password_hash: str) -> str:
    """Says that the password was replaced, and nothing of what it is."""
    return hashlib.sha256(password_hash.encode()).hexdigest()
