"""
The signed payload of a ticket's QR code.

Public keys verify it without a connection. A payload is
`T1.<key>.<ticket>.<show>.<seat>.<start>.<version>.<signature>`. The ids and the start (Unix
seconds) are in base 36. The signature is Ed25519 (RFC 8032) over everything before the last dot, in
base32 (RFC 4648) without padding. A payload has at most 150 characters, all from a QR code's
alphanumeric mode, which makes the smallest code. It contains no personal data. docs/tickets.md
describes it for makers of scanners.
"""

import base64
import re
import string
from dataclasses import astuple, dataclass
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils.translation import gettext

from bookings.errors import InvalidTicket

MAX_LENGTH = 150
# Ids of up to seven characters stay within that limit, which allows 78 billion of each.
_PAYLOAD = re.compile(r"T1\.([A-Z0-9]{1,6})((?:\.[0-9A-Z]{1,13}){5})\.([A-Z2-7]{103})")
_DIGITS = string.digits + string.ascii_uppercase


@dataclass(frozen=True)
class Claims:
    """The signed facts of a ticket."""

    ticket: int
    show: int
    seat: int
    start: int
    version: int


def sign(claims: Claims) -> str:
    """Return the payload of a ticket, signed with the newest key."""
    key_id, seed = next(iter(settings.TICKET_SIGNING_KEYS.items()))
    message = ".".join(["T1", key_id, *map(_to_base36, astuple(claims))])
    signature = base64.b32encode(_private_key(seed).sign(message.encode()))
    return f"{message}.{signature.decode().rstrip('=')}"


def read(payload: str) -> Claims:
    """
    Return the claims of a genuine payload. Raises InvalidTicket for any other text.

    Each payload has one spelling, so leading zeros and other spellings of the same signature are
    refused, too.
    """
    match = _PAYLOAD.fullmatch(payload) if len(payload) <= MAX_LENGTH else None
    if match is None:
        raise InvalidTicket(gettext("This is not a ticket of this system."))
    seed = settings.TICKET_SIGNING_KEYS.get(match[1])
    if seed is None:
        raise InvalidTicket(
            gettext("The ticket is signed with a key that is unknown or no longer valid.")
        )
    signature = base64.b32decode(match[3] + "=")
    message = payload.rpartition(".")[0]
    try:
        _private_key(seed).public_key().verify(signature, message.encode())
    except InvalidSignature:
        raise InvalidTicket(
            gettext("The ticket's signature is wrong. The ticket was not issued here.")
        ) from None
    claims = Claims(*(int(part, 36) for part in match[2].split(".")[1:]))
    is_canonical = base64.b32encode(signature).decode().rstrip("=") == match[3]
    if not is_canonical or f".{'.'.join(map(_to_base36, astuple(claims)))}" != match[2]:
        raise InvalidTicket(gettext("The ticket's text has been changed."))
    return claims


def public_keys() -> list[dict[str, str]]:
    """Return the public keys as JSON Web Keys (RFC 8037), newest first."""
    return [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "kid": key_id,
            "x": base64.urlsafe_b64encode(_public_bytes(seed)).decode().rstrip("="),
        }
        for key_id, seed in settings.TICKET_SIGNING_KEYS.items()
    ]


def _public_bytes(seed: bytes) -> bytes:
    key: Ed25519PublicKey = _private_key(seed).public_key()
    return key.public_bytes_raw()


@cache
def _private_key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def _to_base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
