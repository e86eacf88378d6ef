"""
Signed events for partners, by https://www.standardwebhooks.com.

They are only sent to public addresses, so that no partner can reach the internal network.
"""

import base64
import hashlib
import hmac
import http.client
import secrets
import socket
import ssl
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings

from bookings.notifications.addresses import is_public
from bookings.notifications.errors import NotSent, Undeliverable

TIMEOUT = 10
# The limit in seconds for a whole exchange. TIMEOUT starts again with each byte that arrives, so a
# slow partner could otherwise keep a worker busy.
MAX_SECONDS = 30
SECRET_PREFIX = "whsec_"


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_secret(text: str) -> bool:
    """Tell whether a text is a webhook secret. It is whsec_ and the base64 of 24 to 64 bytes."""
    try:
        return text.startswith(SECRET_PREFIX) and 24 <= len(_key(text)) <= 64
    except ValueError:
        return False


def signature(*, secret: str, webhook_id: str, timestamp: int, body: str) -> str:
    signed = f"{webhook_id}.{timestamp}.{body}".encode()
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)


def send_event(*, url: str, secret: str, webhook_id: str, timestamp: int, body: str) -> int:
    """
    POST an event, and return the 2xx status of the answer.

    The host is resolved once, and the connection goes to the address that was checked, because a
    second look-up could give another address. Redirects are not followed. Raises NotSent with the
    `status` of the answer, if there was one. Raises Undeliverable for an unusable URL and for
    status 410.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Undeliverable("The address cannot be read.") from error
    if parts.scheme != "https" and not settings.WEBHOOKS_MAY_GO_INSIDE:
        raise Undeliverable("The address is not https.")
    connection = _PinnedConnection(host, port, address_of(host, port), parts.scheme == "https")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "event-booking-system",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(
            secret=secret, webhook_id=webhook_id, timestamp=timestamp, body=body
        ),
    }
    cut_off = threading.Timer(MAX_SECONDS, connection.cut_off)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    cut_off.start()
    try:
        connection.request("POST", path, body.encode(), headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error
    finally:
        cut_off.cancel()
        connection.close()
    if 200 <= status < 300:
        return status
    failure: Exception = (Undeliverable if status == 410 else NotSent)(f"It answered {status}.")
    failure.status = status
    raise failure


def address_of(host: str, port: int) -> str:
    """Resolve a host. Raises NotSent if any of its addresses is not public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent(f"The name {host!r} has no address: {error}") from error
    addresses = [entry[4][0] for entry in found]
    for address in addresses:
        if not settings.WEBHOOKS_MAY_GO_INSIDE and not is_public(address):
            raise NotSent(f"{host} is at {address}, which is not on the open internet.")
    return addresses[0]


class _PinnedConnection(http.client.HTTPConnection):
    """A connection to a checked address, with a certificate for the host."""

    def __init__(self, host: str, port: int, address: str, is_tls: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self._address, self._is_tls = address, is_tls
        if is_tls:
            self.default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._is_tls:
            context = ssl.create_default_context()
            # The handshake follows, so that `cut_off` can already close the socket.
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def cut_off(self) -> None:
        """Close the socket from another thread, so that the waiting read fails."""
        with suppress(OSError, AttributeError):  # There is no connection yet, or no more.
            self.sock.shutdown(socket.SHUT_RDWR)
