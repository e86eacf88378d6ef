"""
The refusals of a hold, each stated once.

A quote shares the checks that do not depend on the state of a seat.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from bookings.errors import ShowNotOnSale, TooManySeats
from bookings.models import BookedSeat
from bookings.selectors import tickets_of_type
from bookings.services.hold_limits import check_hold_limits
from bookings.services.holding.reading import Stock
from bookings.services.holding.refusals import seats_taken
from bookings.services.holding.requests import Caller, SeatRequest
from eventbooking_system.errors import InvalidField
from shows import selectors
from shows.errors import LeavesSingleSeat, SplitsCouple
from shows.halls import get_hall
from shows.models import Show, ShowSeat
from shows.seating import HallSeat, left_of_couples, single_seats
from shows.services import check_all_found, queue_for_choice
from users.errors import AccountRequired
from users.models import User
from venues.models import Seat

# How long the counter holds seats that nobody has paid for.
MAX_PAY_BY = timedelta(days=60)


def check_sale(show: Show | None, wanted: SeatRequest, *, at_counter: bool = False) -> Show:
    """
    Check that the show is on sale for this many seats.

    The counter sells until the show's end, and any number of seats. Raises InvalidField,
    ShowNotOnSale and TooManySeats.
    """
    if show is None:
        raise _no_such_show()
    _check_on_sale(show, show.clock, at_counter=at_counter)
    if at_counter:
        return show
    limit = show.max_seats_per_booking or settings.BOOKINGS_MAX_SEATS
    if wanted.count > limit:
        raise TooManySeats(limit=limit)
    return show


def check_seats(stock: Stock, seat_ids: Sequence[int], caller: Caller) -> None:
    """
    Check that the caller may hold these seats.

    They must exist, be free, and leave no single seat and no half of a couple. Raises
    SeatsNotInShow, SeatsTaken, LeavesSingleSeat and SplitsCouple.
    """
    check_all_found(stock.seats, seat_ids)
    _check_free(stock, seat_ids, caller)
    _check_neighbours(stock)


def check_pay_by(show: Show, pay_by: datetime) -> None:
    """Check the time until which a customer may pay. Raises InvalidField."""
    if pay_by <= show.clock:
        raise InvalidField("pay_by", gettext("This time is past."))
    if pay_by > show.start_time:
        raise InvalidField("pay_by", gettext("The show starts before this time."))
    if pay_by > show.clock + MAX_PAY_BY:
        raise InvalidField(
            "pay_by",
            gettext("Seats are held for at most %(days)d days.") % {"days": MAX_PAY_BY.days},
        )


def check_limits(stock: Stock) -> None:
    """
    Refuse accounts that may not hold at this show, or not now.

    An account may hold again and again without paying only up to a limit. Some shows are sold to
    confirmed accounts only. Raises Throttled and AccountRequired.
    """
    if stock.show.needs_confirmed_account and not (stock.is_confirmed or stock.is_staff):
        raise AccountRequired
    check_hold_limits(pending=stock.pending, given_up=stock.given_up)


def check_ticket_types(
    show: Show,
    lines: Sequence[BookedSeat],
    rules: selectors.TicketRules,
    *,
    at_counter: bool,
    lock: bool,
) -> None:
    """
    Check the tickets of a booking against the rules of their types. Raises InvalidField.

    With `lock`, bookings of a type that is limited in a show queue for the show. Expects the
    seats' locks then.
    """
    by_type: dict[str, list[BookedSeat]] = {}
    for line in lines:
        by_type.setdefault(line.ticket_type, []).append(line)
    for name, tickets in by_type.items():
        if (rule := rules.get(name)) is None:
            continue
        if not rule.is_sold(at_counter=at_counter):
            raise _refused(tickets[0], _CHANNEL[at_counter], name=name)
        if len(tickets) < rule.min_per_booking:
            text = gettext_noop("“%(name)s” is sold from %(count)d tickets on.")
            raise _refused(tickets[0], text, name=name, count=rule.min_per_booking)
        limit = rule.max_per_booking
        if limit is not None and len(tickets) > limit:
            text = gettext_noop("A booking has at most %(count)d tickets “%(name)s”.")
            raise _refused(tickets[limit], text, name=name, count=limit)
        if rule.needed_names:
            _check_needed(rule, name, by_type, rules)
        if rule.max_per_show is not None:
            _check_show_limit(show, rule, tickets, lock=lock)


_CHANNEL = {
    False: gettext_noop("“%(name)s” is sold at the box office only."),
    True: gettext_noop("“%(name)s” is sold online only."),
}


def _check_needed(
    rule: selectors.TicketRule,
    name: str,
    by_type: Mapping[str, Sequence[BookedSeat]],
    rules: selectors.TicketRules,
) -> None:
    needed = sum(
        len(tickets)
        for other, tickets in by_type.items()
        if rules.fulfilling(rule.needed_names, other)
    )
    allowed = needed * rule.per_needed
    if len(tickets := by_type[name]) > allowed:
        text = gettext_noop("“%(name)s” needs a ticket “%(needed)s” for every %(count)d.")
        if rule.per_needed == 1:
            text = gettext_noop("Each “%(name)s” needs a ticket “%(needed)s” in the same booking.")
        raise _refused(
            tickets[allowed], text, name=name, needed=rule.needs_name, count=rule.per_needed
        )


def _check_show_limit(
    show: Show, rule: selectors.TicketRule, tickets: Sequence[BookedSeat], *, lock: bool
) -> None:
    if lock:
        queue_for_choice(show.pk)
    sold = tickets_of_type(show.pk, rule.names).count()
    left = max(0, rule.max_per_show - sold)
    if len(tickets) > left:
        text = gettext_noop("For “%(name)s”, %(count)d tickets are left in this show.")
        raise _refused(tickets[left], text, name=rule.name, count=left)


def _refused(line: BookedSeat, text: str, **values: Any) -> InvalidField:
    seat = line.show_seat.seat
    return InvalidField(f"ticket_types.{seat.area or seat.pk}", gettext(text) % values)


def _no_such_show() -> InvalidField:
    return InvalidField("show_id", gettext("There is no such show."), "does_not_exist")


def _check_on_sale(show: Show, now: datetime, *, at_counter: bool) -> None:
    if not show.is_published or show.publication_at(now) == Show.Publication.DRAFT:
        raise _no_such_show()
    if show.status == Show.Status.CANCELLED:
        raise ShowNotOnSale(gettext("This show is cancelled."))
    if show.sales_open_at and now < show.sales_open_at:
        raise ShowNotOnSale(
            gettext("Sales open at %(time)s UTC.")
            % {"time": f"{show.sales_open_at:%Y-%m-%d %H:%M}"}
        )
    end = show.end_time if at_counter else show.sales_close_at or show.start_time
    if now >= end:
        raise ShowNotOnSale(gettext("Sales for this show are closed."))


def _check_free(stock: Stock, seat_ids: Sequence[int], caller: Caller) -> None:
    taken = [seat for seat in stock.seats if not seat.is_free]
    if taken and _may_take_blocked(stock, caller):
        taken = [seat for seat in taken if seat.status != ShowSeat.Status.BLOCKED]
    if taken:
        raise seats_taken(stock.show, [seat.seat_id for seat in taken], wanted=seat_ids)


def _may_take_blocked(stock: Stock, caller: Caller) -> bool:
    """Tell whether the caller may book blocked seats."""
    if caller.at_counter:
        return True
    return stock.is_staff and User.objects.get(pk=caller.user_id).has_perm("shows.change_show")


def _check_neighbours(stock: Stock) -> None:
    """
    Check couples and the single-seat rule. Expects the seats' locks.

    Raises SplitsCouple and LeavesSingleSeat.
    """
    show = stock.show
    has_rule = show.single_seat_rule != Show.SingleSeatRule.OFF
    if stock.is_staff or not (has_rule or any(seat.seat.couple for seat in stock.seats)):
        return
    seat_ids = [seat.seat_id for seat in stock.seats if not seat.seat.area]
    if not seat_ids:
        return
    hall = get_hall(show.pk)
    if has_rule:
        # Other requests may be changing the neighbouring seats, so they queue. A couple needs no
        # queue, because a request for one of its seats must have locked both.
        queue_for_choice(show.pk)
    free = selectors.free_in(hall, show.pk)
    if left := left_of_couples(hall, free, seat_ids):
        raise SplitsCouple(_labelled(left))
    if singles := single_seats(hall, free, seat_ids, rule=show.single_seat_rule):
        raise LeavesSingleSeat(_labelled(singles))


def _labelled(places: Sequence[HallSeat]) -> list[tuple[int, str]]:
    seats = Seat.objects.in_bulk([place.seat_id for place in places])
    return [(seat_id, str(seat)) for seat_id, seat in sorted(seats.items())]
