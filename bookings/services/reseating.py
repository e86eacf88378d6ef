"""
Other seats for tickets: a free seat, or another ticket's seat.

Staff do it. A new line replaces the line of the ticket, with the same ticket type. The ticket gets
a new version and a new code, so that the door refuses the earlier ones, and its customer gets a mail
with the tickets that are valid.

A seat of another category needs `reprice`. A cheaper seat is refunded; a dearer one is refused,
because nobody pays the difference here: an exchange sells it. Swapped tickets keep their prices. A
ticket with which somebody came in keeps its seat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from audit.recording import record, record_all
from bookings.errors import AlreadyCheckedIn, TicketNotValid
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import BookedSeat, Booking, Refund, Ticket
from bookings.refund_shares import worth_of
from bookings.services.outbox import queue_other_seats, queue_reissued_tickets
from bookings.services.owing import refund_part
from bookings.services.ticketing import give_other_seat
from eventbooking_system.errors import Busy, InUse, InvalidField
from eventbooking_system.money import allot, formatted, quantum, with_currency
from shows.errors import SeatsNotInShow, SeatsUnavailable
from shows.models import ShowPrice, ShowSeat
from shows.services import lock_seats, stock


@transaction.atomic(durable=True)
def reseat_ticket(
    *,
    ticket_id: int,
    seat_id: int,
    reprice: bool = False,
    request: IdempotentRequest | None = None,
) -> Ticket:
    """
    Give a ticket a free or a house seat of its show.

    Raises SeatsNotInShow, SeatsUnavailable, AlreadyCheckedIn, TicketNotValid, InUse for a show that is
    over, InvalidField and KeyTaken.
    """
    request = request or without_key()
    request.claim()
    reseated = _reseat(ticket_id, seat_id, reprice=reprice).after
    request.complete(reseated)
    return reseated


@dataclass(frozen=True)
class Reseat:
    """A ticket before and after its change of seats, with its refund."""

    before: Ticket
    after: Ticket
    refund: Decimal


@transaction.atomic(durable=True)
def preview_reseat(*, ticket_id: int, seat_id: int, reprice: bool = False) -> Reseat:
    """Return what `reseat_ticket` would do, and do nothing. Raises the same errors."""
    reseat = _reseat(ticket_id, seat_id, reprice=reprice)
    transaction.set_rollback(True)
    return reseat


def _reseat(ticket_id: int, seat_id: int, *, reprice: bool) -> Reseat:
    found = Ticket.objects.with_show_and_seat().get(pk=ticket_id)
    if found.seat.pk == seat_id:
        raise InvalidField("seat_id", gettext("The ticket has this seat already."))
    seats = _lock_seats(found.show.pk, [found.seat.pk, seat_id])
    [ticket] = _lock_tickets([found])
    old, new = seats[found.seat.pk], seats[seat_id]
    if not (new.is_free or new.status == ShowSeat.Status.BLOCKED):
        raise SeatsUnavailable([seat_id], wanted=1)
    price = _price_on(ticket, new, reprice=reprice)
    stock.reassign(
        show_id=ticket.show.pk,
        owners={old.pk: (ticket.booking_id, None), new.pk: (None, ticket.booking_id)},
    )
    [replacement] = _replace_lines([(ticket, new, price)], at=ticket.clock)
    give_other_seat(ticket, replacement, at=ticket.clock)
    refund = _refund_difference(ticket.booking, ticket.booked_seat, replacement)
    reseated = Ticket.objects.with_show_and_seat().get(pk=ticket.pk)
    queue_other_seats([reseated.booking], [reseated], refund=refund)
    queue_reissued_tickets(Ticket.objects.filter(pk=ticket.pk))
    record("tickets.reseat", reseated, changes=_changes(ticket, reseated))
    return Reseat(ticket, reseated, refund)


@transaction.atomic(durable=True)
def swap_seats(
    *, show_id: int, ticket_ids: Sequence[int], request: IdempotentRequest | None = None
) -> list[Ticket]:
    """
    Exchange the seats of two tickets of a show. Each keeps its price.

    Raises SeatsNotInShow, AlreadyCheckedIn, TicketNotValid, InUse, InvalidField and KeyTaken.
    """
    request = request or without_key()
    request.claim()
    first, second = _found_in_show(show_id, ticket_ids)
    seats = _lock_seats(show_id, [first.seat.pk, second.seat.pk])
    first, second = _lock_tickets([first, second])
    at = first.clock
    pairs = [(first, seats[second.seat.pk]), (second, seats[first.seat.pk])]
    if first.booking_id != second.booking_id:
        stock.reassign(
            show_id=show_id,
            owners={
                seats[first.seat.pk].pk: (first.booking_id, second.booking_id),
                seats[second.seat.pk].pk: (second.booking_id, first.booking_id),
            },
        )
    lines = _replace_lines([(*pair, pair[0].booked_seat.price) for pair in pairs], at=at)
    for (ticket, _), line in zip(pairs, lines, strict=True):
        give_other_seat(ticket, line, at=at)
    ids = [first.pk, second.pk]
    swapped = list(Ticket.objects.with_show_and_seat().filter(pk__in=ids).order_by("pk"))
    bookings = {ticket.booking_id: ticket.booking for ticket in swapped}
    queue_other_seats(list(bookings.values()), swapped)
    queue_reissued_tickets(Ticket.objects.filter(pk__in=ids))
    before = sorted([first, second], key=lambda ticket: ticket.pk)
    rows = [(new, _changes(old, new)) for old, new in zip(before, swapped, strict=True)]
    record_all("tickets.reseat", rows)
    request.complete(swapped)
    return swapped


def _found_in_show(show_id: int, ticket_ids: Sequence[int]) -> list[Ticket]:
    """Read two tickets of a show. Raises InvalidField and SeatsNotInShow."""
    by_id = Ticket.objects.with_show_and_seat().in_bulk(ticket_ids)
    if len(by_id) != len(set(ticket_ids)):
        raise InvalidField("ticket_ids", gettext("There is no such ticket."), "does_not_exist")
    elsewhere = [ticket.seat.pk for ticket in by_id.values() if ticket.show.pk != show_id]
    if elsewhere:
        raise SeatsNotInShow(elsewhere)
    return [by_id[pk] for pk in ticket_ids]


def _lock_seats(show_id: int, seat_ids: Sequence[int]) -> dict[int, ShowSeat]:
    seats = lock_seats(show_id=show_id, seat_ids=seat_ids)
    return {seat.seat_id: seat for seat in seats}


def _lock_tickets(found: Sequence[Ticket]) -> list[Ticket]:
    """
    Lock bookings and tickets, and check that the tickets can change seats.

    Expects the locks of their seats. Return the tickets as they are now, each with the database's time
    as `clock`. Raises Busy if one has just got another seat.
    """
    ids = {ticket.booking_id for ticket in found}
    list(Booking.objects.filter(pk__in=ids).locked().values_list("pk"))
    keys = [ticket.pk for ticket in found]
    list(Ticket.objects.filter(pk__in=keys).locked().values_list("pk"))
    now = Ticket.objects.with_show_and_seat().in_bulk(keys)
    tickets = [now[key] for key in keys]
    for before, ticket in zip(found, tickets, strict=True):
        if ticket.seat.pk != before.seat.pk:
            raise Busy(gettext("The ticket has just got another seat."))
        _check(ticket)
    return tickets


def _check(ticket: Ticket) -> None:
    seat = str(ticket.seat)
    if ticket.voided_at or ticket.booking.status != Booking.Status.CONFIRMED:
        detail = gettext("The booking of this ticket is cancelled.")
        raise TicketNotValid(detail, ticket=ticket.pk, seat=seat, reason="cancelled")
    if ticket.checked_in_at:
        raise AlreadyCheckedIn(
            gettext("Somebody came in with this ticket."),
            ticket=ticket.pk,
            seat=seat,
            checked_in_at=ticket.checked_in_at,
        )
    if ticket.show.end_time <= ticket.clock:
        raise InUse(gettext("The show is over."))


def _price_on(ticket: Ticket, seat: ShowSeat, *, reprice: bool) -> Decimal:
    """Return the price of a ticket on another seat. Raises InvalidField."""
    line = ticket.booked_seat
    category = seat.seat.category
    if category.pk == ticket.seat.category_id:
        return line.price
    if not reprice:
        detail = gettext(
            "The seat is in the category %(category)s. "
            "Allow the change of price, or choose another seat."
        )
        raise InvalidField("reprice", detail % {"category": category.name}, "required")
    if not line.price:  # A complimentary ticket stays one.
        return line.price
    of_category = ShowPrice.objects.filter(show=ticket.show.pk, category=category)
    prices = {price.ticket_type: price.amount for price in of_category.order_by("-position")}
    default = list(prices.values())[-1]
    price = prices.get(line.ticket_type, default)
    if price > line.price:
        dearer = with_currency(price - line.price, ticket.booking.currency)
        detail = gettext("The seat costs %(amount)s more. Sell it by an exchange.")
        raise InvalidField("seat_id", detail % {"amount": dearer}, "dearer")
    return price


def _replace_lines(
    changes: Sequence[tuple[Ticket, ShowSeat, Decimal]], *, at: datetime
) -> list[BookedSeat]:
    """Replace each ticket's line by one with another seat and price."""
    ended = [ticket.booked_seat_id for ticket, _, _ in changes]
    BookedSeat.objects.filter(pk__in=ended).update(cancelled_at=at)
    return [
        BookedSeat.objects.create(
            booking_id=ticket.booking_id,
            show_seat_id=seat.pk,
            ticket_type=ticket.booked_seat.ticket_type,
            price=price,
            discount=_discount_on(ticket, price),
            replaces=ticket.booked_seat,
        )
        for ticket, seat, price in changes
    ]


