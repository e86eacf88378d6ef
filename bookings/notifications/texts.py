"""
The texts of messages, in the customer's language.

Translations are in bookings/locale. The values in the texts come from `Facts`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class DisputeFacts:
    """The facts of a dispute for staff; the amount has its currency."""

    state: str
    provider_id: str
    reason: str
    amount: str
    evidence_due_at: datetime | None
    link: str


@dataclass(frozen=True)
class PassedOn:
    """A ticket that is passed on: the other person, the seat, and the sender's own words."""

    person: str
    seat: str
    message: str = ""


@dataclass(frozen=True)
class Facts:
    """
    The values that a message can contain.

    Amounts are formatted texts without the currency. Times are instants.
    """

    kind: str
    first_name: str
    reference: str
    title: str
    venue: str
    address: str
    screen: str
    zone: str
    start: datetime
    seats: tuple[str, ...]
    total: str
    currency: str
    link: str
    refund: str = ""
    status: str = ""
    pay_until: datetime | None = None
    old_start: datetime | None = None
    old_zone: str = ""
    reason: str = ""
    has_tickets: bool = False
    dispute: DisputeFacts | None = None
    is_elsewhere: bool = False
    give_back_until: datetime | None = None
    cancelled_seats: tuple[str, ...] = ()
    exchanged_from: str = ""
    passed_on: PassedOn | None = None
    show_is_cancelled: bool = False
    logo: str = ""
    tax_id: str = ""

    @property
    def when(self) -> str:
        return self.on_the_wall(self.start)

    def on_the_wall(self, instant: datetime, zone: str = "") -> str:
        """Format an instant in the venue's zone, with the zone's name."""
        zone = zone or self.zone
        local = instant.astimezone(ZoneInfo(zone))
        # Translators: a day and a time, in the letters of Django's date filter.
        pattern = _("l j F Y, H:i")
        return f"{date_format(local, pattern)} {local:%Z} ({zone})"

    @property
    def money(self) -> str:
        """The refund with its currency, or an empty text for no refund."""
        is_something = bool(self.refund.strip("0."))
        return f"{self.refund} {self.currency}" if is_something else ""


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
    """Return the lines of a ticket for a person who did not pay for it."""
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


Words = tuple[str, list[str]]


def _confirmed(facts: Facts) -> Words:
    return _("Booking confirmed: %(title)s") % {"title": facts.title}, [
        _("Your booking is confirmed."),
        _("Your tickets are attached. Show them at the door, on paper or on your phone.")
        if facts.has_tickets
        else "",
    ]


def _reserved(facts: Facts) -> Words:
    return _("Your seats are reserved: %(title)s") % {"title": facts.title}, [
        _("Your seats are held until %(time)s: until then you can pay with the link below.")
        % {"time": facts.on_the_wall(facts.pay_until)},
    ]


def _payment_failed(facts: Facts) -> Words:
    return _("Payment failed: %(title)s") % {"title": facts.title}, [
        _("Your payment did not go through, and no money was taken."),
        _("Your seats are held until %(time)s: until then you can pay in another way.")
        % {"time": facts.on_the_wall(facts.pay_until)}
        if facts.pay_until
        else "",
    ]


def _payment_returned(facts: Facts) -> Words:
    reasons = {
        "confirmed": _("You had paid for this booking already."),
        "cancelled": _("Your payment came after the booking was cancelled."),
        "exchange_over": _(
            "Your earlier tickets were used or cancelled meanwhile, so they could not be exchanged."
        ),
    }
    too_late = _("Your payment came after the time to pay was over, and the seats had gone.")
    return _("Your payment goes back: %(title)s") % {"title": facts.title}, [
        reasons.get(facts.status, too_late),
        _("We are sending back %(amount)s.") % {"amount": facts.money},
    ]


def _reminder(facts: Facts) -> Words:
    return _("Reminder: %(title)s") % {"title": facts.title}, [
        _("It begins at %(time)s.") % {"time": facts.when},
        _("We look forward to seeing you."),
    ]


