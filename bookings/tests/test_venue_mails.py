"""A venue's sender, logo and tax number in its shows' mails."""

import pytest
from django.core import mail
from django.core.management import call_command

from bookings.tests.factories import confirmed
from venues.models import Venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(settings):
    settings.DEFAULT_FROM_EMAIL = "Tickets <tickets@example.org>"

    def send(**fields: str) -> mail.EmailMultiAlternatives:
        booking = confirmed("A1")
        Venue.objects.filter(pk=booking.show.screen.venue_id).update(**fields)
        call_command("worker", once=True, queue=["messages"])
        return mail.outbox[-1]

    return send


def test_a_mail_has_the_name_the_address_for_answers_and_the_tax_number_of_its_venue(sent) -> None:
    message = sent(
        name="Regal & Sons",
        sender_name="Regal, Mumbai",
        reply_to="desk@regal.example",
        logo_url="https://regal.example/logo.png",
        tax_id="27AAACR1234A1Z5",
    )
    html = message.alternatives[0][0]
    assert message.from_email == '"Regal, Mumbai" <tickets@example.org>'
    assert message.reply_to == ["desk@regal.example"]
    assert '<img src="https://regal.example/logo.png" alt="Regal &amp; Sons"' in html
    for text in (message.body, html):
        assert "Tax number: 27AAACR1234A1Z5" in text
    links = [line for line in message.body.splitlines() if "/bookings/" in line]
    assert len(links) == 1 and "#" in links[0]
    assert [name for name, _, _ in message.attachments] == ["tickets.pdf", "show.ics"]


def test_a_venue_without_them_has_the_mails_of_the_installation(sent) -> None:
    message = sent()
    assert message.from_email == "Tickets <tickets@example.org>" and message.reply_to == []
    assert "Tax number" not in message.body and "<img" not in message.alternatives[0][0]
