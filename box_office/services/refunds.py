"""Giving money back at the counter."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext

from audit.recording import record
from bookings.errors import InvalidTransition
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import Booking, Payment, Refund, Ticket
from bookings.services import (
    cancel_and_give_back,
    give_back_part,
    hand_over_refunds,
    lock_booking,
)
from box_office.selectors import sale_of
from box_office.services.tenders import WantedTender, check_tender, find_session, record_tender
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import formatted, has_excess_digits, rounded
from users.models import User


@dataclass(frozen=True)
class WantedRefund:
    """Some tickets or an amount to give back, and the tender."""

    reason: str
    ticket_ids: Sequence[int] = ()
    amount: Decimal | None = None
    tender: WantedTender | None = None


@dataclass(frozen=True)
class _Share:
    """The amount that is due, and the tickets that become void for it."""

    due: Decimal
    tickets: list[Ticket] = field(default_factory=list)
    is_all: bool = False


@transaction.atomic(durable=True)
def refund_booking(
    *,
    booking_id: int,
    wanted: WantedRefund,
    by: User,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Refund tickets of a booking or an amount, or hand over what a cancelled booking is owed.

    Money that was taken at the counter needs a tender of exactly the amount; money that was paid
    online goes back by its provider, after the commit. Raises InvalidTransition, AlreadyCheckedIn,
    TenderMismatch, CashSessionRequired, CashSessionClosed, InvalidField and KeyTaken.
    """
    request = request or without_key()
    request.claim()
    booking, _ = lock_booking(booking_id)
    at_counter = booking.payments.filter(provider__in=Payment.COUNTER).exists()
    share = _share(booking, wanted)
    if at_counter and share.due:
        _check_tender(wanted.tender, share.due, booking)
    elif wanted.tender:
        detail = gettext("This goes back the way it was paid, or nothing is due.")
        raise InvalidField("tender", detail)
    _lower(booking, share, wanted, by=by)
    if wanted.tender:
        _hand_over(booking, wanted.tender, by=by)
    changes = {"amount": f"{formatted(share.due, booking.currency)} {booking.currency}"}
    record("box_office.refund", booking, changes=changes, by=by)
    refunded = sale_of(booking_id)
    request.complete(refunded)
    return refunded


def _share(booking: Booking, wanted: WantedRefund) -> _Share:
    """Return what goes back. Raises InvalidTransition and InvalidField."""
    if booking.status == Booking.Status.CANCELLED:
        waiting = booking.refunds.filter(
            status=Refund.Status.PENDING, payment__provider__in=Payment.COUNTER
        )
        if due := waiting.aggregate(total=Sum("amount"))["total"]:
            return _Share(due)
    if booking.status != Booking.Status.CONFIRMED:
        raise InvalidTransition(
            gettext("The booking is %(status)s already.") % {"status": booking.status},
            booking_status=booking.status,
        )
    left = _left(booking)
    if wanted.amount is not None:
        if has_excess_digits(wanted.amount, booking.currency):
            detail = gettext("%(currency)s has fewer decimal places.")
            raise InvalidField("amount", detail % {"currency": booking.currency})
        if not 0 < wanted.amount <= left:
            detail = gettext("At most %(amount)s can be refunded.")
            raise InvalidField("amount", detail % {"amount": formatted(left, booking.currency)})
        return _Share(wanted.amount)
    return _of_tickets(booking, wanted.ticket_ids, left)


def _of_tickets(booking: Booking, ticket_ids: Sequence[int], left: Decimal) -> _Share:
    if not ticket_ids:
        raise InvalidField("ticket_ids", gettext("Name the tickets, or an amount."), "required")
    in_force = Ticket.objects.in_force().filter(booking=booking).select_related("booked_seat")
    tickets = list(in_force.filter(pk__in=ticket_ids))
    if len(tickets) != len(set(ticket_ids)):
        detail = gettext("The booking has no such valid ticket.")
        raise InvalidField("ticket_ids", detail, "does_not_exist")
    if len(tickets) == in_force.count():
        return _Share(left, tickets, is_all=True)
    paid = sum((_paid_for(booking, ticket) for ticket in tickets), Decimal(0))
    return _Share(min(left, paid), tickets)


def _paid_for(booking: Booking, ticket: Ticket) -> Decimal:
    """Return what one ticket cost with its part of the discount and of the tax, without fees."""
    if not booking.subtotal:
        return Decimal(0)
    net = booking.subtotal - booking.discount
    # Fees come back with the last ticket. Tax that was added is shared by the price.
    added = booking.total - net - booking.fees
    tickets_tax = added * net / (net + booking.fees) if net else Decimal(0)
    part = ticket.booked_seat.price / booking.subtotal
    return rounded((net + tickets_tax) * part, booking.currency)


def _left(booking: Booking) -> Decimal:
    """Return what was paid and not given back yet."""
    taken = booking.payments.filter(status=Payment.Status.SUCCEEDED)
    total = taken.aggregate(left=Sum(F("amount") - F("amount_refunded")))["left"]
    return total or Decimal(0)


def _check_tender(tender: WantedTender | None, due: Decimal, booking: Booking) -> None:
    if tender is None:
        raise InvalidField("tender", gettext("Say how the money is given back."), "required")
    check_tender(tender, due=due, currency=booking.currency)


def _lower(booking: Booking, share: _Share, wanted: WantedRefund, *, by: User) -> None:
    if booking.status != Booking.Status.CONFIRMED:
        return
    if share.is_all:
        cancel_and_give_back(booking, by=by, reason=wanted.reason)
    else:
        give_back_part(booking, share.due, tickets=share.tickets, reason=wanted.reason)


def _hand_over(booking: Booking, tender: WantedTender, *, by: User) -> None:
    """Give back every refund that waits, each with its tender. The session is locked last."""
    session = find_session(tender, seller=by, booking=booking)
    for refund in hand_over_refunds(booking):
        part = WantedTender(tender.method, refund.amount, reference=tender.reference)
        record_tender(part, session=session, currency=booking.currency, by=by, refund=refund)
