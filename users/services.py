"""What people do with their accounts, each one transaction."""

import uuid
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from axes.utils import reset as forget_failures
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import update_last_login
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext, gettext_noop
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from eventbooking_system.errors import InvalidField
from users.errors import LoginFailed, StaffAccount, TokenInvalid, WeakPassword
from users.lockout import check_credentials
from users.models import ERASED_DOMAIN, LoginSession, User, password_stamp
from users.selectors import account_of_email, account_of_uid, live_session
from users.tokens import SessionRefreshToken, Tokens, continue_session, start_session

RESET_MAILS_PER_HOUR = 5
RESET_MAIL = gettext_noop(
    """Someone, we hope you, asked for a new password for your account.

Choose it here within %(minutes)d minutes:
%(link)s

If it was not you, nothing has changed and there is nothing to do.
"""
)


# ---- Accounts


def register_customer(
    *,
    email: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    phone: Any = "",
    language: str = User.Language.EN,
    sms_consent: bool = False,
) -> User:
    """
    Open an account, which is never staff's.

    Raises WeakPassword, and InvalidField for an e-mail that has an account in any case of letters.
    """
    email = email.lower()
    if email.endswith(f"@{ERASED_DOMAIN}"):
        raise InvalidField("email", gettext("No mail can be sent to this address."))
    user = User(
        email=email,
        first_name=first_name,
        last_name=last_name,
        phone=phone,
        language=language,
        sms_consent=sms_consent,
    )
    _refuse_weak(password, user, field="password")
    # Hashed before the transaction, as that is slow by intent.
    user.set_password(password)
    try:
        with transaction.atomic(durable=True):
            user.save(force_insert=True)
    except IntegrityError as error:
        if User.objects.filter(email=email).exists():
            detail = gettext("There is an account with this e-mail already.")
            raise InvalidField("email", detail, "unique") from error
        raise
    return user


@transaction.atomic(durable=True)
def update_profile(*, user: User, **changes: Any) -> User:
    """Change a person's names, phone, or how they are told of their bookings."""
    locked = _lock_active(user)
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changes))
    return locked


def erase_account(*, request: HttpRequest, user: User, password: str) -> None:
    """
    Erase a person, at their own wish: names, e-mail and phone go, the ledger of bookings stays.

    Every token ends at once. Raises StaffAccount, InvalidField for a wrong password, Throttled.
    """
    if user.is_staff or user.is_superuser:
        raise StaffAccount
    if check_credentials(request=request, email=user.email, password=password) is None:
        raise InvalidField("password", gettext("This is not the password of the account."))
    _erase(user)


@transaction.atomic(durable=True)
def _erase(user: User) -> None:
    user = _lock_active(user)
    # Before the user's key changes: a refresh holds its session and needs the user's key.
    user.login_sessions.all().delete()
    OutstandingToken.objects.filter(user=user).delete()
    forget_failures(username=user.email)
    user.email = f"erased-{user.pk}@{ERASED_DOMAIN}"
    user.first_name = user.last_name = user.phone = ""
    user.sms_consent = False
    user.set_unusable_password()
    user.is_active = False
    user.last_login = None
    user.erased_at = timezone.now()
    user.save()
    # The admin's record of changes quotes the e-mail.
    LogEntry.objects.filter(
        content_type__app_label="users", content_type__model="user", object_id=str(user.pk)
    ).update(object_repr=str(user))


# ---- Logins


def log_in(*, request: HttpRequest, email: str, password: str) -> Tokens:
    """
    Start a login. Raises LoginFailed, after as much work whether or not the account exists, and
    Throttled.
    """
    user = check_credentials(request=request, email=email, password=password)
    if user is None:
        raise LoginFailed
    with transaction.atomic(durable=True):
        update_last_login(None, user)
        return start_session(user)


def refresh_tokens(*, refresh: str) -> Tokens:
    """
    Trade a refresh token, once, for the next pair.

    Raises TokenInvalid. A token that is used again is in two hands: its whole login is ended.
    """
    token = SessionRefreshToken.read(refresh)
    with transaction.atomic(durable=True):
        session = live_session(token.session_id, lock=True)
        if session and _use_up(token):
            return continue_session(session)
        _end(LoginSession.objects.filter(pk=token.session_id))
    # Raised here, as raising inside would take back the end of the login.
    raise TokenInvalid


def _use_up(token: SessionRefreshToken) -> bool:
    """Whether this call, and no other one, made the entry that says the token is used up."""
    outstanding = OutstandingToken.objects.filter(jti=token["jti"]).first()
    if outstanding is None:
        return False
    _, created = BlacklistedToken.objects.get_or_create(token=outstanding)
    return created


