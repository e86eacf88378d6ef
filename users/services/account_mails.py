"""The mails of accounts, written when they are sent."""

from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext

from users.mails import TEXTS, MailKind
from users.models import User, password_stamp

LINK_LIFETIME = timedelta(days=3)
LINK_SALT = "users.email-link"


class WrittenMail(NamedTuple):
    """A mail in the language of the account."""

    to: str
    subject: str
    body: str


def write_account_mail(
    *, kind: str, user: User, to: str, facts: dict[str, Any]
) -> WrittenMail | None:
    """
    Write a queued mail, with a link that is made now.

    Return None if the mail must not be sent any more: the account has ended, its address is
    verified, or the password or the address was changed after the request.
    """
    if not _is_true(kind, user, to, facts):
        return None
    to = to or user.email
    subject, body = TEXTS[MailKind(kind)]
    with translation.override(user.language):
        return WrittenMail(to, gettext(subject), gettext(body) % _values(kind, user, to, facts))


def stamp_of(user: User) -> str:
    """Digest the facts whose change makes older links void."""
    return password_stamp(f"{user.password} {user.email_verified_at}")


def _is_true(kind: str, user: User, to: str, facts: dict[str, Any]) -> bool:
    if kind == MailKind.ADDRESS_CHANGED:
        return bool(to)
    if kind == MailKind.VERIFICATION and user.email_verified_at:
        return False
    if kind == MailKind.ADDRESS_CHANGE and not (to and facts["stamp"] == stamp_of(user)):
        return False
    return user.is_active


def _values(kind: str, user: User, to: str, facts: dict[str, Any]) -> dict[str, str | int]:
    if kind == MailKind.PASSWORD_RESET:
        uid = urlsafe_base64_encode(force_bytes(user.pk))
        query = urlencode({"uid": uid, "token": default_token_generator.make_token(user)})
        return {
            "link": f"{settings.FRONTEND_URL}/reset-password?{query}",
            "minutes": settings.PASSWORD_RESET_TIMEOUT // 60,
        }
    if kind == MailKind.ADDRESS_CHANGED:
        return {}
    token = {
        "user": user.pk,
        "from": user.email,
        "to": to,
        "stamp": stamp_of(user),
        "keep": facts.get("keep"),
    }
    # After the #, so that the token appears in no server's log.
    link = f"{settings.FRONTEND_URL}/verify-email#{signing.dumps(token, salt=LINK_SALT)}"
    return {"link": link, "days": LINK_LIFETIME.days}
