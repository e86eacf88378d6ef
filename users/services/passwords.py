"""Changes of passwords, and mailed links to choose a new one."""

import uuid

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from eventbooking_system.errors import InvalidField
from users.errors import WeakPassword, WrongLink
from users.mail_queue import queue_mail
from users.mails import MailKind, may_mail
from users.models import KnownNetwork, LoginFailure, LoginSession, User, password_stamp
from users.selectors import account_of_email, account_of_uid
from users.services.credentials import check_credentials
from users.services.locking import lock_active_user
from users.services.sessions import end_sessions


def change_password(
    *,
    user: User,
    session: LoginSession | None,
    network: str,
    current_password: str,
    new_password: str,
) -> User:
    """
    Replace a password, and end every login except `session`.

    Raises InvalidField for a wrong current password, WeakPassword, Throttled.
    """
    checked = check_credentials(
        email=user.email, password=current_password, network=network, session=session
    )
    if checked is None:
        raise InvalidField("current_password", gettext("This is not the password of the account."))
    refuse_weak_password(new_password, checked, field="new_password")
    return _replace_password(checked, make_password(new_password), keep=session and session.pk)


@transaction.atomic(durable=True)
def _replace_password(checked: User, password_hash: str, keep: uuid.UUID | None) -> User:
    user = lock_active_user(checked)
    if user.password != checked.password:
        raise InvalidField("current_password", gettext("The password has just been changed."))
    _set_password(user, password_hash)
    kept = user.login_sessions.filter(pk=keep)
    end_sessions(user.login_sessions.exclude(pk=keep))
    kept.update(password_stamp=password_stamp(user.password))
    return user


def send_password_reset(*, email: str) -> None:
    """
    Queue a mail with a link to choose a new password.

    Nothing is queued if no account has this e-mail. It takes longer if the account exists, so
    the client must get its answer first.
    """
    user = account_of_email(email)
    if user and may_mail(MailKind.PASSWORD_RESET, to=user.email):
        queue_mail(kind=MailKind.PASSWORD_RESET, user=user)


def confirm_password_reset(*, uid: str, token: str, new_password: str, network: str) -> None:
    """
    Set a new password by a mailed link, and end all logins.

    The link also lifts the locks on the account. Raises WrongLink, also for an account that does not
    exist, and WeakPassword.
    """
    user = account_of_uid(uid)
    if user is None:
        raise WrongLink
    _refuse_wrong_link(token, user)
    refuse_weak_password(new_password, user, field="new_password")
    _reset_password(user, token, make_password(new_password), network)


@transaction.atomic(durable=True)
def _reset_password(user: User, token: str, password_hash: str, network: str) -> None:
    user = lock_active_user(user)
    # Checked again under the lock: a rival request may just have used the link.
    _refuse_wrong_link(token, user)
    _set_password(user, password_hash)
    # The link was mailed to the address, so the address is verified, too.
    user.email_verified_at = user.email_verified_at or timezone.now()
    user.save(update_fields=["email_verified_at"])
    end_sessions(user.login_sessions.all())
    LoginFailure.objects.filter(account=LoginFailure.account_key(user.email)).delete()
    KnownNetwork.objects.record(user=user, network=network)


def _refuse_wrong_link(token: str, user: User) -> None:
    if not default_token_generator.check_token(user, token):
        raise WrongLink


def _set_password(user: User, password_hash: str) -> None:
    user.password = password_hash
    user.save(update_fields=["password"])


def refuse_weak_password(password: str, user: User, *, field: str) -> None:
    """Raise WeakPassword, naming `field`, if a validator of passwords refuses this one."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(field, error.error_list) from error
