"""The keys that sign tickets, from a setting or SECRET_KEY."""

import base64
import binascii
import hashlib
import hmac
import re

from eventbooking_system.environment import names, refuse

_KEY_ID = re.compile(r"[A-Z0-9]{1,6}")


def signing_keys(name: str) -> dict[str, bytes]:
    """
    Read Ed25519 private keys by their ids, in order: `B2:SEED,A1:SEED`.

    A seed is 32 bytes in base64url. Refuses anything else with ImproperlyConfigured.
    """
    keys: dict[str, bytes] = {}
    for number, pair in enumerate(names(name), 1):
        key_id, _, encoded = pair.partition(":")
        seed = _decoded(encoded)
        if not _KEY_ID.fullmatch(key_id) or len(seed) != 32:
            reason = (
                f"key {number} is not ID:SEED, 1 to 6 of A-Z and 0-9, and 32 bytes in base64url."
            )
            raise refuse(name, reason)
        if key_id in keys:
            raise refuse(name, f"has two keys of the id {key_id}.")
        keys[key_id] = seed
    return keys


def derived_signing_key(secret: str) -> dict[str, bytes]:
    """Derive a key from a secret, the same in every process."""
    seed, key_id = (
        hmac.digest(secret.encode(), purpose, hashlib.sha256)
        for purpose in (b"ticket signing key", b"ticket signing key id")
    )
    return {base64.b32encode(key_id).decode()[:6]: seed}


def _decoded(seed: str) -> bytes:
    seed = seed.rstrip("=")
    try:
        return base64.b64decode(seed + "=" * (-len(seed) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
