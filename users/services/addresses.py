"""Verification and changes of e-mail addresses, by mailed links."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from eventbooking_system.errors import InvalidField
from users.errors import WrongLink
from users.mails import (
    ADDRESS_CHANGE,
    ADDRESS_CHANGED,
    VERIFICATION,
    may_mail,
    send_account_mail,
)
from users.models import KnownNetwork, LoginSession, User, password_stamp
from users.services.credentials import check_credentials
from users.services.sessions import end_sessions

LINK_LIFETIME = timedelta(days=3)
_SALT = "users.email-link"


def refuse_unmailable_address(email: str) -> None:
    """Raise InvalidField for an address under the domain `invalid`, which is reserved."""
    if email.endswith((".invalid", "@invalid")):
        raise InvalidField("email", gettext("No mail can be sent to this address."))


def send_verification(*, user: User) -> None:
    """
    Mail a link that verifies the address of an account, unless it is verified.

    Raises the errors of the mail server.
    """
    if user.email_verified_at or not may_mail(VERIFICATION, to=user.email):
        return
    _send_link(VERIFICATION, user, to=user.email, keep=None)


def check_email_change(
    *, user: User, email: str, password: str, session: LoginSession | None, network: str
) -> None:
    """
    Check that the owner of an account asks to change its address.

    Raises InvalidField for a wrong password or an address that gets no mail, and Throttled.
    """
    refuse_unmailable_address(email)
    checked = check_credentials(
        email=user.email, password=password, network=network, session=session
    )
    if checked is None:
        raise InvalidField("password", gettext("This is not the password of the account."))


def send_email_change(*, user: User, email: str, session: LoginSession | None) -> None:
    """
    Mail a link that changes an account's address.

    An address that has an account gets the link as well, so that the answer reveals nothing; the
    link is then refused. Raises the errors of the mail server.
    """
    if may_mail(ADDRESS_CHANGE, to=email) and may_mail(ADDRESS_CHANGE, to=f"by {user.pk}"):
        _send_link(ADDRESS_CHANGE, user, to=email, keep=session and session.pk)


def _send_link(mail: tuple[str, str], user: User, *, to: str, keep: UUID | None) -> None:
    facts = {
        "user": user.pk,
        "from": user.email,
        "to": to,
        "stamp": _stamp(user),
        "keep": keep and str(keep),
    }
    # After the #, so that the token appears in no server's log.
    link = f"{settings.FRONTEND_URL}/verify-email#{signing.dumps(facts, salt=_SALT)}"
    send_account_mail(mail, to=to, language=user.language, link=link, days=LINK_LIFETIME.days)


def confirm_email(*, token: str, network: str) -> User | None:
    """
    Verify a mailed address, or make it the account's new one.

    A change ends every login except the one that asked for it. Return the account as it was before
    a change. Raises WrongLink, and InvalidField if another account has the address by now.
    """
    try:
        facts = signing.loads(token, salt=_SALT, max_age=LINK_LIFETIME)
    except signing.BadSignature:
        raise WrongLink from None
    try:
        return _confirm(facts, network)
    except IntegrityError:
        if User.objects.filter(email=facts["to"]).exists():
            detail = gettext("There is an account with this e-mail already.")
            raise InvalidField("token", detail, "unique") from None
        raise


@transaction.atomic(durable=True)
def _confirm(facts: dict[str, Any], network: str) -> User | None:
    user = User.objects.locked().filter(pk=facts["user"], is_active=True).first()
    if user is None or user.email not in (facts["from"], facts["to"]):
        raise WrongLink
    old_email, user.email = user.email, facts["to"]
    if user.email != old_email:
        if _stamp(user) != facts["stamp"]:
            raise WrongLink
        user.email_verified_at = timezone.now()
        end_sessions(user.login_sessions.exclude(pk=facts["keep"]))
    user.email_verified_at = user.email_verified_at or timezone.now()
    user.save(update_fields=["email", "email_verified_at"])
    KnownNetwork.objects.record(user=user, network=network)
    return User(email=old_email, language=user.language) if user.email != old_email else None


def _stamp(user: User) -> str:
    """Digest the facts whose change makes older links void."""
    return password_stamp(f"{user.password} {user.email_verified_at}")


def send_notice_of_change(*, before: User | None) -> None:
    """Tell the old address of an account that it was changed. Do nothing without a change."""
    if before and may_mail(ADDRESS_CHANGED, to=before.email):
        send_account_mail(ADDRESS_CHANGED, to=before.email, language=before.language)
