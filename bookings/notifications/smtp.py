"""
An e-mail backend for SMTP.

It writes a mail in less than half of the time that Django and the standard library take.
"""

import re
import secrets
from email.message import Message
from email.policy import compat32
from email.utils import parseaddr

from django.core.mail.backends.smtp import EmailBackend as DjangoBackend
from django.core.mail.message import EmailMessage, sanitize_address

_POLICY = compat32.clone(linesep="\r\n")
_MAX_LINE = 78
_PLAIN_ADDRESS = re.compile(r"\w[\w.+-]*@[\w.-]+", re.ASCII)


class EmailBackend(DjangoBackend):
    """Django's backend with a faster way to write a mail. It always raises what goes wrong."""

    def _send(self, email_message: EmailMessage) -> bool:
        sender = address_of(email_message.from_email)
        recipients = [address_of(recipient) for recipient in email_message.recipients()]
        self.connection.sendmail(sender, recipients, as_bytes(email_message.message()))
        return True


def as_bytes(mail: Message) -> bytes:
    """Write a mail, or a part, as `mail.as_bytes(linesep="\\r\\n")` does."""
    if mail.is_multipart():
        # It is too random to stand in a part, so no part is searched for it.
        boundary = secrets.token_hex(16)
        mail.set_boundary(boundary)
        parts = [f"--{boundary}\r\n".encode() + as_bytes(part) for part in mail.get_payload()]
        body = b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()])
    else:
        body = mail.get_payload().encode().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        body = body.replace(b"\n", b"\r\n")
    headers = b"".join(_header(name, value) for name, value in mail.items())
    return headers + b"\r\n" + body


def _header(name: str, value: str) -> bytes:
    line = f"{name}: {value}"
    if len(line) <= _MAX_LINE and line.isascii() and line.isprintable():
        return f"{line}\r\n".encode()
    return _POLICY.fold_binary(name, value)


def address_of(mailbox: str) -> str:
    """Return the address of a mailbox, for the mail server."""
    address = parseaddr(mailbox)[1]
    # Other addresses need escapes. Django parses them at length.
    is_plain = _PLAIN_ADDRESS.fullmatch(address)
    return address if is_plain else sanitize_address(mailbox, "utf-8")