def _show_changed(facts: Facts) -> Words:
    # In another zone, the same instant is another time of day.
    is_moved = facts.old_start and (facts.old_start != facts.start or facts.old_zone)
    is_elsewhere = facts.is_elsewhere or not is_moved
    return _("Changed: %(title)s") % {"title": facts.title}, [
        _("The time or the hall of your show has changed."),
        _("It was to begin at %(old)s, and now begins at %(new)s.")
        % {"old": facts.on_the_wall(facts.old_start, facts.old_zone), "new": facts.when}
        if is_moved
        else "",
        _("It is in another hall now: %(screen)s.") % {"screen": facts.screen}
        if is_elsewhere
        else "",
        _("Your booking holds for it."),
        _("Your new tickets are attached. Please use them in place of the earlier ones.")
        if facts.has_tickets
        else "",
        _(
            "You need do nothing to keep your tickets. Until %(time)s you can give them back, and "
            "get all of your money back."
        )
        % {"time": facts.on_the_wall(facts.give_back_until)}
        if facts.give_back_until
        else "",
    ]


def _reseated(facts: Facts) -> Words:
    return _("Your new seats: %(title)s") % {"title": facts.title}, [
        _("Your seats have changed: %(seats)s.") % {"seats": ", ".join(facts.seats)},
        _("Your new tickets are attached. Please use them in place of the earlier ones.")
        if facts.has_tickets
        else "",
        _given_back(facts),
    ]


def _show_cancelled(facts: Facts) -> Words:
    return _("Cancelled: %(title)s") % {"title": facts.title}, [
        _("We are sorry: the show is cancelled, and your booking with it."),
        _("The reason: %(reason)s") % {"reason": facts.reason} if facts.reason else "",
        _given_back(facts),
    ]


def _cancelled(facts: Facts) -> Words:
    return _("Booking cancelled: %(title)s") % {"title": facts.title}, [
        _("Your booking is cancelled."),
        _given_back(facts) or _("By the terms of the show no money goes back."),
    ]


def _part_cancelled(facts: Facts) -> Words:
    return _("Tickets cancelled: %(title)s") % {"title": facts.title}, [
        _("These seats are cancelled: %(seats)s. Your other tickets stay valid.")
        % {"seats": ", ".join(facts.cancelled_seats)},
        _given_back(facts) or _("By the terms of the show no money goes back."),
    ]


def _exchanged(facts: Facts) -> Words:
    return _("Tickets exchanged: %(title)s") % {"title": facts.title}, [
        _("Your tickets of booking %(reference)s are exchanged: %(seats)s. They are void now.")
        % {"reference": facts.exchanged_from, "seats": ", ".join(facts.cancelled_seats)},
        _("Your new tickets are attached. Show them at the door, on paper or on your phone.")
        if facts.has_tickets
        else "",
        _given_back(facts),
    ]


def _sent_again(facts: Facts) -> Words:
    return _("Your booking: %(title)s") % {"title": facts.title}, [
        _("You asked us to send this booking again. The link below opens it."),
        _("Your tickets are attached. Show them at the door, on paper or on your phone.")
        if facts.has_tickets
        else "",
    ]


def _dispute(facts: Facts) -> Words:
    dispute = facts.dispute
    subjects = {
        "inquiry": _("A bank asks about a payment: %(amount)s"),
        "inquiry_closed": _("A bank asks no longer about a payment: %(amount)s"),
        "won": _("Dispute won: %(amount)s"),
        "lost": _("Dispute lost: %(amount)s"),
    }
    subject = subjects.get(dispute.state, _("A payment is in dispute: %(amount)s"))
    effects = {
        "inquiry": _("No money has moved. A refund can end the inquiry."),
        "inquiry_closed": _("No money has moved."),
        "won": _("The money is back. Refunds that waited are sent now."),
        "lost": _(
            "The money is gone. Refunds of this amount are not sent, as the customer has it already."
            " The tickets are still valid: cancel the booking if they should not be."
        ),
    }
    waits = _("The bank has taken the money. Refunds of this payment wait until the dispute ends.")
    asks = dispute.state in ("inquiry", "needs_response") and dispute.evidence_due_at
    return subject % {"amount": dispute.amount}, [
        _("The dispute %(id)s, reason: %(reason)s.")
        % {"id": dispute.provider_id, "reason": dispute.reason or "–"},
        effects.get(dispute.state, waits),
        _("Send your evidence to the payment provider by %(time)s.")
        % {"time": facts.on_the_wall(dispute.evidence_due_at)}
        if asks
        else "",
    ]


