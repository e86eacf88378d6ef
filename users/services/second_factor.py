"""The second factor of staff: codes of an app, and recovery codes."""

from datetime import datetime
from typing import NamedTuple

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from eventbooking_system.errors import InvalidField
from users.models import LoginSession, User
from users.services.credentials import check_credentials
from users.services.locking import lock_active_user

RECOVERY_CODES = 10
# The key of a cookie's session under which the time of the last code is kept.
SESSION_KEY = "second_factor_used_at"


class Enrolment(NamedTuple):
    """The data that an authenticator app needs."""

    secret: str
    uri: str


def enrol_second_factor(
    *, user: User, password: str, session: LoginSession | None, network: str
) -> Enrolment:
    """
    Make a new secret for an authenticator app. It counts once a code of it is confirmed.

    Raises InvalidField for a wrong password, or if the account has a second factor already.
    """
    _check_password(user, password, session, network)
    with transaction.atomic(durable=True):
        locked = lock_active_user(user)
        if locked.second_factor_enabled_at:
            detail = gettext("The account has a second factor already. Remove it first.")
            raise InvalidField("", detail, "enabled")
        TOTPDevice.objects.filter(user=locked).delete()
        device = TOTPDevice.objects.create(user=locked, name="authenticator", confirmed=False)
    uri = device.config_url
    return Enrolment(secret=uri.partition("secret=")[2].partition("&")[0], uri=uri)


@transaction.atomic
def confirm_second_factor(*, user: User, code: str, login: LoginSession | SessionBase) -> list[str]:
    """
    Turn the second factor on, and return the recovery codes.

    A first code of the app is needed. The login that confirms has used its code; all others have no
    rights before they use one. Raises InvalidField.
    """
    locked = lock_active_user(user)
    device = TOTPDevice.objects.filter(user=locked, confirmed=False).first()
    if device is None or not verify_token(locked, device.persistent_id, code):
        raise InvalidField("code", gettext("The code is wrong, has been used, or is too old."))
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    locked.second_factor_enabled_at = timezone.now()
    locked.save(update_fields=["second_factor_enabled_at"])
    _record_use(login)
    StaticDevice.objects.filter(user=locked).delete()
    recovery = StaticDevice.objects.create(user=locked, name="recovery codes")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=recovery, token=each) for each in codes)
    return codes


def use_second_factor(*, user: User, code: str, login: LoginSession | SessionBase) -> None:
    """Verify a code for a login. Each code works once. Raises InvalidField."""
    if not verify_second_factor(user=user, code=code):
        raise InvalidField("code", gettext("The code is wrong, has been used, or is too old."))
    _record_use(login)


def verify_second_factor(*, user: User, code: str) -> bool:
    """
    Check a code and use it up.

    It is a code of the app or a recovery code. After each wrong code the next is accepted only
    after a pause, which doubles.
    """
    model = TOTPDevice if code.isdecimal() and len(code) <= 6 else StaticDevice
    device = model.objects.filter(user=user, confirmed=True).first()
    return device is not None and verify_token(user, device.persistent_id, code.lower()) is not None


def remove_own_second_factor(
    *, user: User, password: str, code: str, session: LoginSession | None, network: str
) -> None:
    """Turn a second factor off. Raises InvalidField for a wrong password or code."""
    _check_password(user, password, session, network)
    if not verify_second_factor(user=user, code=code):
        raise InvalidField("code", gettext("The code is wrong, has been used, or is too old."))
    remove_second_factor(user=user)


@transaction.atomic
def remove_second_factor(*, user: User) -> None:
    """Remove the second factor of an account whose owner has lost it."""
    locked = User.objects.locked().get(pk=user.pk)
    delete_devices(locked)
    locked.second_factor_enabled_at = None
    locked.save(update_fields=["second_factor_enabled_at"])


def delete_devices(user: User) -> None:
    """Delete the secrets of an account. Expects its lock."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def last_use_in_cookie(session: SessionBase) -> datetime | None:
    """Return when a cookie's session last used a code."""
    text = session.get(SESSION_KEY)
    return datetime.fromisoformat(text) if text else None


def _record_use(login: LoginSession | SessionBase) -> None:
    now = timezone.now()
    if isinstance(login, LoginSession):
        LoginSession.objects.filter(pk=login.pk).update(second_factor_used_at=now)
    else:
        login[SESSION_KEY] = now.isoformat()


def _check_password(user: User, password: str, session: LoginSession | None, network: str) -> None:
    checked = check_credentials(
        email=user.email, password=password, network=network, session=session
    )
    if checked is None:
        raise InvalidField("password", gettext("This is not the password of the account."))
