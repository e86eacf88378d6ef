"""The words of messages about tickets that are passed on."""

from django.utils.translation import gettext as _

from bookings.notifications.texts.facts import Facts, Words


def transfer_offered(facts: Facts) -> Words:
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


def ticket_received(facts: Facts) -> Words:
    return _("Your ticket: %(title)s") % {"title": facts.title}, [
        _("Your ticket is attached. Show it at the door, on paper or on your phone.")
        if facts.has_tickets
        else "",
        _("Earlier copies of this ticket are not valid any more."),
    ]


def ticket_passed_on(facts: Facts) -> Words:
    ticket = {"name": facts.passed_on.person, "seat": facts.passed_on.seat}
    return _("Ticket passed on: %(title)s") % {"title": facts.title}, [
        _("%(name)s has accepted the ticket for seat %(seat)s.") % ticket,
        _("Your own copy of it is not valid any more."),
    ]


def ticket_ended(facts: Facts) -> Words:
    return _("Ticket not valid any more: %(title)s") % {"title": facts.title}, [
        _("The show is cancelled.")
        if facts.show_is_cancelled
        else _("The ticket that was passed on to you was cancelled."),
        _("The reason: %(reason)s") % {"reason": facts.reason}
        if facts.show_is_cancelled and facts.reason
        else "",
        _("Money goes back to the person who paid for it."),
    ]
