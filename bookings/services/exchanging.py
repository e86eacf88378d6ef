"""
Exchanging tickets for seats of another show, or of the same one.

An exchange is a pending booking whose lines replace lines of an older booking. `plan_exchange` says
what the older tickets pay of it. `end_older` ends the older lines in the transaction that confirms
the new booking, so there is always exactly one valid ticket. Until then nothing happens to the older
booking; if the new one expires, nothing has happened at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext

from bookings.errors import ExchangeNotAllowed, InvalidTransition
from bookings.models import BookedSeat, Booking, Ticket
from bookings.refund_shares import HUNDRED, Division, divide
from bookings.services.ledger import note_exchange
from bookings.services.owing import left_of, refund_part
from bookings.services.returning import active_lines, chosen_lines, end_lines
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import allot, payable, quantum
from shows.errors import SeatsContended
from shows.models import Show, ShowSeat
from venues.models import Downgrade, ExchangeScope
from venues.refund_rules import percent_at, stricter

Status = Booking.Status
# How often tickets can be exchanged, one exchange after the other.
MAX_EXCHANGES = 5
# The reason of the refund of a difference.
REASON = "tickets exchanged"


@dataclass(frozen=True)
class Exchange:
    """The tickets that a hold replaces: some of a booking, or all. `field` names the seats."""

    booking_id: int
    ticket_ids: Sequence[int] | None = None
    field: str = "seat_ids"


@dataclass(frozen=True)
class ExchangePlan:
    """
    The older booking of an exchange, and the lines that it ends.

    `fees` are the fees of the new booking: the fee for the exchange, and the fees of the older booking
    if its last tickets are exchanged. `worth` is the most that the older tickets can pay.
    """

    older: Booking
    division: Division
    fees: Decimal
    worth: Decimal

    @property
    def lines(self) -> list[BookedSeat]:
        return [share.line for share in self.division.lines]

    def apply(self, booking: Booking) -> None:
        """Make an unsaved booking this plan's exchange, with the stricter terms."""
        older = self.older
        booking.exchanged_from_id = older.pk
        booking.credit = min(self.worth, booking.total)
        booking.refund_rules = stricter(
            older.rules, older.show.start_time, booking.refund_rules, booking.show.start_time
        )
        booking.fees_refundable = booking.fees_refundable and older.fees_refundable
        for name in ("customer_name", "customer_email", "customer_phone"):
            setattr(booking, name, getattr(older, name))
        for line, replaced in zip(booking.lines, self.lines, strict=True):
            line.replaces_id = replaced.pk
        if not booking.price_to_pay:
            booking.live_status = Status.CONFIRMED

    def refund(self, total: Decimal) -> Decimal:
        """Return what comes back if the new seats cost less."""
        return _difference(self.older, self.division, self.worth - min(self.worth, total))


def lock_for_exchange(exchange: Exchange, *, show_id: int, seat_ids: Sequence[int]) -> None:
    """
    Lock the older booking's seats and the wanted ones in one statement.

    Raises SeatsContended if another transaction changed the older booking's seats meanwhile.
    """
    older = _seat_keys(exchange.booking_id)
    wanted = Q(show=show_id, seat_id__in=seat_ids) if seat_ids else Q()
    both = ShowSeat.objects.filter(Q(pk__in=older) | wanted).order_by("pk")
    list(both.locked().values_list("pk"))
    if _seat_keys(exchange.booking_id) != older:
        raise SeatsContended


def plan_exchange(
    exchange: Exchange, *, show: Show, quantity: int, lock: bool = True
) -> ExchangePlan:
    """
    Check that tickets may be exchanged for `quantity` seats of a show.

    Locks the older booking and its tickets; expects the locks of its seats. Raises
    InvalidTransition, InvalidField, and ExchangeNotAllowed with its reason.
    """
    bookings = Booking.objects.locked() if lock else Booking.objects.all()
    if lock:
        list(bookings.filter(pk=exchange.booking_id).values_list("pk"))
    older = _older(exchange.booking_id)
    _check_status(older)
    active = active_lines(older)
    chosen = chosen_lines(active, exchange.ticket_ids)
    _check_lines(older, chosen, lock=lock)
    _check_scope(older, show)
    if len(chosen) != quantity:
        detail = gettext("Choose as many seats as tickets: %(count)d.") % {"count": len(chosen)}
        raise InvalidField(exchange.field, detail)
    division = _whole(older, active, chosen)
    carried = older.fees if division.is_all else Decimal(0)
    return ExchangePlan(
        older=older,
        division=division,
        fees=carried + older.show.exchange_fee,
        worth=min(division.worth, left_of([older.pk])[older.pk]),
    )