def _transfer_offered(facts: Facts) -> Words:
    offered = facts.passed_on
    subject = (
        _("%(person)s passes on a ticket to you: %(title)s")
        if offered.person
        else _("Somebody passes on a ticket to you: %(title)s")
    )
    return subject % {"person": offered.person, "title": facts.title}, [
        _("It is yours once you accept it with the link below. Until then it is the sender's."),
        _("You can accept it until %(time)s.") % {"time": facts.when},
        _("The sender writes: %(message)s") % {"message": offered.message}
        if offered.message
        else "",
        _("If you do not know the sender, do nothing."),
    ]


def _ticket_received(facts: Facts) -> Words:
    return _("Your ticket: %(title)s") % {"title": facts.title}, [
        _("Your ticket is attached. Show it at the door, on paper or on your phone.")
        if facts.has_tickets
        else "",
        _("Earlier copies of this ticket are not valid any more."),
    ]


def _ticket_passed_on(facts: Facts) -> Words:
    ticket = {"name": facts.passed_on.person, "seat": facts.passed_on.seat}
    return _("Ticket passed on: %(title)s") % {"title": facts.title}, [
        _("%(name)s has accepted the ticket for seat %(seat)s.") % ticket,
        _("Your own copy of it is not valid any more."),
    ]


def _ticket_ended(facts: Facts) -> Words:
    return _("Ticket not valid any more: %(title)s") % {"title": facts.title}, [
        _("The show is cancelled.")
        if facts.show_is_cancelled
        else _("The ticket that was passed on to you was cancelled."),
        _("The reason: %(reason)s") % {"reason": facts.reason}
        if facts.show_is_cancelled and facts.reason
        else "",
        _("Money goes back to the person who paid for it."),
    ]


def _reissued(facts: Facts) -> Words:
    return _("Your new ticket: %(title)s") % {"title": facts.title}, [
        _("A ticket of your booking was issued again. Its earlier copies are not valid any more."),
        _("Your tickets are attached. Show them at the door, on paper or on your phone.")
        if facts.has_tickets
        else "",
    ]


def _refunded(facts: Facts) -> Words:
    return _("Your refund was sent: %(title)s") % {"title": facts.title}, [
        _("We have sent %(amount)s back to you. It took longer than usual.")
        % {"amount": facts.money},
        _("Your bank may need a few days more."),
    ]


def _expired(facts: Facts) -> Words:
    return _("Your reservation has ended: %(title)s") % {"title": facts.title}, [
        _("The time to pay is over, and your seats are on sale again."),
    ]


def _given_back(facts: Facts) -> str:
    return _("We are sending back %(amount)s.") % {"amount": facts.money} if facts.money else ""


# These go to a person who did not pay, and tell nothing of the rest of the booking.
OF_ONE_TICKET = ("transfer_offered", "ticket_received", "ticket_ended")

WORDS: dict[str, Callable[[Facts], Words]] = {
    "confirmed": _confirmed,
    "reserved": _reserved,
    "payment_failed": _payment_failed,
    "payment_returned": _payment_returned,
    "reminder_24h": _reminder,
    "reminder_2h": _reminder,
    "show_changed": _show_changed,
    "show_cancelled": _show_cancelled,
    "cancelled": _cancelled,
    "part_cancelled": _part_cancelled,
    "exchanged": _exchanged,
    "sent_again": _sent_again,
    "dispute": _dispute,
    "reseated": _reseated,
    "transfer_offered": _transfer_offered,
    "ticket_received": _ticket_received,
    "ticket_passed_on": _ticket_passed_on,
    "ticket_ended": _ticket_ended,
    "reissued": _reissued,
    "refunded": _refunded,
    "expired": _expired,
}
