"""
Text messages, sent by the provider that SMS_PROVIDER names.

`console` prints them, and `twilio` sends them.
"""

import json
import logging
from base64 import b64encode
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from django.conf import settings

log = logging.getLogger(__name__)
TIMEOUT = 10


class NotSent(Exception):
    """The message may not have arrived, so another attempt may help."""


class Undeliverable(Exception):
    """A message that no further attempt can deliver."""


def send_sms(text: str, *, to: str) -> None:
    """Hand a text message to the provider. Raises NotSent, and Undeliverable for a bad number."""
    PROVIDERS[settings.SMS_PROVIDER](text, to)


def _print(text: str, to: str) -> None:
    log.info("SMS", extra={"to": to, "text": text})


def _send_by_twilio(text: str, to: str) -> None:
    """
    Send a text message by Twilio. Raises NotSent and Undeliverable.

    See https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource.
    """
    account = settings.TWILIO_ACCOUNT_SID
    login = b64encode(f"{account}:{settings.TWILIO_AUTH_TOKEN}".encode()).decode()
    request = Request(
        f"{settings.TWILIO_API_BASE}/2010-04-01/Accounts/{quote(account)}/Messages.json",
        data=urlencode({"To": to, "From": settings.TWILIO_FROM, "Body": text}).encode(),
        headers={"Authorization": f"Basic {login}"},
    )
    try:
        with urlopen(request, timeout=TIMEOUT) as response:
            response.read()
    except HTTPError as error:
        with error:
            reason = _reason(error.read(2000))
        # Status 400 is about this message. Others, such as 401 and 429, are about our account and
        # can be resolved.
        failure = Undeliverable if error.code == 400 else NotSent
        raise failure(f"Twilio answered {error.code}: {reason}") from error
    except OSError as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error


def _reason(body: bytes) -> str:
    """
    Return the error's number, from https://www.twilio.com/docs/api/errors.

    The error's words are left out because they may contain the phone number.
    """
    try:
        return f"error {int(json.loads(body)['code'])}"
    except (ValueError, KeyError, TypeError):
        return "no reason given"


PROVIDERS: dict[str, Callable[[str, str], None]] = {
    "console": _print,
    "twilio": _send_by_twilio,
}
