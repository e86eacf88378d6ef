"""Accounts, their logins, and the records against guessing."""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from phonenumber_field.modelfields import PhoneNumberField

from eventbooking_system.db.text_search import FoldedField, HasFoldedText
from eventbooking_system.server.request_context import current_request_id, current_staff_id
from users.addresses import lookup_address
from users.errors import SecondFactorRequired
from users.names import is_plain_name, validate_name
from users.querysets import (
    KnownNetworkQuerySet,
    LoginFailureQuerySet,
    LoginSessionQuerySet,
    UserQuerySet,
)

# RFC 2606 reserves this ending, so nobody can have such an address.
ERASED_DOMAIN = "erased.invalid"
# The account of everyone who buys at a counter without an account.
WALK_IN_EMAIL = "walk-in@box-office.invalid"
SECOND_FACTOR_FRESH_FOR = timedelta(minutes=15)
STAFF_LOGIN_LASTS = timedelta(hours=12)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=lookup_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(
            email, password, **{**fields, "is_staff": True, "is_superuser": True}
        )

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email=lookup_address(email))


class User(HasFoldedText, AbstractBaseUser, PermissionsMixin):
    """
    A customer or a member of staff. The e-mail, in its one spelling, is the login.

    Once `erased_at` is set, the row holds nothing personal and only keeps the ledger complete.
    """

    class Language(models.TextChoices):
        EN = "en", "English"
        HI = "hi", "हिन्दी"
        ES = "es", "Español"

    email = models.EmailField(unique=True)
    email_verified_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When a link in a mail to this address was used.",
    )
    first_name = models.CharField(max_length=100, blank=True, validators=[validate_name])
    last_name = models.CharField(max_length=100, blank=True, validators=[validate_name])
    name_folded = FoldedField("first_name", "last_name")
    phone = PhoneNumberField(blank=True)
    verified_phone = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The number that the user has confirmed with a code.",
    )
    language = models.CharField(
        max_length=2,
        choices=Language,
        default=Language.EN,
        help_text="The language of messages to this person.",
    )
    sms_consent = models.BooleanField(
        "SMS consent", default=False, help_text="Whether to send text messages to the phone."
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_guest = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="A user of one checkout, without a password. The e-mail is internal.",
    )
    contact_email = models.EmailField(
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The address that a guest typed.",
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    second_factor_enabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    second_factor_due_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Until when a member of staff needs no second factor.",
    )

    # Set from the login of a request. Without a login, no second factor is required.
    second_factor_used_at: datetime | None = None
    _has_login = False

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="users_user_email_lower_case"
            )
        ]
        indexes = [
            models.Index(
                fields=["contact_email"],
                condition=models.Q(is_guest=True),
                name="users_user_contact_email",
            ),
            models.Index(
                fields=["verified_phone"],
                condition=~models.Q(verified_phone=""),
                name="users_user_verified_phone",
            ),
        ]

    def __str__(self) -> str:
        return self.mail_address

    @property
    def mail_address(self) -> str:
        """The address of mails to this person. A guest's is the one that was typed."""
        return self.contact_email or self.email

    def check_password(self, raw_password: str) -> bool:
        """Tell whether this is the password. A hash of an older kind is replaced."""
        return check_password(raw_password, self.password, self._renew_hash)

    def _renew_hash(self, raw_password: str) -> None:
        """Replace the hash unless another request has written a newer one."""
        verified, renewed = self.password, make_password(raw_password)
        with transaction.atomic():
            stored = User.objects.filter(pk=self.pk, password=verified)
            if stored.update(password=renewed):
                self.password = renewed
                # It is the same password, so its logins go on.
                logins = self.login_sessions.filter(password_stamp=password_stamp(verified))
                logins.update(password_stamp=password_stamp(renewed))

    @property
    def phone_is_verified(self) -> bool:
        return bool(self.phone) and str(self.phone) == self.verified_phone

    @property
    def takes_sms(self) -> bool:
        """Whether text messages may be sent to this person."""
        return self.sms_consent and self.phone_is_verified

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def set_login(self, second_factor_used_at: datetime | None) -> None:
        """
        Let this instance's rights depend on the login of a request.

        From here on, each action of a staff member is recorded as theirs.
        """
        self.second_factor_used_at = second_factor_used_at
        self._has_login = True
        if self.is_staff and current_request_id.get() is not None:
            current_staff_id.set(self.pk)

    @property
    def second_factor_is_missing(self) -> bool:
        """
        Whether this login has no rights until it uses a code.

        The same holds until a required second factor is set up.
        """
        if not self._has_login or not (self.is_staff or self.is_superuser):
            return False
        if self.second_factor_enabled_at:
            return self.second_factor_used_at is None
        due_at = self.second_factor_due_at
        return settings.REQUIRE_SECOND_FACTOR and due_at is not None and due_at <= timezone.now()

    @property
    def second_factor_is_stale(self) -> bool:
        """Whether this login has to use a code before it moves money."""
        if self.second_factor_is_missing:
            return True
        if not self._has_login or not self.second_factor_enabled_at or not self.is_staff:
            return False
        return self.second_factor_used_at < timezone.now() - SECOND_FACTOR_FRESH_FOR

    def refuse_stale_second_factor(self) -> None:
        """
        Require a recent code before this login moves money.

        Raises SecondFactorRequired.
        """
        if self.second_factor_is_stale:
            raise SecondFactorRequired

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return not self.second_factor_is_missing and super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        return not self.second_factor_is_missing and super().has_module_perms(app_label)

    @property
    def is_walk_in(self) -> bool:
        """Whether this is the system's account for walk-ins, which gets no messages."""
        return self.email == WALK_IN_EMAIL

    @property
    def name_in_messages(self) -> str:
        """The first name, unless it contains a web address."""
        return self.first_name if is_plain_name(self.first_name) else ""