def why_not_now(booking: Booking, *, lock: bool = True) -> str:
    """
    Return why an exchange can no longer be completed, or "".

    Locks the tickets of the older lines, so that no scan comes between.
    """
    if booking.exchanged_from_id is None:
        return ""
    older = _older(booking.exchanged_from_id)
    replaced = _replaced(booking)
    tickets = list(_tickets_of(replaced, lock=lock))
    if any(ticket.checked_in_at or ticket.holder_id for ticket in tickets):
        return "used"
    is_valid = older.status == Status.CONFIRMED and older.show.status == Show.Status.SCHEDULED
    if not is_valid or any(line.cancelled_at for line in replaced):
        return "used"
    if any(ticket.voided_at for ticket in tickets) or len(tickets) != len(replaced):
        return "used"
    if older.clock >= older.show.start_time:
        return "cutoff"
    worth = _whole(older, active_lines(older), replaced).worth
    return "" if booking.credit <= min(worth, left_of([older.pk])[older.pk]) else "price"


def check_now(booking: Booking, *, lock: bool = True) -> None:
    """Raise ExchangeNotAllowed for an exchange that cannot be completed any more."""
    if reason := why_not_now(booking, lock=lock):
        raise ExchangeNotAllowed(
            gettext("The earlier tickets cannot be exchanged any more."), reason=reason
        )


def impossible_exchanges(**which: object) -> list[int]:
    """Return the pending exchanges that can no longer be completed."""
    pending = Booking.objects.filter(
        status=Status.PENDING, exchanged_from__isnull=False, expires_at__gt=Now(), **which
    )
    return [booking.pk for booking in pending.order_by("pk") if why_not_now(booking, lock=False)]


@dataclass(frozen=True)
class EndedLines:
    """The lines that an exchange has ended, and the amount given back."""

    older: Booking
    lines: list[BookedSeat]
    given_back: Decimal
    is_all: bool


def end_older(booking: Booking, *, at: datetime) -> EndedLines:
    """
    End the lines that an exchange replaces, and move their credit.

    Expects the locks of `lock_booking`, which has those of both bookings. Raises
    ExchangeNotAllowed.
    """
    check_now(booking)
    older = _older(booking.exchanged_from_id)
    lines = _replaced(booking)
    division = _whole(older, active_lines(older), lines)
    end_lines(older, division, at=at)
    # Divided like what was paid. Fees that come along belong to no line.
    paid = [share.paid for share in division.lines]
    fees = division.fees if division.is_all else Decimal(0)
    *parts, rest = allot(booking.credit, [*paid, fees], quantum(booking.currency))
    note_exchange(older, booking, {**dict(zip(lines, parts, strict=True)), None: rest})
    left = left_of([older.pk])[older.pk]
    due = _difference(older, division, min(division.worth - booking.credit, left))
    shares = dict(zip(lines, allot(due, paid, quantum(booking.currency)), strict=True))
    given_back = refund_part(older, due, reason=REASON, of_lines=shares) if due else Decimal(0)
    return EndedLines(older, lines, given_back, division.is_all)


def _whole(older: Booking, active: Sequence[BookedSeat], chosen: Sequence[BookedSeat]) -> Division:
    """Return what was paid for lines. The last lines include the fees, even if the terms keep them."""
    return divide(older, active, chosen, percent=HUNDRED, with_fees=True)


def _difference(older: Booking, division: Division, amount: Decimal) -> Decimal:
    """
    Return the part of a difference that goes back.

    The older booking's rules count, so that an exchange brings back no more than a cancellation.
    """
    if amount <= 0 or older.show.downgrade == Downgrade.FORFEIT:
        return Decimal(0)
    percent = percent_at(older.rules, start=older.show.start_time, now=older.clock)
    if percent is None:
        return Decimal(0)
    returnable = amount if older.fees_refundable else min(amount, _without_fees(division))
    return min(returnable, payable(returnable * percent / HUNDRED, older.currency))


