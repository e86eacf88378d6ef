"""Verification and changes of e-mail addresses, by mailed links."""

from typing import Any

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from eventbooking_system.errors import InvalidField
from users.errors import WrongLink
from users.mail_queue import queue_mail
from users.mails import MailKind, may_mail
from users.models import KnownNetwork, LoginSession, User
from users.services.account_mails import LINK_LIFETIME, LINK_SALT, stamp_of
from users.services.credentials import check_credentials
from users.services.sessions import end_sessions


def refuse_unmailable_address(email: str) -> None:
    """Raise InvalidField for an address under the domain `invalid`, which is reserved."""
    if email.endswith((".invalid", "@invalid")):
        raise InvalidField("email", gettext("No mail can be sent to this address."))


def send_verification(*, user: User) -> None:
    """Queue a mail with a link that verifies an unverified address."""
    if user.email_verified_at is None and may_mail(MailKind.VERIFICATION, to=user.email):
        queue_mail(kind=MailKind.VERIFICATION, user=user)


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
    Queue a mail with a link that changes an account's address.

    An address that has an account gets the link as well, so that the answer reveals nothing; the
    link is then refused. The mail is dropped if the password is changed before it is sent.
    """
    kind = MailKind.ADDRESS_CHANGE
    if may_mail(kind, to=email) and may_mail(kind, to=f"by {user.pk}"):
        keep = str(session.pk) if session else None
        queue_mail(kind=kind, user=user, to=email, stamp=stamp_of(user), keep=keep)


def confirm_email(*, token: str, network: str) -> User | None:
    """
    Verify a mailed address, or make it the account's new one.

    A change ends every login except the one that asked for it. Return the account as it was before
    a change. Raises WrongLink, and InvalidField if another account has the address by now.
    """
    try:
        facts = signing.loads(token, salt=LINK_SALT, max_age=LINK_LIFETIME)
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
        if stamp_of(user) != facts["stamp"]:
            raise WrongLink
        user.email_verified_at = timezone.now()
        end_sessions(user.login_sessions.exclude(pk=facts["keep"]))
    user.email_verified_at = user.email_verified_at or timezone.now()
    user.save(update_fields=["email", "email_verified_at"])
    KnownNetwork.objects.record(user=user, network=network)
    return User(pk=user.pk, email=old_email) if user.email != old_email else None


def send_notice_of_change(*, before: User | None) -> None:
    """Queue a notice to the old address of a changed account."""
    if before and may_mail(MailKind.ADDRESS_CHANGED, to=before.email):
        queue_mail(kind=MailKind.ADDRESS_CHANGED, user=before, to=before.email)
