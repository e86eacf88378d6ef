"""The confirmation of a phone number by a code sent to it."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext

from eventbooking_system.errors import InvalidField, Throttled
from eventbooking_system.sms import send_sms
from users.mails import may_text
from users.models import PhoneCode, User
from users.services.locking import lock_active_user

CODE_LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5


def prepare_phone_code(*, user: User, network: str) -> Callable[[], None]:
    """
    Store a new code for an account's phone.

    Return the function that sends it. An earlier code no longer counts. Raises InvalidField for an
    account without a phone or with a confirmed one, and Throttled for too many codes.
    """
    code = f"{secrets.randbelow(10**6):06}"
    phone = _store_code(user, code, network)
    return partial(_send_code, code, phone, user.language)


def _send_code(code: str, phone: str, language: str) -> None:
    """Send a code. Raises the errors of the provider."""
    with translation.override(language):
        text = gettext("%(code)s is your code to confirm this number. It is valid for 10 minutes.")
    send_sms(text % {"code": code}, to=phone)


@transaction.atomic(durable=True)
def _store_code(user: User, code: str, network: str) -> str:
    locked = lock_active_user(user)
    phone = str(locked.phone)
    if not phone:
        raise InvalidField("", gettext("The account has no phone number."), "phone_missing")
    if locked.phone_is_verified:
        raise InvalidField("", gettext("The phone number is confirmed already."), "confirmed")
    if not may_text(to=phone, user_id=locked.pk, network=network):
        raise Throttled(gettext("Too many codes were sent. Try again tomorrow."), 3600)
    PhoneCode.objects.update_or_create(
        user=locked,
        defaults={
            "phone": phone,
            "digest": _digest(locked, phone, code),
            "expires_at": Now() + CODE_LIFETIME,
            "tries_left": MAX_TRIES,
        },
    )
    return phone


def confirm_phone(*, user: User, code: str) -> None:
    """Confirm the phone of an account by the code sent to it. Raises InvalidField."""
    if not _use_code(user, code):
        raise InvalidField("code", gettext("The code is wrong, has been used, or is too old."))


@transaction.atomic(durable=True)
def _use_code(user: User, code: str) -> bool:
    """Use up one try. A wrong one is not rolled back, so this raises nothing for it."""
    locked = lock_active_user(user)
    live = PhoneCode.objects.filter(user=locked, expires_at__gt=Now(), tries_left__gt=0)
    stored = live.filter(phone=str(locked.phone)).first()
    if stored is None:
        return False
    if not constant_time_compare(stored.digest, _digest(locked, stored.phone, code)):
        stored.tries_left -= 1
        stored.save(update_fields=["tries_left"])
        return False
    stored.delete()
    locked.verified_phone = stored.phone
    locked.save(update_fields=["verified_phone"])
    return True


def _digest(user: User, phone: str, code: str) -> str:
    return salted_hmac(
        "users.PhoneCode", f"{user.pk} {phone} {code}", algorithm="sha256"
    ).hexdigest()
