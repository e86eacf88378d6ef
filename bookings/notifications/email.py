"""E-mail, sent by the mail server of EMAIL_URL."""

import smtplib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from bookings.notifications.errors import NotSent, Undeliverable
from bookings.notifications.texts import Text

# Mail servers close connections that are idle, or that sent many mails.
MAX_IDLE_SECONDS = 5.0
MAX_MAILS = 100


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes
    media_type: str


class _Connection(threading.local):
    """A thread's connection to the mail server, for many mails."""

    backend: BaseEmailBackend | None = None
    mails = 0
    used_at = 0.0


_own = _Connection()


def open_connection() -> None:
    """Open this thread's connection to the mail server if needed. Raises NotSent."""
    is_old = _own.mails >= MAX_MAILS or time.monotonic() - _own.used_at > MAX_IDLE_SECONDS
    if _own.backend is not None and is_old:
        close_connection()
    if _own.backend is None:
        backend = get_connection()
        with _named_errors():
            backend.open()
        _own.backend, _own.mails = backend, 0
    _own.used_at = time.monotonic()


def close_connection() -> None:
    """Close this thread's connection to the mail server, if any."""
    backend, _own.backend = _own.backend, None
    if backend is not None:
        with suppress(OSError, smtplib.SMTPException):
            backend.close()


@dataclass(frozen=True)
class Sender:
    """The sender's name of a mail, and the address for answers. Both may be empty."""

    name: str = ""
    reply_to: str = ""

    @property
    def address(self) -> str:
        """The installation's own address under this name. The mail server lets it through."""
        name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        return formataddr((self.name or name, address))


def send_email(
    text: Text,
    *,
    to: str,
    message_id: int | str,
    attachments: Sequence[Attachment] = (),
    sender: Sender | None = None,
) -> None:
    """
    Hand a message to the mail server.

    Raises NotSent, and Undeliverable if the server refuses the address for good. Neither error has
    the server's own words, because they may name the customer, and errors outlive an erased account.
    The Message-ID is the same at every attempt, so that a mailbox can recognise a repeated message.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<booking-message-{message_id}@{domain}>"}
    sender = sender or Sender()
    mail = EmailMultiAlternatives(
        text.subject,
        text.body,
        sender.address,
        [to],
        headers=headers,
        reply_to=[sender.reply_to] if sender.reply_to else None,
    )
    if text.html:
        mail.attach_alternative(text.html, "text/html")
    for attachment in attachments:
        mail.attach(attachment.name, attachment.content, attachment.media_type)
    open_connection()
    try:
        with _named_errors():
            _hand_over(mail)
    except NotSent:
        close_connection()
        raise


def _hand_over(mail: EmailMultiAlternatives) -> None:
    """Send a mail, reconnecting if the server has closed the connection."""
    try:
        _own.backend.send_messages([mail])
    except smtplib.SMTPServerDisconnected:
        if not _own.mails:
            raise
        close_connection()
        open_connection()
        _own.backend.send_messages([mail])
    _own.mails, _own.used_at = _own.mails + 1, time.monotonic()


@contextmanager
def _named_errors() -> Iterator[None]:
    """Raise the errors of the mail server as NotSent and Undeliverable."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if all(500 <= code < 600 for code in codes):
            raise Undeliverable(f"The mail server refused the address: {codes}") from error
        raise NotSent(f"The mail server deferred the mail: {codes}") from error
    except smtplib.SMTPResponseException as error:
        raise NotSent(
            f"{type(error).__name__}: the mail server answered {error.smtp_code}"
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error
