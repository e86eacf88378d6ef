"""E-mail, sent by the server that EMAIL_URL names."""

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from bookings.notifications.errors import NotSent, Undeliverable
from bookings.notifications.texts import Text


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes
    media_type: str


def send_email(
    text: Text, *, to: str, message_id: int, attachments: Sequence[Attachment] = ()
) -> None:
    """
    Hand a message to the mail server.

    Raises NotSent, and Undeliverable if the server refuses the address for good. Neither error has
    the server's own words, because they may name the customer, and errors outlive an erased account.
    The Message-ID is the same at every attempt, so that a mailbox can recognise a repeated message.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<booking-message-{message_id}@{domain}>"}
    mail = EmailMultiAlternatives(text.subject, text.body, None, [to], headers=headers)
    mail.attach_alternative(text.html, "text/html")
    for attachment in attachments:
        mail.attach(attachment.name, attachment.content, attachment.media_type)
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if all(500 <= code < 600 for code in codes):
            raise Undeliverable(f"The mail server refused the address: {codes}") from error
        raise NotSent(f"The mail server put it off: {codes}") from error
    except smtplib.SMTPResponseException as error:
        raise NotSent(
            f"{type(error).__name__}: the mail server answered {error.smtp_code}"
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error
