"""Guests: user rows of one checkout, which have no password and no login name of their own."""

import uuid

# RFC 2606 reserves this ending, so nobody can have, register or receive mail at such an address.
GUEST_DOMAIN = "guest.invalid"


def new_guest_login() -> str:
    """Return the internal e-mail of a new guest, which is no mailbox."""
    return f"{uuid.uuid4().hex}@{GUEST_DOMAIN}"
