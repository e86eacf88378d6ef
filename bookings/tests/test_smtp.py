"""Mails as the mail server gets them."""

import smtplib

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address

from bookings.notifications.smtp import address_of, as_bytes

PDF = bytes(range(256)) * 40


def mail_of(subject: str, body: str, *, html: str = "", files: bool = False, **more):
    mail = EmailMultiAlternatives(subject, body, **{"to": ["asha@example.org"], **more})
    if html:
        mail.attach_alternative(html, "text/html")
    if files:
        mail.attach("tickets.pdf", PDF, "application/pdf")
        mail.attach("show.ics", "SUMMARY:क्षत्रिय\r\n", "text/calendar; method=PUBLISH")
    return mail.message()


@pytest.mark.parametrize(
    "mail",
    [
        mail_of("Hello", "One line"),
        mail_of("", ".\n..\nFrom here\n\n", html="<p>x</p>\n"),
        mail_of("क्षत्रिय " * 30, "a\nb\r\nc\rd " + "é" * 2000, html="<p>ü</p>", files=True),
        mail_of("long words " * 30, "x", files=True, reply_to=["Élodie <elodie@example.org>"]),
        mail_of("x", "", files=True, from_email="Kino Größe <tickets@example.org>"),
        mail_of("x" * 300, "\n", html="\n", to=["Asha <asha@example.org>", "b@exämple.org"]),
    ],
    ids=range(6),
)
def test_a_mail_has_the_bytes_that_django_would_send(mail) -> None:
    # Django keeps the boundaries that are set here.
    content = as_bytes(mail)
    assert content == mail.as_bytes(linesep="\r\n")


@pytest.mark.parametrize(
    "mailbox",
    [
        "asha@example.org", "Kino <a.b+c@example.org>", "asha@exämple.org", '"a b"@example.org',
        "Größe <a@example.org>", "a@[127.0.0.1]",
    ],
)  # fmt: skip
def test_a_mailbox_has_the_address_that_django_would_name(mailbox: str) -> None:
    named = sanitize_address(mailbox, "utf-8")
    assert smtplib.quoteaddr(address_of(mailbox)) == smtplib.quoteaddr(named)
