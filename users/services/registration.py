"""New accounts of customers."""

from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from eventbooking_system.errors import InvalidField
from users.addresses import lookup_address
from users.models import KnownNetwork, User
from users.services.addresses import refuse_unmailable_address
from users.services.passwords import refuse_weak_password
from users.tokens import Tokens, start_session


class Registered(NamedTuple):
    """A new account and the tokens of its first login."""

    user: User
    tokens: Tokens


def register_customer(
    *,
    email: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    phone: Any = "",
    language: str = User.Language.EN,
    sms_consent: bool = False,
    network: str,
) -> Registered:
    """
    Create a customer's account and its first login.

    Raises WeakPassword, and InvalidField if an account has this e-mail in any case of letters.
    """
    email = lookup_address(email)
    refuse_unmailable_address(email)
    user = User(
        email=email,
        first_name=first_name,
        last_name=last_name,
        phone=phone,
        language=language,
        sms_consent=sms_consent,
    )
    refuse_weak_password(password, user, field="password")
    # Hashing is slow by intent, so it happens before the transaction.
    user.set_password(password)
    try:
        with transaction.atomic(durable=True):
            user.save(force_insert=True)
            KnownNetwork.objects.record(user=user, network=network)
            return Registered(user, start_session(user))
    except IntegrityError as error:
        if User.objects.filter(email=email).exists():
            detail = gettext("There is an account with this e-mail already.")
            raise InvalidField("email", detail, "unique") from error
        raise