def _discount_on(ticket: Ticket, price: Decimal) -> Decimal:
    """Return the discount of a lower price, in the same proportion."""
    line = ticket.booked_seat
    if price == line.price:
        return line.discount
    parts = [price, line.price - price]
    return min(price, allot(line.discount, parts, quantum(ticket.booking.currency))[0])


def _refund_difference(booking: Booking, line: BookedSeat, replacement: BookedSeat) -> Decimal:
    """Store a refund of the difference to a cheaper line, with tax. Return its amount."""
    lines = BookedSeat.objects.active().filter(booking=booking)
    after = sum((each.price - each.discount for each in lines), Decimal(0))
    saved = (line.price - line.discount) - (replacement.price - replacement.discount)
    amount = worth_of(booking, after + saved) - worth_of(booking, after)
    if not amount:
        return amount
    return refund_part(booking, amount, reason=Refund.OTHER_SEAT, of_lines={line: amount})


def _changes(before: Ticket, after: Ticket) -> dict[str, list]:
    old, new = before.booked_seat.price, after.booked_seat.price
    currency = after.booking.currency
    changes: dict[str, list] = {"seat": [str(before.seat), str(after.seat)]}
    if old != new:
        changes["price"] = [formatted(old, currency), formatted(new, currency)]
    return changes
