"""Guests: user rows of one checkout, without password or login name."""

import uuid

# RFC 2606 reserves this ending, so nobody can have, register or receive mail at such an address.
GUEST_DOMAIN = "guest.invalid"


def new_guest_login() -> str:
    """Return the internal e-mail of a new guest, which is no mailbox."""
    return f"{uuid.uuid4().hex}@{GUEST_DOMAIN}"
