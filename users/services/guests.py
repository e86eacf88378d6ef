"""Guests, who book without an account."""

from typing import Any

from django.db import transaction

from users.guests import new_guest_login
from users.models import User
from users.services.addresses import refuse_unmailable_address
from users.tokens import Access, start_guest_session


@transaction.atomic(durable=True)
def start_guest_checkout(
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    phone: Any = "",
    language: str = User.Language.EN,
) -> Access:
    """
    Create the user row of one checkout, and its only token.

    The typed address is where mails go, and nothing else: it opens no account and reveals none.
    Raises InvalidField for an address that gets no mail.
    """
    refuse_unmailable_address(email)
    guest = User(
        email=new_guest_login(),
        contact_email=email,
        is_guest=True,
        first_name=first_name,
        last_name=last_name,
        phone=phone,
        language=language,
    )
    guest.set_unusable_password()
    guest.save(force_insert=True)
    return start_guest_session(guest)
