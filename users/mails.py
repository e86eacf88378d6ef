"""Mails about accounts, and the limits of mails and codes."""

from contextlib import suppress

from django.core.cache import cache
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop

MAX_MAILS_PER_HOUR = 5  # The limit for each kind of mail.
MAX_MAILS_PER_DAY = 20  # The limit for all kinds together.
MAX_CODES_PER_DAY = 5  # To one phone, and of one account. Each costs money.
MAX_CODES_OF_NETWORK_PER_DAY = 50


class MailKind(models.TextChoices):
    PASSWORD_RESET = "password_reset"
    VERIFICATION = "verification"
    ADDRESS_CHANGE = "address_change"
    ADDRESS_CHANGED = "address_changed"


_PASSWORD_RESET = (
    gettext_noop("Choose a new password"),
    gettext_noop(
        """Someone, probably you, asked for a new password for your account.

Choose it here within %(minutes)d minutes:
%(link)s

If it was not you, ignore this mail. Your password has not changed.
"""
    ),
)
_VERIFICATION = (
    gettext_noop("Confirm your e-mail address"),
    gettext_noop(
        """An account was created with this e-mail address, probably by you.

Confirm the address here within %(days)d days:
%(link)s

If it was not you, ignore this mail.
"""
    ),
)
_ADDRESS_CHANGE = (
    gettext_noop("Confirm your new e-mail address"),
    gettext_noop(
        """Someone, probably you, wants to use this e-mail address for an account.

Confirm the change here within %(days)d days:
%(link)s

If it was not you, ignore this mail. Nothing has changed.
"""
    ),
)
_ADDRESS_CHANGED = (
    gettext_noop("Your e-mail address was changed"),
    gettext_noop(
        """The e-mail address of your account was changed, and this address no longer belongs to it.

If it was not you, contact us at once.
"""
    ),
)


TEXTS = {
    MailKind.PASSWORD_RESET: _PASSWORD_RESET,
    MailKind.VERIFICATION: _VERIFICATION,
    MailKind.ADDRESS_CHANGE: _ADDRESS_CHANGE,
    MailKind.ADDRESS_CHANGED: _ADDRESS_CHANGED,
}


def may_mail(kind: MailKind, *, to: str) -> bool:
    """Count one more mail to an address. Return False if the address has had enough of them."""
    if _count(f"{kind} {to}", 3600) > MAX_MAILS_PER_HOUR:
        return False
    return _count(to, 86_400) <= MAX_MAILS_PER_DAY


def may_text(*, to: str, user_id: int, network: str) -> bool:
    """Count one more code to a phone. Return False if the phone or its sender had enough."""
    counts = [
        (_count(f"code to {to}", 86_400), MAX_CODES_PER_DAY),
        (_count(f"code of {user_id}", 86_400), MAX_CODES_PER_DAY),
        (_count(f"code from {network}", 86_400), MAX_CODES_OF_NETWORK_PER_DAY),
    ]
    return all(count <= limit for count, limit in counts)


def _count(what: str, seconds: int) -> int:
    key = salted_hmac("users.mails", what, algorithm="sha256").hexdigest()
    cache.add(key, 0, timeout=seconds)
    with suppress(ValueError):  # The cache is down, so nothing is counted.
        return cache.incr(key)
    return 0
