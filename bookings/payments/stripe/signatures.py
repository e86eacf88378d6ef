"""The signatures of Stripe's events: https://docs.stripe.com/webhooks/signature"""

import re
import time
from collections.abc import Mapping

import stripe

from bookings.errors import InvalidSignature

SIGNATURE_HEADER = "Stripe-Signature"
TOLERANCE = 300  # Seconds between an event's signing and its arrival.
_SIGNATURE = re.compile(r"t=([0-9]{1,12}),[\x21-\x7e]{1,1000}")


def check_signature(body: bytes, headers: Mapping[str, str], *, secret: str) -> None:
    """Check that Stripe signed an event within the last minutes. Raises InvalidSignature."""
    header = headers.get(SIGNATURE_HEADER, "")
    match = _SIGNATURE.fullmatch(header)
    if not match:
        raise InvalidSignature(f"{SIGNATURE_HEADER} is missing or malformed.")
    try:
        stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        raise InvalidSignature("The signature does not match the body, or is too old.") from None
    # The SDK refuses only signatures that are too old.
    if int(match[1]) > time.time() + TOLERANCE:
        raise InvalidSignature("The signature is from the future.")