class LoginSession(models.Model):
    """
    One login, and so one family of tokens.

    Every token names its session and is valid only while the session is live: it has not ended,
    its user is active, and the password is still the one that `password_stamp` was made from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="login_sessions")
    password_stamp = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text="The expiry of the newest refresh token.")
    ended_at = models.DateTimeField(null=True, blank=True)
    second_factor_used_at = models.DateTimeField(null=True, blank=True)

    objects = LoginSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["expires_at"], name="users_loginsession_expires_at")]

    def __str__(self) -> str:
        return f"login {self.id}"

    @property
    def latest_end(self) -> datetime | None:
        """The time at which a staff login ends, even if refreshed."""
        return self.created_at + STAFF_LOGIN_LASTS if self.user.is_staff else None

    @property
    def is_over(self) -> bool:
        """Whether this is a login of staff that has lasted its time."""
        return self.latest_end is not None and self.latest_end <= timezone.now()


class PhoneCode(models.Model):
    """The code that was last sent to a phone to confirm it. Only a digest is stored."""

    user = models.OneToOneField("users.User", on_delete=models.CASCADE, related_name="phone_code")
    phone = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    tries_left = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"code for {self.user_id}"


class LoginFailure(models.Model):
    """One wrong password. The e-mail is stored only as a keyed digest."""

    account = models.CharField(max_length=64, help_text="A keyed digest of the e-mail.")
    source = models.CharField(max_length=45, help_text="The client's network, or its login.")
    failed_at = models.DateTimeField(default=timezone.now)

    objects = LoginFailureQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["account", "failed_at"], name="users_loginfailure_account"),
            models.Index(fields=["source", "failed_at"], name="users_loginfailure_source"),
            models.Index(fields=["failed_at"], name="users_loginfailure_failed_at"),
        ]

    def __str__(self) -> str:
        return f"failed login at {self.failed_at}"

    @staticmethod
    def account_key(email: str) -> str:
        """Return the digest under which failures of an e-mail are counted."""
        return salted_hmac(
            "users.LoginFailure", lookup_address(email), algorithm="sha256"
        ).hexdigest()


class KnownNetwork(models.Model):
    """A network from which an account's owner has logged in."""

    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="known_networks")
    network = models.CharField(max_length=45)
    seen_at = models.DateTimeField()

    objects = KnownNetworkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "network"], name="users_knownnetwork_once")
        ]

    def __str__(self) -> str:
        return self.network


def password_stamp(password_hash: str) -> str:
    """Digest a password's hash, to notice that it was replaced."""
    return hashlib.sha256(password_hash.encode()).hexdigest()