def _without_fees(division: Division) -> Decimal:
    return division.worth - division.fees


def _older(booking_id: int) -> Booking:
    bookings = Booking.objects.select_related("show__screen", "user", "promo_code")
    return bookings.annotate(clock=Now()).get(pk=booking_id)


def _replaced(booking: Booking) -> list[BookedSeat]:
    lines = BookedSeat.objects.filter(replacements__booking=booking).order_by("pk")
    return list(lines.select_related("show_seat__seat", "ticket"))


def _tickets_of(lines: Sequence[BookedSeat], *, lock: bool) -> Sequence[Ticket]:
    tickets = Ticket.objects.locked() if lock else Ticket.objects.order_by("pk")
    return list(tickets.filter(booked_seat__in=lines))


def _seat_keys(booking_id: int) -> list[int]:
    lines = BookedSeat.objects.active().filter(booking=booking_id)
    return list(lines.order_by("show_seat").values_list("show_seat", flat=True))


def _check_status(older: Booking) -> None:
    if older.status != Status.CONFIRMED:
        detail = gettext("Only a confirmed booking can be exchanged; this one is %(status)s.")
        raise InvalidTransition(detail % {"status": older.status}, booking_status=older.status)
    if older.show.status != Show.Status.SCHEDULED:
        detail = gettext("This show is cancelled.")
        raise InvalidTransition(detail, booking_status=Status.CANCELLED)
    until = older.exchange_until or older.show.start_time - timedelta(
        minutes=older.show.exchange_cutoff_minutes
    )
    if older.clock > min(until, older.show.start_time):
        detail = gettext("Tickets can be exchanged until %(time)s UTC.")
        raise ExchangeNotAllowed(detail % {"time": f"{until:%Y-%m-%d %H:%M}"}, reason="cutoff")
    if older.complimentary_reason:
        raise ExchangeNotAllowed(
            gettext("Complimentary tickets cannot be exchanged."), reason="price"
        )


def _check_lines(older: Booking, lines: Sequence[BookedSeat], *, lock: bool) -> None:
    tickets = _tickets_of(lines, lock=lock)
    if any(ticket.holder_id for ticket in tickets):
        detail = gettext("One of these tickets was passed on to somebody else.")
        raise ExchangeNotAllowed(detail, reason="used")
    if any(ticket.checked_in_at for ticket in tickets):
        detail = gettext("Somebody came in with one of these tickets.")
        raise ExchangeNotAllowed(detail, reason="used")
    pending = BookedSeat.objects.filter(
        replaces__in=lines, booking__status=Status.PENDING, booking__expires_at__gt=Now()
    )
    if pending.exists():
        detail = gettext("An exchange of these tickets is under way.")
        raise ExchangeNotAllowed(detail, reason="limit")
    times, before = 1, older.exchanged_from_id
    while before and times <= MAX_EXCHANGES:
        times += 1
        before = Booking.objects.values_list("exchanged_from", flat=True).get(pk=before)
    if times > MAX_EXCHANGES:
        detail = gettext("Tickets can be exchanged %(count)d times.") % {"count": MAX_EXCHANGES}
        raise ExchangeNotAllowed(detail, reason="limit")


def _check_scope(older: Booking, show: Show) -> None:
    scope = older.show.exchange_scope
    if scope == ExchangeScope.EVENT and show.event_id != older.show.event_id:
        detail = gettext("These tickets are exchanged only for shows of the same event.")
        raise ExchangeNotAllowed(detail, reason="scope")
    if scope == ExchangeScope.VENUE and _venue_of(show) != older.show.screen.venue_id:
        detail = gettext("These tickets are exchanged only for shows of the same venue.")
        raise ExchangeNotAllowed(detail, reason="scope")
    if show.currency != older.currency:
        detail = gettext(
            "These tickets were paid in %(currency)s, and the new show is sold in another currency."
        )
        raise ExchangeNotAllowed(detail % {"currency": older.currency}, reason="price")


def _venue_of(show: Show) -> int:
    return Show.objects.values_list("screen__venue", flat=True).get(pk=show.pk)
