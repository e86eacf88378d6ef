"""The words of messages about a booking and its payment."""

from django.utils.translation import gettext as _

from bookings.notifications.texts.facts import Facts, Words


def confirmed(facts: Facts) -> Words:
    return _("Booking confirmed: %(title)s") % {"title": facts.title}, [
        _("Your booking is confirmed."),
        _("Your tickets are attached. Show them at the door, on paper or on your phone.")
        if facts.has_tickets
        else "",
    ]


def reserved(facts: Facts) -> Words:
    return _("Your seats are held for you: %(title)s") % {"title": facts.title}, [
        _("Your seats are held until %(time)s. Until then you can pay with the link below.")
        % {"time": facts.on_the_wall(facts.pay_until)},
    ]


def payment_failed(facts: Facts) -> Words:
    return _("Payment failed: %(title)s") % {"title": facts.title}, [
        _("Your payment did not go through, and no money was taken."),
        _("Your seats are held until %(time)s. Until then you can pay in another way.")
        % {"time": facts.on_the_wall(facts.pay_until)}
        if facts.pay_until
        else "",
    ]


def payment_returned(facts: Facts) -> Words:
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


def reminder(facts: Facts) -> Words:
    return _("Reminder: %(title)s") % {"title": facts.title}, [
        _("It begins at %(time)s.") % {"time": facts.when},
        _("We look forward to seeing you."),
    ]


def sent_again(facts: Facts) -> Words:
    return _("Your booking: %(title)s") % {"title": facts.title}, [
        _("You asked us to send this booking again. The link below opens it."),
        _("Your tickets are attached. Show them at the door, on paper or on your phone.")
        if facts.has_tickets
        else "",
    ]


def refunded(facts: Facts) -> Words:
    return _("Your refund was sent: %(title)s") % {"title": facts.title}, [
        _("We have sent %(amount)s back to you. It took longer than usual.")
        % {"amount": facts.money},
        _("Your bank may need a few days more."),
    ]


def expired(facts: Facts) -> Words:
    return _("Your booking has expired: %(title)s") % {"title": facts.title}, [
        _("The time to pay is over, and your seats are on sale again."),
    ]