@transaction.atomic(durable=True)
def log_out(*, refresh: str) -> None:
    """End the login of a refresh token; safe to repeat. Raises TokenInvalid."""
    token = SessionRefreshToken.read(refresh)
    _end(LoginSession.objects.filter(pk=token.session_id))


@transaction.atomic(durable=True)
def end_logins(*, users: QuerySet[User]) -> int:
    """End every login of these people; how many there were."""
    return _end(LoginSession.objects.filter(user__in=users))


@transaction.atomic(durable=True)
def delete_expired_logins() -> int:
    """Delete the logins, and the records of tokens, that can no longer be used; how many logins."""
    OutstandingToken.objects.filter(expires_at__lt=Now()).delete()
    return LoginSession.objects.filter(expires_at__lt=Now()).delete()[0]


def _end(sessions: QuerySet[LoginSession]) -> int:
    return sessions.filter(ended_at=None).update(ended_at=Now())


# ---- Passwords


def change_password(
    *,
    request: HttpRequest,
    user: User,
    session: LoginSession | None,
    current_password: str,
    new_password: str,
) -> None:
    """
    Replace the password, and end every login but the one that asks: `session`, or the cookie of
    `request` where that is None. Raises InvalidField, WeakPassword, Throttled.
    """
    checked = check_credentials(request=request, email=user.email, password=current_password)
    if checked is None:
        raise InvalidField("current_password", gettext("This is not the password of the account."))
    _refuse_weak(new_password, checked, field="new_password")
    _replace_password(checked, make_password(new_password), keep=session and session.pk)
    if session is None:
        checked.refresh_from_db()
        update_session_auth_hash(request, checked)


@transaction.atomic(durable=True)
def _replace_password(checked: User, password_hash: str, keep: uuid.UUID | None) -> None:
    user = _lock_active(checked)
    if user.password != checked.password:
        raise InvalidField("current_password", gettext("The password has just been changed."))
    _set_password(user, password_hash)
    kept = user.login_sessions.filter(pk=keep)
    _end(user.login_sessions.exclude(pk=keep))
    kept.update(password_stamp=password_stamp(user.password))


def send_password_reset(*, email: str) -> None:
    """
    Mail a link for a new password, if the e-mail has an account.

    It takes longer then: nobody may be waiting for the answer. A few mails an hour at the most,
    lest someone flood the owner with them. Raises what the mail server does.
    """
    user = account_of_email(email)
    if user is None:
        return
    counter = f"password-reset-mails-{user.pk}"
    cache.add(counter, 0, timeout=3600)
    with suppress(ValueError):  # The cache is away, and so is the count.
        if cache.incr(counter) > RESET_MAILS_PER_HOUR:
            return
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    query = urlencode({"uid": uid, "token": default_token_generator.make_token(user)})
    link = f"{settings.FRONTEND_URL}/reset-password?{query}"
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    with translation.override(user.language):
        body = gettext(RESET_MAIL) % {"link": link, "minutes": minutes}
        send_mail(gettext("Choose a new password"), body, None, [user.email])


def confirm_password_reset(*, uid: str, token: str, new_password: str) -> None:
    """
    Set the password of a mailed link, which works once, and end every login.

    Raises InvalidField, naming `uid` or `token`, and WeakPassword.
    """
    user = account_of_uid(uid)
    if user is None:
        raise InvalidField("uid", gettext("There is no such account."))
    _refuse_spent(token, user)
    _refuse_weak(new_password, user, field="new_password")
    _reset_password(user, token, make_password(new_password))


@transaction.atomic(durable=True)
def _reset_password(user: User, token: str, password_hash: str) -> None:
    user = _lock_active(user)
    # Again, under the lock: of two at once, the other has changed what the token is made from.
    _refuse_spent(token, user)
    _set_password(user, password_hash)
    _end(user.login_sessions.all())


def _refuse_spent(token: str, user: User) -> None:
    if not default_token_generator.check_token(user, token):
        raise InvalidField("token", gettext("The link is wrong, has been used, or is too old."))


def _set_password(user: User, password_hash: str) -> None:
    user.password = password_hash
    user.save(update_fields=["password"])


def _refuse_weak(password: str, user: User, *, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(field, error.error_list) from error


def _lock_active(user: User) -> User:
    """Lock the account's row. Raises TokenInvalid if it was closed in the meantime."""
    locked = User.objects.locked().filter(pk=user.pk, is_active=True).first()
    if locked is None:
        raise TokenInvalid
    return locked
