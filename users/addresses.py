"""
The spelling of e-mail addresses by which accounts are found.

Mail programs send to the ASCII form of a domain, so that form is stored: two spellings of one
mailbox cannot make two accounts.
"""

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext

MAX_LENGTH = 254


def canonical_address(text: str) -> str:
    """
    Return an address in lower case and with an ASCII domain.

    Raises ValidationError for letters beyond ASCII before the @, which may look like others, for a
    quoted name, which is another spelling, and for an IP address in place of the domain.
    """
    name, _, domain = text.strip().rpartition("@")
    try:
        if '"' in name or domain.startswith("["):
            raise ValidationError("")
        address = f"{name.encode('ascii').decode()}@{_ascii_domain(domain)}".lower()
        validate_email(address)
    except (ValidationError, ValueError):
        raise ValidationError(gettext("Enter a valid email address."), "invalid") from None
    return address


def lookup_address(text: str) -> str:
    """
    Return the stored spelling of an account's typed address.

    An address without an account has none.
    """
    try:
        return canonical_address(text)
    except ValidationError:
        return text.lower()


def _ascii_domain(domain: str) -> str:
    # The encoding is quadratic in the length, and no domain is longer.
    if len(domain) > MAX_LENGTH:
        raise ValueError
    return idna.encode(domain, uts46=True, std3_rules=True).decode()
