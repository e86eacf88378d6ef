"""The words of messages about changed shows, seats and tickets."""

from django.utils.translation import gettext as _

from bookings.notifications.texts.facts import Facts, Words, given_back


def show_changed(facts: Facts) -> Words:
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
        _("Your booking is still valid."),
        _("Your new tickets are attached. Please use them in place of the earlier ones.")
        if facts.has_tickets
        else "",
        _(
            "You do not need to do anything to keep your tickets. Until %(time)s you can give them back, and "
            "get all of your money back."
        )
        % {"time": facts.on_the_wall(facts.give_back_until)}
        if facts.give_back_until
        else "",
    ]


def reseated(facts: Facts) -> Words:
    return _("Your new seats: %(title)s") % {"title": facts.title}, [
        _("Your seats have changed: %(seats)s.") % {"seats": ", ".join(facts.seats)},
        _("Your new tickets are attached. Please use them in place of the earlier ones.")
        if facts.has_tickets
        else "",
        given_back(facts),
    ]


def show_cancelled(facts: Facts) -> Words:
    return _("Cancelled: %(title)s") % {"title": facts.title}, [
        _("We are sorry. The show is cancelled, and your booking with it."),
        _("The reason: %(reason)s") % {"reason": facts.reason} if facts.reason else "",
        given_back(facts),
    ]


def cancelled(facts: Facts) -> Words:
    return _("Booking cancelled: %(title)s") % {"title": facts.title}, [
        _("Your booking is cancelled."),
        given_back(facts) or _("By the terms of the show there is no refund."),
    ]


def part_cancelled(facts: Facts) -> Words:
    return _("Tickets cancelled: %(title)s") % {"title": facts.title}, [
        _("These seats are cancelled: %(seats)s. Your other tickets stay valid.")
        % {"seats": ", ".join(facts.cancelled_seats)},
        given_back(facts) or _("By the terms of the show there is no refund."),
    ]


def exchanged(facts: Facts) -> Words:
    return _("Tickets exchanged: %(title)s") % {"title": facts.title}, [
        _("Your tickets of booking %(reference)s are exchanged: %(seats)s. They are void now.")
        % {"reference": facts.exchanged_from, "seats": ", ".join(facts.cancelled_seats)},
        _("Your new tickets are attached. Show them at the door, on paper or on your phone.")
        if facts.has_tickets
        else "",
        given_back(facts),
    ]


def reissued(facts: Facts) -> Words:
    return _("Your new ticket: %(title)s") % {"title": facts.title}, [
        _("A ticket of your booking was issued again. Its earlier copies are not valid any more."),
        _("Your tickets are attached. Show them at the door, on paper or on your phone.")
        if facts.has_tickets
        else "",
    ]
