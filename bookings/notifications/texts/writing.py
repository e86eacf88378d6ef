"""A message in the customer's language, as e-mail and as SMS."""

from collections.abc import Callable
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from bookings.notifications.texts import changes, disputes, sales, transfers
from bookings.notifications.texts.facts import Facts, Words

# These go to a person who did not pay, and tell nothing of the rest of the booking.
OF_ONE_TICKET = ("transfer_offered", "ticket_received", "ticket_ended")

WORDS: dict[str, Callable[[Facts], Words]] = {
    "confirmed": sales.confirmed,
    "reserved": sales.reserved,
    "payment_failed": sales.payment_failed,
    "payment_returned": sales.payment_returned,
    "reminder_24h": sales.reminder,
    "reminder_2h": sales.reminder,
    "show_changed": changes.show_changed,
    "show_cancelled": changes.show_cancelled,
    "cancelled": changes.cancelled,
    "part_cancelled": changes.part_cancelled,
    "exchanged": changes.exchanged,
    "sent_again": sales.sent_again,
    "dispute": disputes.dispute,
    "reseated": changes.reseated,
    "transfer_offered": transfers.transfer_offered,
    "ticket_received": transfers.ticket_received,
    "ticket_passed_on": transfers.ticket_passed_on,
    "ticket_ended": transfers.ticket_ended,
    "reissued": changes.reissued,
    "refunded": sales.refunded,
    "expired": sales.expired,
}


@dataclass(frozen=True)
class Text:
    subject: str
    body: str
    html: str
    sms: str


def written(facts: Facts, language: str) -> Text:
    """Write the message in a language, as e-mail and as SMS."""
    with translation.override(language):
        subject, paragraphs = WORDS[facts.kind](facts)
        context = {
            "language": language,
            "facts": facts,
            "subject": subject,
            "greeting": _greeting(facts),
            "paragraphs": [paragraph for paragraph in paragraphs if paragraph],
            "lines": _lines_of_ticket(facts) if facts.kind in OF_ONE_TICKET else _lines(facts),
            "links": _links(facts),
            "tax": _("Tax number: %(number)s") % {"number": facts.tax_id} if facts.tax_id else "",
        }
        return Text(
            # A header has one line.
            subject=" ".join(subject.split()),
            body=render_to_string("messages/message.txt", context),
            html=render_to_string("messages/message.html", context),
            sms=f"{subject}. {facts.when}. {facts.venue}. {', '.join(facts.seats)}. {facts.reference}",
        )


def _greeting(facts: Facts) -> str:
    if facts.dispute or not facts.first_name:
        return _("Hello,")
    return _("Hello %(name)s,") % {"name": facts.first_name}


def _links(facts: Facts) -> list[tuple[str, str]]:
    """Return the links below a message, each with its words."""
    if facts.dispute:
        return [(_("See the dispute"), facts.dispute.link)]
    if facts.give_back_until:
        return [
            (_("Keep your tickets"), facts.link),
            (_("Give your tickets back"), facts.link.replace("#", "?give-back#")),
        ]
    words = {"transfer_offered": _("Accept the ticket"), "ticket_received": _("See your ticket")}
    link = (words.get(facts.kind, _("See your booking")), facts.link)
    return [link] if facts.link else []


def _lines_of_ticket(facts: Facts) -> list[tuple[str, str]]:
    """Return a ticket's lines for a person who did not pay."""
    names = (_("Event"), _("When"), _("Where"))
    lines = [(name, value) for name, value in _lines(facts) if name in names]
    return [*lines, (_("Seat"), facts.passed_on.seat)]


def _lines(facts: Facts) -> list[tuple[str, str]]:
    return [
        (_("Booking"), facts.reference),
        (_("Event"), facts.title),
        (_("When"), facts.when),
        (
            _("Where"),
            ", ".join(part for part in (facts.venue, facts.screen, facts.address) if part),
        ),
        (_("Seats"), ", ".join(facts.seats)),
        (_("Total"), f"{facts.total} {facts.currency}"),
    ]
